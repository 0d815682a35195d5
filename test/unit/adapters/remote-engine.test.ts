import { describe, expect, test } from 'vitest'
import { createRemoteEngine } from '../../../src/adapters/remote/create-remote-engine.ts'
import { describeRemoteModel } from '../../../src/adapters/remote/describe-remote-model.ts'
import type { Engine, GenerateControl, GenerateOptions, RunEvent } from '../../../src/core/engine.ts'
import { readTagged } from '../../../src/core/tags/read-tagged.ts'
import { describeEngine } from './support/engine-contract.ts'
import {
  chunk,
  models,
  piecesOf,
  sendChunks,
  sendJson,
  startServer,
  USAGE,
  type ReplayingServer,
  type ServerRequest,
} from './support/replaying-server.ts'

const REFLECTED =
  '<thinking>\n 9 - 4 = 6\n<reflection>\n No: 9 - 4 = 5.\n</reflection>\n So it is 5.\n</thinking>\n<output>It is 5.</output>'

/** A server that replies with chunks, whatever it is asked. */
function serverWith(chunks: readonly object[], { owner = 'other', end }: { owner?: string; end?: string } = {}) {
  return startServer(async ({ method, path, body }, response) => {
    if (method === 'GET') return sendJson(response, models(owner, { max_model_len: 4096 }))
    if (path === '/tokenize') return sendJson(response, { tokens: [128_777] })
    const limit = typeof body['max_tokens'] === 'number' ? body['max_tokens'] : Infinity
    const isCut = chunks.length > limit
    const kept = isCut ? [...chunks.slice(0, limit), chunk({}, 'length')] : chunks
    return sendChunks(response, [...kept, USAGE], end)
  })
}

const inline = (text: string) => [...piecesOf(text).map((content) => chunk({ content })), chunk({}, 'stop')]

async function engineOf({ address }: ReplayingServer, key?: string): Promise<Engine> {
  const engine = createRemoteEngine(key === undefined ? {} : { keyFor: () => key })
  await engine.load(describeRemoteModel({ address, model: 'Reflection-70B' }))
  return engine
}

async function ask(engine: Engine, options: GenerateOptions = {}, control: GenerateControl = {}) {
  const events: RunEvent[] = []
  const request = { messages: [{ role: 'user', content: 'What is 9 - 4?' } as const], options }
  const outcome = await engine
    .generate(request, (batch) => events.push(...batch), control)
    .then(
      (usage) => ({ usage }),
      (error: unknown) => ({ error }),
    )
  const raw = events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')
  return { events, raw, ...outcome }
}

const chats = ({ requests }: ReplayingServer): ServerRequest[] =>
  requests.filter(({ path }) => path.endsWith('/completions'))

describeEngine('a server, over HTTP', {
  open: async (text) => engineOf(await serverWith(inline(text))),
  openFailing: async (text) =>
    engineOf(await serverWith(inline(text).slice(0, -1), { end: 'data: {"error":{"message":"CUDA"}}\n\n' })),
})

describe('thinking', () => {
  const WORDS = ['9 - 4 ', '= 6 <reflec', 'tion>no, 5</reflection> so 5']
  const answer = [chunk({ content: 'It is ' }), chunk({ content: '5.' }), chunk({}, 'stop')]

  test.each([
    ['reasoning_content', WORDS.map((reasoning_content) => chunk({ reasoning_content, content: null }))],
    ['reasoning', WORDS.map((reasoning) => chunk({ reasoning, reasoning_content: null, content: '' }))],
    ['inline tags', inline('<thinking>9 - 4 = 6 <reflection>no, 5</reflection> so 5</thinking>').slice(0, -1)],
  ])('gives the same channels as %s', async (_, thinking) => {
    const { raw, usage, events } = (await ask(await engineOf(await serverWith([...thinking, ...answer])))) as never as {
      raw: string
      usage: object
      events: RunEvent[]
    }
    const { thinking: thought, reflections, output } = readTagged([raw])
    expect({ thought, reflections, output }).toEqual({
      thought: '9 - 4 = 6\nso 5',
      reflections: ['no, 5'],
      output: 'It is 5.',
    })
    expect(usage).toMatchObject({ finishReason: 'stop', promptTokens: 30, reusedTokens: 10, completionTokens: 40 })
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', unclosed: [] })
  })

  test.each([
    ['in the text', inline('9 - 4 = 5\n</think>\n\nIt is 5.')],
    ['apart', [chunk({ reasoning: '9 - 4 = 5' }), chunk({ content: 'It is 5.' }), chunk({}, 'stop')]],
  ])('that the template of the server opens is thinking from its first word, %s', async (_, chunks) => {
    const server = await serverWith(chunks)
    const engine = createRemoteEngine()
    const { address } = server
    await engine.load(describeRemoteModel({ address, model: 'Reflection-70B', dialect: 'think', start: 'thinking' }))
    const { raw, events } = await ask(engine)
    expect(readTagged([raw], { dialect: 'think', start: 'thinking' })).toMatchObject({
      thinking: '9 - 4 = 5',
      output: 'It is 5.',
      flags: [],
    })
    expect(events.find((event) => 'delta' in event)?.type).toBe('reasoning-delta')
    const past = [
      { role: 'user', content: 'Hi' } as const,
      { role: 'assistant', content: 'hm\n</think>\n\nHo' } as const,
      { role: 'user', content: 'And?' } as const,
    ]
    await engine.generate({ messages: past, options: { pastThinking: 'drop' } }, () => undefined)
    expect(chats(server).at(-1)?.body['messages']).toMatchObject([{}, { content: '\n</think>\n\nHo' }, {}])
  })

  test('comes whole from a server that does not stream', async () => {
    const server = await startServer(({ method }, response) =>
      method === 'GET'
        ? sendJson(response, models('library'))
        : sendJson(response, {
            choices: [{ message: { reasoning: 'hm', content: '5' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 3, completion_tokens: 2 },
          }),
    )
    const { raw } = await ask(await engineOf(server))
    expect(readTagged([raw])).toMatchObject({ thinking: 'hm', output: '5' })
  })
})

describe('what a server is asked', () => {
  test('is the conversation, with the options in its words, and the key only there', async () => {
    const server = await serverWith(inline(REFLECTED), { owner: 'vllm' })
    const engine = await engineOf(server, 'secret')
    await ask(engine, { temperature: 0.5, topP: 0.9, seed: 3, maxTokens: 99, selfCheck: 'never', logprobs: 2 })
    const [{ body, headers } = { body: {}, headers: {} }] = chats(server)
    expect(headers).toMatchObject({ authorization: 'Bearer secret' })
    expect(body).toEqual({
      model: 'Reflection-70B',
      messages: [{ role: 'user', content: 'What is 9 - 4?' }],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      seed: 3,
      max_tokens: 99,
      logit_bias: { '128777': -100 },
      logprobs: true,
      top_logprobs: 2,
      skip_special_tokens: false,
    })
    expect(await engine.countTokens('a text')).toBe(1)
  })

  test('counts tokens there as long as the engine lives, whatever became of the load', async () => {
    const { address } = await serverWith([], { owner: 'vllm' })
    const engine = createRemoteEngine()
    const loading = new AbortController()
    const model = describeRemoteModel({ address, model: 'Reflection-70B' })
    await engine.load(model, { signal: loading.signal })
    loading.abort(new DOMException('It took too long.', 'TimeoutError'))
    expect(await engine.countTokens('a text')).toBe(1)
    expect(await engine.describe?.()).toBe(model)
    await engine.unload()
    expect(await engine.describe?.()).toBeUndefined()
  })

  test('says on load what changes nothing there', async () => {
    const load = async (owner: string) => {
      const { address } = await serverWith([], { owner })
      return createRemoteEngine().load(describeRemoteModel({ address, model: 'Reflection-70B' }))
    }
    expect(await load('vllm')).toMatchObject({ contextWindow: 4096, limits: ['output-schema'], downloadedBytes: 0 })
    expect(await load('library')).toMatchObject({
      limits: ['think-budget', 'answer-now', 'self-check', 'output-schema'],
    })
  })

  test('refuses a schema, which would bind the thinking too', async () => {
    const { error } = (await ask(await engineOf(await serverWith([])), { outputSchema: {} })) as { error?: unknown }
    expect(error).toMatchObject({ code: 'unsupported' })
  })
})

describe('answering sooner, where a reply can go on', () => {
  /** Thinks without an end, and answers when its thinking was closed. */
  const thinker = () =>
    startServer(async ({ method, path, body }, response) => {
      if (method === 'GET') return sendJson(response, models('vllm'))
      if (path === '/tokenize') return sendJson(response, { tokens: [1, 2] })
      const goesOn = body['continue_final_message'] === true
      const thoughts = Array.from({ length: 500 }, () => chunk({ content: ' hm' }))
      return sendChunks(response, goesOn ? inline('5</output>') : [chunk({ content: '<thinking>' }), ...thoughts])
    })

  test('a think budget closes the thinking, and the model goes on from there', async () => {
    const server = await thinker()
    const { raw, events } = await ask(await engineOf(server), { thinkBudget: 3 })
    expect(raw).toBe('<thinking> hm hm hm\n</thinking>\n<output>5</output>')
    const forced = events.find(({ type }) => type === 'answer-forced') as { start: number; end: number; cause: string }
    expect(forced.cause).toBe('think-budget')
    expect(raw.slice(forced.start, forced.end)).toBe('\n</thinking>\n<output>')
    expect(chats(server)[1]?.body).toMatchObject({
      continue_final_message: true,
      add_generation_prompt: false,
      messages: [{ role: 'user' }, { role: 'assistant', content: '<thinking> hm hm hm\n</thinking>\n<output>' }],
    })
    await expect.poll(server.cutByClient).toBe(1)
  })

  test('so does answer now, and a budget of nothing asks once', async () => {
    const server = await thinker()
    const engine = await engineOf(server)
    const hurry = new AbortController()
    const events: RunEvent[] = []
    const request = { messages: [{ role: 'user', content: 'Hi' } as const] }
    await engine.generate(
      request,
      (batch) => {
        events.push(...batch)
        if (batch.some(({ type }) => type === 'reasoning-delta')) hurry.abort()
      },
      { answerNow: hurry.signal },
    )
    expect(events.find(({ type }) => type === 'answer-forced')).toMatchObject({ cause: 'answer-now' })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
    const before = chats(server).length
    expect((await ask(engine, { thinkBudget: 0 })).raw).toBe('<output>5</output>')
    expect(chats(server).length).toBe(before + 1)
  })

  test('elsewhere both change nothing', async () => {
    const { raw } = await ask(await engineOf(await serverWith(inline(REFLECTED))), { thinkBudget: 1 })
    expect(raw).toBe(REFLECTED)
  })
})

describe('what goes wrong, in words', () => {
  const load = (address: string) => createRemoteEngine().load(describeRemoteModel({ address, model: 'Reflection-70B' }))
  const answering = (status: number, body: object, headers: Record<string, string> = {}) =>
    startServer((_, response) => sendJson(response, body, status, headers))

  test('nobody answers', async () => {
    await expect(load('http://127.0.0.1:9/v1')).rejects.toMatchObject({
      code: 'server-unreachable',
      message: expect.stringContaining('Nothing answers at 127.0.0.1:9'),
      details: { host: '127.0.0.1:9' },
    })
  })

  test.each([
    [401, {}, {}, 'server-refused', /wants a key/],
    [404, { error: { message: 'nope' } }, {}, 'server-refused', /no model "Reflection-70B".*nope/],
    [429, {}, { 'retry-after': '7' }, 'server-refused', /Wait 7 seconds/],
    [429, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 'server-refused', /Wait \d+ seconds/],
    [429, {}, {}, 'server-refused', /Wait a while/],
    [500, { detail: 'out of memory' }, {}, 'server-refused', /failed \(500\).*out of memory/],
    [400, { message: 'This model has a maximum context length of 4096 tokens' }, {}, 'prompt-too-long', /4096/],
    [422, { error: 'bad field' }, {}, 'request-invalid', /bad field/],
  ])('status %i', async (status, body, headers: Record<string, string>, code, message) => {
    const { address } = await answering(status, body, headers)
    await expect(load(address)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { status },
    })
  })

  test('the model is not there, but others are', async () => {
    const { address } = await answering(200, { data: [{ id: 'llama' }] })
    await expect(load(address)).rejects.toMatchObject({
      code: 'server-refused',
      message: expect.stringContaining('It has llama'),
    })
  })

  const half = piecesOf('<thinking>ab</thinking><output>It').map((content) => chunk({ content }))
  const message = (words: string) => expect.stringContaining(words)

  test.each([
    ['ends too soon', '', 'stream-broken', 'it ended before the reply did'],
    ['holds what is no JSON', 'data: {"choices\n\n', 'stream-broken', '{\\"choices'],
    ['holds what is no chunk', 'data: [1]\n\n', 'stream-broken', 'a list of 1'],
    ['tells an error', 'data: {"error":{"message":"CUDA"}}\n\n', 'server-refused', 'CUDA'],
    ['never ends a line', `data: ${'x'.repeat(1_100_000)}`, 'stream-broken', 'never ends'],
  ])('a stream that %s keeps what came before', async (_, end, code, words) => {
    const server = await startServer(({ method }, response) =>
      method === 'GET' ? sendJson(response, models('other')) : sendChunks(response, half, end),
    )
    const { error, raw, events } = (await ask(await engineOf(server))) as never as {
      error: unknown
      raw: string
      events: RunEvent[]
    }
    expect(error).toMatchObject({ code, message: message(words) })
    expect(raw).toBe('<thinking>ab</thinking><output>It')
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'abort', unclosed: ['text-0'] })
  })

  test('a connection that is cut keeps what came before', async () => {
    const server = await startServer(async ({ method }, response) => {
      if (method === 'GET') return sendJson(response, models('other'))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const one of half) response.write(`data: ${JSON.stringify(one)}\n\n`)
      setTimeout(() => response.destroy(), 20)
    })
    const engine = await engineOf(server)
    const { error, raw } = (await ask(engine)) as never as { error: unknown; raw: string }
    expect(error).toMatchObject({ code: 'stream-broken', message: message('the connection was cut') })
    expect(raw).toBe('<thinking>ab</thinking><output>It')
    expect(engine.state.status).toBe('ready')
  })

  test('an engine that is ended ends what goes on', async () => {
    const server = await startServer(({ method }, response) => {
      if (method === 'GET') sendJson(response, models('other')) // and nothing else, ever
    })
    const engine = await engineOf(server)
    const asked = ask(engine)
    await expect.poll(() => chats(server).length).toBe(1)
    engine.dispose()
    expect(await asked).toMatchObject({ error: { code: 'worker-died' } })
    expect(await ask(engine)).toMatchObject({ error: { code: 'model-not-loaded' } })
  })
})

test('a reply goes on where it stopped', async () => {
  const server = await serverWith(inline('is 5.</output>'), { owner: 'llamacpp' })
  const engine = await engineOf(server)
  const events: RunEvent[] = []
  const begun = '<thinking>a</thinking>\n<output>It '
  const messages = [{ role: 'user', content: 'Hi' } as const, { role: 'assistant', content: begun } as const]
  await engine.generate({ messages }, (batch) => events.push(...batch))
  const known = events.find((event) => 'delta' in event)
  expect(known).toMatchObject({ delta: 'is', start: begun.length })
})
