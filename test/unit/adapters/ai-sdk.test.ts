import type { LanguageModelV3, LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { generateText as generateText6, streamText as streamText6 } from 'ai'
import { generateText, jsonSchema, Output, streamText } from 'ai-7'
import { describe, expect, test } from 'vitest'
import { createLanguageModel, createLanguageModelV3 } from '../../../src/adapters/ai-sdk/create-language-model.ts'
import type { StreamPartV3 } from '../../../src/adapters/ai-sdk/language-model-v3.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type ScriptedReply } from '../../fakes/scripted-engine.ts'
import { describeAdapter, type ToldReply } from './support/adapter-contract.ts'

const REFLECTED = '<thinking>a\n<reflection>b</reflection>\nc</thinking>\n<output>It is 5.</output>'

async function engineWith(...replies: (string | ScriptedReply)[]) {
  const engine = createScriptedEngine({ replies })
  await engine.load(SCRIPTED_MODEL)
  return engine
}

type Kind = ToldReply['parts'][number]['channel']

function kindOf(part: { type: string; providerMetadata?: unknown }): Kind {
  if (!part.type.startsWith('reasoning')) return 'output'
  return (part.providerMetadata as { 'second-thought': { kind: Kind } })['second-thought'].kind
}

const promptOf = (text: string) => [{ role: 'user' as const, content: [{ type: 'text' as const, text }] }]

/** Reads a stream, and holds that its parts pair. */
async function readParts(
  stream: ReadableStream<LanguageModelV4StreamPart | StreamPartV3>,
  onText: (text: string) => void = () => undefined,
): Promise<ToldReply> {
  const parts: { channel: Kind; text: string }[] = []
  const open = new Set<string>()
  const used = new Set<string>()
  let end: ToldReply['end'] = 'failed'
  let message: string | undefined
  let reasoningTokens: number | undefined
  for await (const part of stream) {
    if (part.type === 'reasoning-start' || part.type === 'text-start') {
      expect(used.has(part.id)).toBe(false)
      expect(open.size).toBe(0)
      used.add(part.id)
      open.add(part.id)
      parts.push({ channel: kindOf(part), text: '' })
    } else if (part.type === 'reasoning-delta' || part.type === 'text-delta') {
      expect(open.has(part.id)).toBe(true)
      parts.at(-1)!.text += part.delta
      if (part.type === 'text-delta') onText(part.delta)
    } else if (part.type === 'reasoning-end' || part.type === 'text-end') {
      expect(open.delete(part.id)).toBe(true)
    } else if (part.type === 'error') {
      message = (part.error as Error).message
    } else if (part.type === 'finish') {
      expect(open.size).toBe(0)
      const { unified, raw } = part.finishReason // version 6 has no word for an interruption but what the provider calls it
      const isAbort = unified === 'interrupted' || (unified === 'other' && raw === 'interrupted')
      end = isAbort ? 'abort' : unified === 'stop' || unified === 'length' ? unified : 'failed'
      reasoningTokens = part.usage.outputTokens.reasoning
    }
  }
  return {
    parts,
    end,
    ...(message === undefined ? {} : { message }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  }
}

const FACES = { 'the AI SDK 7': createLanguageModel, 'the AI SDK 6': createLanguageModelV3 }

for (const [name, create] of Object.entries(FACES)) {
  describeAdapter(name, {
    marksChecks: true,
    hasThinking: true,
    async stream(engine, question, { signal, onText } = {}) {
      const call = { prompt: promptOf(question), ...(signal ? { abortSignal: signal } : {}) }
      return readParts((await create(engine).doStream(call)).stream, onText)
    },
    async whole(engine, question) {
      try {
        const { content, finishReason } = await create(engine).doGenerate({ prompt: promptOf(question) })
        const parts = content.map((part) => ({ channel: kindOf(part), text: 'text' in part ? part.text : '' }))
        return { parts, end: finishReason.unified === 'length' ? 'length' : 'stop' }
      } catch (error) {
        return { parts: [], end: 'failed', message: (error as Error).message }
      }
    },
  })
}

describe('the AI SDK 7 itself', () => {
  test('streams reasoning and text, and counts both', async () => {
    const model = createLanguageModel(await engineWith(REFLECTED))
    const result = streamText({ model, prompt: 'Hi', system: 'Be brief.' })
    const types: string[] = []
    for await (const part of result.stream) types.push(part.type)
    expect(types.filter((type) => type.startsWith('reasoning'))).toEqual(
      ['start', 'delta', 'end', 'start', 'delta', 'end', 'start', 'delta', 'end'].map((name) => `reasoning-${name}`),
    )
    expect(await result.text).toBe('It is 5.')
    expect(await result.reasoningText).toBe('abc')
    expect(await result.finishReason).toBe('stop')
    const { outputTokens, outputTokenDetails } = await result.usage
    expect(outputTokenDetails).toMatchObject({ textTokens: 4, reasoningTokens: 4 })
    expect(outputTokens).toBeGreaterThan(8)
  })

  test('gives whole replies and structured ones', async () => {
    const engine = await engineWith(REFLECTED, '<thinking>a</thinking><output>{"answer": 5}</output>')
    const model = createLanguageModel(engine)
    const { text, reasoning } = await generateText({ model, prompt: 'Hi' })
    expect(text).toBe('It is 5.')
    expect(reasoning.map((part) => ('text' in part ? part.text : ''))).toEqual(['a', 'b', 'c'])
    const schema = jsonSchema<{ answer: number }>({ type: 'object', properties: { answer: { type: 'integer' } } })
    const { output } = await generateText({ model, prompt: 'Hi', output: Output.object({ schema }) })
    expect(output).toEqual({ answer: 5 })
    expect(engine.requests[1]?.options?.outputSchema).toMatchObject({ properties: { answer: { type: 'integer' } } })
  })

  test.each([
    ['none', { thinkBudget: 0, selfCheck: 'never' }],
    ['low', { thinkBudget: 512, selfCheck: 'less' }],
    ['medium', {}],
    ['max', { selfCheck: 'more' }],
    ['provider-default', {}],
  ] as const)('its reasoning option %s becomes think budget and dial', async (reasoning, options) => {
    const engine = await engineWith(REFLECTED)
    await generateText({ model: createLanguageModel(engine), prompt: 'Hi', reasoning })
    expect(engine.requests[0]?.options).toEqual(options)
  })

  test('refuses tools, and warns of settings that change nothing', async () => {
    const model = createLanguageModel(await engineWith(REFLECTED))
    const prompt = promptOf('Hi')
    const tools = [{ type: 'function' as const, name: 'add', inputSchema: {} }]
    await expect(model.doGenerate({ prompt, tools })).rejects.toMatchObject({ code: 'unsupported' })
    const { warnings } = await model.doGenerate({ prompt, topK: 3 })
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'topK' }])
  })

  test('leaving the stream ends the run', async () => {
    const engine = await engineWith(REFLECTED)
    const { stream } = await createLanguageModel(engine).doStream({ prompt: promptOf('Hi') })
    await stream.cancel()
    await expect.poll(() => engine.state.status).toBe('ready')
  })

  test('leaving the stream while the model thinks does not wait for what it thinks next', async () => {
    let held: (() => void) | undefined
    let isLeft = false
    const pace = () => new Promise<void>((resolve) => (isLeft ? resolve() : (held = resolve)))
    const engine = createScriptedEngine({ replies: [REFLECTED], pace })
    const loading = engine.load(SCRIPTED_MODEL)
    held?.()
    await loading
    const model = createLanguageModel(engine)
    const signals: AbortSignal[] = []
    const { generate } = engine
    engine.generate = (request, sink, control = {}) => {
      if (control.signal !== undefined) signals.push(control.signal)
      return generate(request, sink, control)
    }
    const { stream } = await model.doStream({ prompt: promptOf('Hi') })
    const reader = stream.getReader()
    for (let part = 0; part < 2; part += 1) await reader.read() // the head; then it waits for the model
    await expect.poll(() => signals.length).toBe(1)
    const left = reader.cancel()
    expect(signals[0]?.aborted).toBe(true)
    isLeft = true
    held?.()
    await left
    expect(engine.state.status).toBe('ready')
  })

  test('lets an answer go on as the model goes on', async () => {
    const model = createLanguageModel(await engineWith(' 5.</output>'))
    const messages = [
      { role: 'user' as const, content: 'Hi' },
      { role: 'assistant' as const, content: 'It is' },
    ]
    expect((await generateText({ model, messages })).text).toBe(' 5.')
    const { textStream } = streamText({ model, messages })
    let streamed = ''
    for await (const text of textStream) streamed += text
    expect(streamed).toBe(' 5.')
  })
})

describe('the AI SDK 6 itself', () => {
  test('streams and completes over the V3 face', async () => {
    const engine = await engineWith(REFLECTED)
    const model = createLanguageModelV3(engine)
    const result = streamText6({ model, prompt: 'Hi' })
    await result.consumeStream()
    expect(await result.text).toBe('It is 5.')
    expect((await result.reasoning).map(({ text }) => text)).toEqual(['a', 'b', 'c'])
    const providerOptions = { 'second-thought': { reasoning: 'none' } }
    expect((await generateText6({ model, prompt: 'Hi', providerOptions })).text).toBe('It is 5.')
    expect(engine.requests[1]?.options).toEqual({ thinkBudget: 0, selfCheck: 'never' })
  })

  test('ends an interrupted run as other', async () => {
    const aborting = new AbortController()
    aborting.abort()
    const { finishReason } = await createLanguageModelV3(await engineWith(REFLECTED)).doGenerate({
      prompt: promptOf('Hi'),
      abortSignal: aborting.signal,
    })
    expect(finishReason).toEqual({ unified: 'other', raw: 'interrupted' })
  })
})

test('both faces are what the SDK calls a model', async () => {
  const engine = await engineWith('')
  const seven: LanguageModelV4 = createLanguageModel(engine)
  const six: LanguageModelV3 = createLanguageModelV3(engine, { modelId: 'mine' }) // of the package that came with version 7
  expect([seven.modelId, six.modelId]).toEqual(['scripted', 'mine'])
})
