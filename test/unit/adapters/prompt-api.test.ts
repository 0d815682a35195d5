import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createLanguageModelClass,
  type LanguageModelCreateOptions,
  type LanguageModelSession,
} from '../../../src/adapters/prompt-api/create-language-model-class.ts'
import { installPromptApi } from '../../../src/adapters/prompt-api/install-prompt-api.ts'
import { createRemoteEngine } from '../../../src/adapters/remote/create-remote-engine.ts'
import { describeRemoteModel } from '../../../src/adapters/remote/describe-remote-model.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { REFLECTION_SYSTEM_PROMPT } from '../../../src/core/chat/system-prompt.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script, type ScriptedReply } from '../../fakes/scripted-engine.ts'
import { describeAdapter, type ToldReply } from './support/adapter-contract.ts'

const REFLECTED = '<thinking>a\n<reflection>b</reflection>\nc</thinking>\n<output>It is 5.</output>'

async function open(
  replies: (string | ScriptedReply)[],
  options: LanguageModelCreateOptions = {},
  script: Partial<Script> = {},
) {
  const engine = createScriptedEngine({ replies, ...script })
  const languageModel = createLanguageModelClass(engine, { model: SCRIPTED_MODEL })
  return { engine, languageModel, session: await languageModel.create(options) }
}

type Part = { channel: 'thinking' | 'reflection' | 'output'; text: string }

/** Gathers what a session tells of its reasoning. */
function listen(session: LanguageModelSession): Part[] {
  const parts: Part[] = []
  session.onreasoning = ({ kind, delta }) => {
    const last = parts.at(-1)
    if (last?.channel === kind) last.text += delta
    else parts.push({ channel: kind, text: delta })
  }
  return parts
}

function failed(error: unknown, parts: Part[], signal: AbortSignal | undefined): ToldReply {
  return { parts, end: signal?.aborted === true ? 'abort' : 'failed', message: (error as Error).message }
}

// A session has no word for a reply that was cut off at the window, so the end of one cannot be told: the engine's usage is asked instead.
describeAdapter('the Prompt API', {
  marksChecks: true,
  hasThinking: true,
  async stream(engine, question, { signal, onText } = {}) {
    const session = await createLanguageModelClass(engine, { model: SCRIPTED_MODEL }).create()
    const parts = listen(session)
    let reason: ToldReply['end'] = 'stop'
    const { generate } = engine
    engine.generate = async (request, sink, control) => {
      const usage = await generate(request, sink, control)
      reason = usage.finishReason
      return usage
    }
    let answer = ''
    try {
      for await (const text of session.promptStreaming(question, signal ? { signal } : {})) {
        answer += text
        onText?.(text)
      }
    } catch (error) {
      return failed(error, [...parts, { channel: 'output', text: answer }], signal)
    }
    return { parts: [...parts, { channel: 'output', text: answer }], end: reason }
  },
  async whole(engine, question, { signal } = {}) {
    const session = await createLanguageModelClass(engine, { model: SCRIPTED_MODEL }).create()
    const parts = listen(session)
    let reason: ToldReply['end'] = 'stop'
    const { generate } = engine
    engine.generate = async (request, sink, control) => {
      const usage = await generate(request, sink, control)
      reason = usage.finishReason
      return usage
    }
    try {
      const text = await session.prompt(question)
      return { parts: [...parts, { channel: 'output', text }], end: reason }
    } catch (error) {
      return failed(error, parts, signal)
    }
  },
})

describe('availability and creation', () => {
  test('say what has to be done, do it once, and tell of the download', async () => {
    const stored = new Map<string, number>()
    const loading = [{ phase: 'download', share: 0.5 } as const, { phase: 'upload', share: 0.5 } as const]
    let goOn = () => {}
    const held = new Promise<void>((resolve) => (goOn = resolve))
    const engine = createScriptedEngine({ replies: [REFLECTED], stored, loading, pace: () => held })
    const languageModel = createLanguageModelClass(engine, { model: SCRIPTED_MODEL })
    expect(await languageModel.availability()).toBe('downloadable')
    const loaded: number[] = []
    const monitor = (target: EventTarget) =>
      target.addEventListener('downloadprogress', (event) => loaded.push((event as Event & { loaded: number }).loaded))
    const creating = languageModel.create({ monitor })
    await expect.poll(() => languageModel.availability()).toBe('downloading')
    goOn()
    await creating
    expect(loaded).toEqual([0, 0.5, 1])
    expect(await languageModel.availability()).toBe('available')
    await languageModel.create({ monitor })
    expect(loaded).toHaveLength(3)
    await engine.unload()
    expect(await languageModel.availability()).toBe('available') // it is stored
  })

  test('refuse what the models cannot do', async () => {
    const { languageModel } = await open([REFLECTED])
    expect(await languageModel.availability({ expectedInputs: [{ type: 'image' }] })).toBe('unavailable')
    await expect(languageModel.create({ tools: [{}] })).rejects.toMatchObject({ name: 'NotSupportedError' })
    await expect(languageModel.create({ samplingMode: 'wild' as never })).rejects.toBeInstanceOf(TypeError)
    const late = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'b' },
    ]
    await expect(languageModel.create({ initialPrompts: late })).rejects.toBeInstanceOf(TypeError)
    const blind = createScriptedEngine({ replies: [], capabilities: { webgpu: 'missing' } })
    expect(await createLanguageModelClass(blind, { model: SCRIPTED_MODEL }).availability()).toBe('unavailable')
  })

  test('ask the place where the model would run, not any that the device has', async () => {
    const processor = { isUsable: true, threads: 1 }
    const blind = createScriptedEngine({ replies: [], capabilities: { webgpu: 'missing', processor } })
    const states: string[] = []
    blind.subscribe(({ status }) => states.push(status))
    const gpuOnly = createLanguageModelClass(blind, { model: SCRIPTED_MODEL })
    expect(await gpuOnly.availability()).toBe('unavailable')
    await expect(gpuOnly.create()).rejects.toMatchObject({ name: 'NotSupportedError' })
    expect(states).toEqual([]) // nothing was fetched for it
    const gguf = { path: 'model.gguf', bytes: 100 }
    const both = createLanguageModelClass(blind, { model: { ...SCRIPTED_MODEL, gguf } })
    expect(await both.availability()).toBe('downloadable')
    const remote = describeRemoteModel({ address: 'http://127.0.0.1:9/v1', model: 'any' })
    expect(await createLanguageModelClass(createRemoteEngine(), { model: remote }).availability()).toBe('available')
  })

  test('count a model as here only when all of it is', async () => {
    const stored = new Map([[SCRIPTED_MODEL.id, SCRIPTED_MODEL.downloadBytes / 2]])
    const engine = createScriptedEngine({ replies: [], stored })
    const { availability } = createLanguageModelClass(engine, { model: SCRIPTED_MODEL })
    expect(await availability()).toBe('downloadable')
    stored.set(SCRIPTED_MODEL.id, SCRIPTED_MODEL.downloadBytes)
    expect(await availability()).toBe('available')
  })
})

describe('a session', () => {
  test('remembers the conversation as the model wrote it, and its clone goes its own way', async () => {
    const initialPrompts = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Ho' },
    ]
    const { engine, session } = await open([REFLECTED, '<output>two</output>'], {
      initialPrompts,
      samplingMode: 'predictable',
    })
    expect(await session.prompt('one')).toBe('It is 5.')
    const copy = await session.clone()
    await session.append([{ role: 'user', content: [{ type: 'text', value: 'more' }] }])
    await session.prompt('two')
    await copy.prompt('three')
    const contents = (index: number) => engine.requests[index]?.messages.map(({ content }) => content)
    const begun = [`${REFLECTION_SYSTEM_PROMPT}\n\nBe brief.`, 'Hi', '<output>Ho</output>', 'one', REFLECTED]
    expect(contents(1)).toEqual([...begun, 'more', 'two'])
    expect(contents(2)).toEqual([...begun, 'three'])
    expect(engine.requests[0]?.options).toEqual({ temperature: 0.3 })
  })

  test('counts what it takes', async () => {
    const { session } = await open([REFLECTED])
    const before = session.contextUsage
    expect(before).toBeGreaterThan(50) // the Reflection prompt
    expect(session.contextWindow).toBe(1024)
    expect(await session.measureContextUsage('abcdefgh')).toBe(2)
    expect(session.contextUsage).toBe(before)
    await session.append('abcdefgh')
    expect(session.contextUsage).toBe(before + 2)
    await session.prompt('Hi')
    expect(session.contextUsage).toBeGreaterThan(90)
  })

  test('tells when the oldest messages had to leave, and leaves them out', async () => {
    const { engine, session } = await open([
      '<output>1</output>',
      { text: '<output>2</output>', droppedMessages: 2 },
      'x',
    ])
    let overflows = 0
    session.oncontextoverflow = () => (overflows += 1)
    for (const question of ['a', 'b', 'c']) await session.prompt(question)
    expect(overflows).toBe(1)
    expect(engine.requests[2]?.messages.map(({ content }) => content).slice(1)).toEqual([
      'b',
      '<output>2</output>',
      'c',
    ])
  })

  test('lets a reply begin with a prefix', async () => {
    const { engine, session } = await open([' 5.</output>', '<output>x</output>'])
    const input = [
      { role: 'user', content: 'Q' } as const,
      { role: 'assistant', content: 'It is', prefix: true } as const,
    ]
    expect(await session.prompt(input)).toBe(' 5.')
    expect(engine.requests[0]?.messages.at(-1)).toEqual({ role: 'assistant', content: '<output>It is' })
    await session.prompt('next')
    expect(engine.requests[1]?.messages.at(-2)?.content).toBe('<output>It is 5.</output>')
    await expect(session.append(input)).rejects.toMatchObject({ name: 'NotSupportedError' })
    const early = [{ role: 'assistant', content: 'a', prefix: true } as const, { role: 'user', content: 'b' } as const]
    await expect(session.prompt(early)).rejects.toMatchObject({ name: 'SyntaxError' })
  })

  test('answers one prompt after the other, and forgets what was aborted', async () => {
    const { engine, session } = await open([REFLECTED, '<output>2</output>', '<output>3</output>'])
    const aborting = new AbortController()
    session.onreasoning = () => aborting.abort(new DOMException('enough', 'AbortError'))
    const first = session.prompt('one', { signal: aborting.signal })
    const second = session.prompt('two')
    await expect(first).rejects.toThrow('enough')
    expect(await second).toBe('2')
    expect(engine.requests[1]?.messages.slice(1)).toEqual([{ role: 'user', content: 'two' }])
    const stream = session.promptStreaming('three')
    await stream.cancel()
    expect(await session.prompt('four')).toBe('3')
  })

  test('closes the thinking in earlier replies of a model whose prompt opens it', async () => {
    const engine = createScriptedEngine({ replies: ['x'] })
    const model: ModelDescription = { ...SCRIPTED_MODEL, dialect: DIALECTS.think, template: 'deepseek-r1' }
    const initialPrompts = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Ho' },
    ]
    const session = await createLanguageModelClass(engine, { model, reflect: false }).create({ initialPrompts })
    await session.prompt([
      { role: 'user', content: 'Q' },
      { role: 'assistant', content: 'It is', prefix: true },
    ])
    const contents = engine.requests[0]?.messages.map(({ content }) => content)
    expect(contents).toEqual(['Hi', '\n</think>\n\nHo', 'Q', '\n</think>\n\nIt is'])
  })

  test('a stream that is cancelled stops the model in its thinking', async () => {
    const thoughts = Array.from({ length: 300 }, (_, index) => ` ${index}`)
    const { engine, session } = await open([`<thinking>${thoughts.join('')}</thinking><output>5</output>`])
    let told = 0
    const begun = new Promise<void>((resolve) => {
      session.onreasoning = () => {
        told += 1
        resolve()
      }
    })
    const stream = session.promptStreaming('Hi')
    await begun
    await stream.cancel()
    expect(engine.state.status).toBe('ready')
    expect(told).toBeLessThan(thoughts.length)
  })

  test('a stream that nobody reads holds up nothing', async () => {
    const { session } = await open(['<output>one and more and more</output>', '<output>two</output>'])
    const unread = session.promptStreaming('one')
    let second = ''
    const reading = session
      .promptStreaming('two')
      .pipeTo(new WritableStream({ write: (text) => void (second += text) }))
    await expect.poll(() => second).toBe('two')
    await reading
    let first = ''
    for await (const text of unread) first += text
    expect(first).toBe('one and more and more')
  })

  test('holds an answer to a schema, and refuses other constraints', async () => {
    const { engine, session } = await open(['<output>{}</output>'])
    const responseConstraint = { type: 'object' }
    await session.prompt('Hi', { responseConstraint })
    expect(engine.requests[0]?.options).toEqual({ outputSchema: responseConstraint })
    await expect(session.prompt('Hi', { responseConstraint: /a/ })).rejects.toMatchObject({ name: 'NotSupportedError' })
    await expect(session.prompt([{ role: 'system', content: 'x' }])).rejects.toBeInstanceOf(TypeError)
    const image = [{ role: 'user', content: [{ type: 'image', value: '' }] } as const]
    await expect(session.prompt(image)).rejects.toMatchObject({ name: 'NotSupportedError' })
  })

  test('is over when it is destroyed', async () => {
    const aborting = new AbortController()
    const { session } = await open([REFLECTED], { signal: aborting.signal })
    const asked = session.prompt('Hi')
    session.onreasoning = () => session.destroy()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
    await expect(session.prompt('Hi')).rejects.toMatchObject({ name: 'InvalidStateError' })
    await expect(session.clone()).rejects.toMatchObject({ name: 'InvalidStateError' })
  })

  test('says in the names of the specification what went wrong', async () => {
    const error = new ReflectionError('prompt-too-long', 'The message is too long.')
    const { session } = await open([{ text: '', error }])
    await expect(session.prompt('Hi')).rejects.toMatchObject({ name: 'QuotaExceededError', message: error.message })
  })
})

test('it stands in the page only where asked, and can be taken away', () => {
  const page = globalThis as { LanguageModel?: unknown }
  onTestFinished(() => void delete page.LanguageModel)
  const engine = createScriptedEngine({ replies: [] })
  expect(page.LanguageModel).toBeUndefined()
  const remove = installPromptApi(engine, { model: SCRIPTED_MODEL })
  const ours = page.LanguageModel
  expect(ours).toBeDefined()
  installPromptApi(engine, { model: SCRIPTED_MODEL })()
  expect(page.LanguageModel).toBe(ours)
  const restore = installPromptApi(engine, { model: SCRIPTED_MODEL, replace: true })
  expect(page.LanguageModel).not.toBe(ours)
  restore()
  expect(page.LanguageModel).toBe(ours)
  remove()
  expect(page.LanguageModel).toBeUndefined()
})
