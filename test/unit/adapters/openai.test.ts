import OpenAI, { APIUserAbortError } from 'openai'
import { describe, expect, test } from 'vitest'
import { createFetch } from '../../../src/adapters/openai/create-fetch.ts'
import { createOpenAI } from '../../../src/adapters/openai/create-openai.ts'
import type { ChatCompletionChunk } from '../../../src/adapters/openai/chat-completion.ts'
import type { Engine } from '../../../src/core/engine.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { REFLECTION_SYSTEM_PROMPT } from '../../../src/core/chat/system-prompt.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type ScriptedReply } from '../../fakes/scripted-engine.ts'
import { loseHttps } from '../support/lose-https.ts'
import { describeAdapter, type AskOptions, type ToldReply } from './support/adapter-contract.ts'

const REFLECTED = '<thinking>a\n<reflection>b</reflection>\nc</thinking>\n<output>It is 5.</output>'
const asked = (content: string) => [{ role: 'user', content } as const]

async function engineWith(...replies: (string | ScriptedReply)[]) {
  const engine = createScriptedEngine({ replies })
  await engine.load(SCRIPTED_MODEL)
  return engine
}

/** The official client over an engine. */
function clientOf(engine: Engine): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: 'http://engine.invalid/v1', fetch: createFetch(engine) })
}

type Part = ToldReply['parts'][number]

/** How a call ended that threw. */
function failed(error: unknown, parts: readonly Part[], signal: AbortSignal | undefined): ToldReply {
  if (signal?.aborted === true) return { parts, end: 'abort' }
  return { parts, end: 'failed', message: error instanceof Error ? error.message : String(error) }
}

/** Adds a piece of text to the parts so far. */
function addTo(parts: { channel: Part['channel']; text: string }[], channel: Part['channel'], text: string): void {
  const last = parts.at(-1)
  if (last?.channel === channel) last.text += text
  else parts.push({ channel, text })
}

async function readChunks(
  open: () => Promise<AsyncIterable<unknown>>,
  { signal, onText }: AskOptions,
): Promise<ToldReply> {
  const parts: { channel: Part['channel']; text: string }[] = []
  let end: ToldReply['end'] = 'failed'
  let reasoningTokens: number | undefined
  try {
    for await (const chunk of (await open()) as AsyncIterable<ChatCompletionChunk>) {
      const [choice] = chunk.choices
      reasoningTokens = chunk.usage?.completion_tokens_details.reasoning_tokens ?? reasoningTokens
      if (choice === undefined) continue
      const { content, reasoning_content: reasoning } = choice.delta
      expect(content === undefined || reasoning === undefined).toBe(true)
      if (reasoning !== undefined) addTo(parts, 'thinking', reasoning)
      if (content !== undefined) addTo(parts, 'output', content)
      if (content !== undefined) onText?.(content)
      if (choice.finish_reason !== null) end = choice.finish_reason
    }
  } catch (error) {
    return failed(error, parts, signal)
  }
  if (signal?.aborted === true) end = 'abort' // the official client ends such a loop without an error
  return { parts, end, ...(reasoningTokens === undefined ? {} : { reasoningTokens }) }
}

const CHAT = { model: 'any', stream_options: { include_usage: true } }

describeAdapter('chat completions, directly', {
  marksChecks: false,
  hasThinking: true,
  stream: (engine, question, options = {}) =>
    readChunks(
      () =>
        createOpenAI(engine).chat.completions.create(
          { ...CHAT, messages: asked(question), stream: true, stop: options.stop ?? [] },
          options.signal ? { signal: options.signal } : {},
        ),
      options,
    ),
  async whole(engine, question, { signal, stop = [] } = {}) {
    try {
      const control = signal ? { signal } : {}
      const { chat } = createOpenAI(engine)
      return toldOf(await chat.completions.create({ ...CHAT, messages: asked(question), stop }, control))
    } catch (error) {
      return failed(error, [], signal)
    }
  },
})

function toldOf({ choices: [choice], usage }: Awaited<ReturnType<typeof completeOnce>>): ToldReply {
  const { content, reasoning_content: reasoning } = choice.message
  const parts: Part[] = [
    ...(reasoning === null ? [] : [{ channel: 'thinking' as const, text: reasoning }]),
    ...(content === '' ? [] : [{ channel: 'output' as const, text: content }]),
  ]
  return { parts, end: choice.finish_reason, reasoningTokens: usage.completion_tokens_details.reasoning_tokens }
}

const completeOnce = (engine: Engine) => createOpenAI(engine).chat.completions.create({ messages: asked('Hi') })

describeAdapter("chat completions, through OpenAI's own client", {
  marksChecks: false,
  hasThinking: true,
  stream: (engine, question, options = {}) =>
    readChunks(
      () =>
        clientOf(engine).chat.completions.create(
          { ...CHAT, messages: asked(question), stream: true },
          options.signal ? { signal: options.signal } : {},
        ),
      options,
    ),
  async whole(engine, question, { signal } = {}) {
    try {
      const control = signal ? { signal } : {}
      const reply = await clientOf(engine).chat.completions.create({ model: 'any', messages: asked(question) }, control)
      return toldOf(reply as never)
    } catch (error) {
      return failed(error, [], signal)
    }
  },
})

/** An event of the Responses shape, as our own interface and the official client give it. */
type ResponseEvent = OpenAI.Responses.ResponseStreamEvent

async function readResponse(
  open: () => Promise<AsyncIterable<unknown>>,
  { signal, onText }: AskOptions,
): Promise<ToldReply> {
  const parts: { channel: Part['channel']; text: string }[] = []
  let end: ToldReply['end'] = 'failed'
  let message: string | undefined
  let usage: OpenAI.Responses.ResponseUsage | undefined
  try {
    let numbers = 0
    for await (const event of (await open()) as AsyncIterable<ResponseEvent>) {
      if (event.sequence_number !== numbers++) throw new Error(`an event is numbered ${event.sequence_number}`)
      if (event.type === 'response.content_part.added') {
        const { part } = event
        const kind = (part as { kind?: 'thinking' | 'reflection' }).kind
        parts.push({ channel: kind ?? 'output', text: '' })
      }
      if (event.type === 'response.reasoning_text.delta' || event.type === 'response.output_text.delta') {
        const last = parts.at(-1)
        if (last !== undefined) last.text += event.delta
        onText?.(event.type === 'response.output_text.delta' ? event.delta : '')
      }
      if (event.type === 'response.completed') end = 'stop'
      if (event.type === 'response.incomplete') end = 'length'
      if (event.type === 'response.failed') message = event.response.error?.message
      if ('response' in event) usage = event.response.usage ?? usage
    }
  } catch (error) {
    return failed(error, parts, signal)
  }
  if (signal?.aborted === true) end = 'abort'
  return {
    parts,
    end,
    ...(message === undefined ? {} : { message }),
    ...(usage === undefined ? {} : { reasoningTokens: usage.output_tokens_details.reasoning_tokens }),
  }
}

function toldOfResponse({ output, status }: Pick<OpenAI.Responses.Response, 'output' | 'status'>): ToldReply {
  const parts = output.flatMap((item): Part[] => {
    if (item.type === 'message') {
      return item.content.map((part) => ({ channel: 'output', text: part.type === 'output_text' ? part.text : '' }))
    }
    if (item.type !== 'reasoning') return []
    return (item.content ?? []).map((part) => ({
      channel: (part as unknown as Part & { kind: 'thinking' }).kind,
      text: part.text,
    }))
  })
  return { parts, end: status === 'incomplete' ? 'length' : 'stop' }
}

describeAdapter('responses, directly', {
  marksChecks: true,
  hasThinking: true,
  stream: (engine, question, options = {}) =>
    readResponse(
      () =>
        createOpenAI(engine).responses.create(
          { input: question, stream: true },
          options.signal ? { signal: options.signal } : {},
        ),
      options,
    ),
  async whole(engine, question, { signal } = {}) {
    try {
      const control = signal ? { signal } : {}
      return toldOfResponse((await createOpenAI(engine).responses.create({ input: question }, control)) as never)
    } catch (error) {
      return failed(error, [], signal)
    }
  },
})

describeAdapter("responses, through OpenAI's own client", {
  marksChecks: true,
  hasThinking: true,
  stream: (engine, question, options = {}) =>
    readResponse(
      () =>
        clientOf(engine).responses.create(
          { model: 'any', input: question, stream: true },
          options.signal ? { signal: options.signal } : {},
        ),
      options,
    ),
  async whole(engine, question, { signal } = {}) {
    try {
      const control = signal ? { signal } : {}
      return toldOfResponse(await clientOf(engine).responses.create({ model: 'any', input: question }, control))
    } catch (error) {
      return failed(error, [], signal)
    }
  },
})

test('responses are refused what only chat completions have', async () => {
  const { responses } = createOpenAI(await engineWith(REFLECTED))
  for (const field of [{ stop: ['.'] }, { top_logprobs: 2 }]) {
    const refused = responses.create({ input: 'Hi', ...field } as never)
    await expect(refused).rejects.toMatchObject({ code: 'unsupported' })
  }
})

test('on a page without https, completions and responses have ids of their own too', async () => {
  loseHttps()
  const { chat, responses } = createOpenAI(await engineWith(REFLECTED, REFLECTED))
  const completion = await chat.completions.create({ messages: asked('Hi') })
  const response = await responses.create({ input: 'Hi' })
  const ids = [completion.id, response.id, ...response.output.map(({ id }) => id)]
  expect(ids.map((id) => id.replace(/[\da-f]{32}$/, ''))).toEqual(['chatcmpl-', 'resp_', 'rs_', 'msg_'])
  expect(new Set(ids).size).toBe(4)
})

describe("OpenAI's own helpers", () => {
  test('its chat stream gives the answer alone, and each chunk the reasoning', async () => {
    const stream = clientOf(await engineWith(REFLECTED)).chat.completions.stream({
      model: 'any',
      messages: asked('Hi'),
    })
    const reasoning: string[] = []
    const kinds: unknown[] = []
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta as { reasoning_content?: string; reasoning_kind?: string } | undefined
      if (delta?.reasoning_content === undefined) continue
      reasoning.push(delta.reasoning_content)
      kinds.push(delta.reasoning_kind)
    }
    expect(reasoning.join('')).toBe('a\nb\nc')
    expect(kinds).toEqual(['thinking', 'reflection', 'thinking'])
    expect(await stream.finalContent()).toBe('It is 5.')
  })

  test('its response stream ends with whole items', async () => {
    const stream = clientOf(await engineWith(REFLECTED)).responses.stream({ model: 'any', input: 'Hi' })
    const whole: unknown[] = []
    stream.on('event', (event) => {
      if (event.type === 'response.output_item.done') whole.push(event.item)
    })
    const final = await stream.finalResponse()
    expect(final.output_text).toBe('It is 5.')
    expect(final.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    expect(whole).toMatchObject(final.output.map(({ id, type }) => ({ id, type, status: 'completed' })))
    expect(final.output[0]).toMatchObject({
      content: [
        { text: 'a', kind: 'thinking' },
        { text: 'b', kind: 'reflection' },
        { text: 'c', kind: 'thinking' },
      ],
    })
  })

  test('an abort is its own kind of error, and the models are listed', async () => {
    const aborting = new AbortController()
    aborting.abort()
    const client = clientOf(await engineWith(REFLECTED))
    const refused = client.chat.completions.create({ model: 'any', messages: asked('Hi') }, { signal: aborting.signal })
    await expect(refused).rejects.toBeInstanceOf(APIUserAbortError)
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['scripted'])
  })

  test('a request that is wrong is answered at once, with a status, and is not tried again', async () => {
    const client = clientOf(await engineWith(REFLECTED))
    const tools = [{ type: 'function' as const, function: { name: 'add' } }]
    const refused = client.chat.completions.create({ model: 'any', messages: asked('Hi'), tools })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'unsupported' })
    const unloaded = clientOf(createScriptedEngine({ replies: [''] }))
    const streamed = unloaded.chat.completions.create({ model: 'any', messages: asked('Hi'), stream: true })
    await expect(streamed).rejects.toMatchObject({ status: 503, code: 'model-not-loaded' })
  })
})

describe('what a request says', () => {
  async function optionsOf(request: object) {
    const engine = await engineWith('<output>x</output>')
    await createOpenAI(engine).chat.completions.create({ messages: asked('Hi'), ...request })
    return engine.requests[0]
  }

  test('reaches the engine in its own words', async () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' } } }
    const request = await optionsOf({
      temperature: 0.3,
      top_p: 0.5,
      seed: 7,
      max_completion_tokens: 20,
      logprobs: true,
      top_logprobs: 2,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
    })
    expect(request?.options).toEqual({
      temperature: 0.3,
      topP: 0.5,
      seed: 7,
      maxTokens: 20,
      logprobs: 2,
      thinkBudget: 512,
      selfCheck: 'less',
      outputSchema: schema,
    })
    expect((await optionsOf({ reasoning_effort: 'low', think_budget: 9, self_check: 'more' }))?.options).toEqual({
      thinkBudget: 9,
      selfCheck: 'more',
    })
    expect((await optionsOf({ temperature: null, n: 1, tools: [], logit_bias: {} }))?.options).toEqual({})
  })

  test('makes one conversation of instructions, turns and earlier reasoning', async () => {
    const engine = await engineWith('<output>x</output>')
    await createOpenAI(engine).chat.completions.create({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'system', content: [{ type: 'text', text: 'Be kind.' }] },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Ho', reasoning_content: 'greet' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'A' },
            { type: 'text', text: 'B' },
          ],
        },
      ],
    })
    expect(engine.requests[0]?.messages).toEqual([
      { role: 'system', content: `${REFLECTION_SYSTEM_PROMPT}\n\nBe brief.\n\nBe kind.` },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '<thinking>\ngreet\n</thinking>\n<output>Ho</output>' },
      { role: 'user', content: 'AB' },
    ])
  })

  const TALK = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Ho' },
    { role: 'user', content: 'And?' },
    { role: 'assistant', content: 'Ha', reasoning_content: 'hm' },
    { role: 'user', content: 'Q' },
    { role: 'assistant', content: 'It is' },
  ] as const
  const OF_R1 = ['Hi', '\n</think>\n\nHo', 'And?', 'hm\n</think>\n\nHa', 'Q', '\n</think>\n\nIt is']

  test('closes the thinking in earlier replies of a model whose prompt opens it', async () => {
    const engine = await engineWith('x')
    const options = { dialect: 'think', start: 'thinking', reflect: false } as const
    await createOpenAI(engine, options).chat.completions.create({ messages: TALK })
    expect(engine.requests[0]?.messages.map(({ content }) => content)).toEqual(OF_R1)
  })

  test('needs no word about a model that the engine describes', async () => {
    const model: ModelDescription = { ...SCRIPTED_MODEL, dialect: DIALECTS.think, template: 'deepseek-r1' }
    const engine = Object.assign(await engineWith('x'), { describe: async () => model })
    const { chat, responses } = createOpenAI(engine, { reflect: false })
    await chat.completions.create({ messages: TALK })
    await responses.create({ input: TALK.slice(0, 2) })
    const client = new OpenAI({
      apiKey: 'none',
      baseURL: 'http://engine.invalid/v1',
      fetch: createFetch(engine, { reflect: false }),
    })
    await client.chat.completions.create({ model: 'any', messages: TALK.slice(0, 2) })
    const contents = engine.requests.map(({ messages }) => messages.map(({ content }) => content))
    expect(contents).toEqual([OF_R1, OF_R1.slice(0, 2), OF_R1.slice(0, 2)])
  })

  test.each([
    [{ messages: 'Hi' }, 'request-invalid', '"messages"'],
    [{ messages: [] }, 'request-invalid', 'nothing to reply to'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'unsupported', '"tool"'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'unsupported', '"image_url"'],
    [{ n: 2 }, 'unsupported', '"n"'],
    [{ frequency_penalty: 1 }, 'unsupported', '"frequency_penalty"'],
    [{ top_k: 40 }, 'unsupported', '"top_k"'],
    [{ tool_choice: 'required' }, 'unsupported', '"tool_choice"'],
    [{ top_logprobs: 2 }, 'unsupported', '"top_logprobs"'],
    [{ temperature: 'hot' }, 'request-invalid', '"temperature"'],
    [{ reasoning_effort: 'huge' }, 'request-invalid', '"huge"'],
    [{ self_check: 'often' }, 'request-invalid', '"often"'],
    [{ stop: [''] }, 'request-invalid', '"stop"'],
    [{ response_format: { type: 'json_schema' } }, 'request-invalid', 'schema'],
    [{ response_format: { type: 'grammar' } }, 'unsupported', '"grammar"'],
  ])('is refused in words where it makes no sense: %j', async (request, code, words) => {
    await expect(optionsOf(request)).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })
})

test('an answer that goes on keeps the white space between what was there and what comes', async () => {
  const messages = [...asked('Hi'), { role: 'assistant', content: 'It is' } as const]
  const { chat, responses } = createOpenAI(await engineWith('  5, \n yes. </output>'))
  const { choices } = await chat.completions.create({ messages })
  expect(choices[0].message.content).toBe('  5, \n yes.')
  let streamed = ''
  for await (const chunk of await chat.completions.create({ messages, stream: true })) {
    streamed += chunk.choices[0]?.delta.content ?? ''
  }
  expect(streamed).toBe('  5, \n yes.')
  expect((await responses.create({ input: messages })).output_text).toBe('  5, \n yes.')
})

describe('stop texts', () => {
  const REPLY = '<thinking>one two END three</thinking><output>one two END three END</output>'

  test.each([
    [['END'], 'one two'],
    [['three', 'two'], 'one'],
    ['zz', 'one two END three END'],
    [['END!'], 'one two END three END'],
    [['one'], ''],
  ])('%j end the answer, not the thinking', async (stop, answer) => {
    const engine = await engineWith(REPLY)
    const { choices } = await createOpenAI(engine).chat.completions.create({ messages: asked('Hi'), stop })
    expect(choices[0].message.content.trimEnd()).toBe(answer)
    expect(choices[0].message.reasoning_content).toBe('one two END three')
    expect(choices[0].finish_reason).toBe('stop')
    let streamed = ''
    const chunks = await createOpenAI(engine).chat.completions.create({ messages: asked('Hi'), stop, stream: true })
    for await (const chunk of chunks) streamed += chunk.choices[0]?.delta.content ?? ''
    expect(streamed).toBe(choices[0].message.content)
    expect(engine.state.status).toBe('ready')
  })
})
