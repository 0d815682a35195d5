import { generateText } from 'ai-7'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLanguageModel } from '../../src/adapters/ai-sdk/create-language-model.ts'
import { createLanguageModelClass } from '../../src/adapters/prompt-api/create-language-model-class.ts'
import { createFetch } from '../../src/adapters/openai/create-fetch.ts'
import { createEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import type { Engine } from '../../src/core/engine.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { readTagged } from '../../src/core/tags/read-tagged.ts'
import { askEngine, SHORT_PROBLEM, user, type EngineReply } from './support/ask-engine.ts'
import { describeTiny } from './support/tiny.ts'

let engine: Engine
let model: ModelDescription
let reply: EngineReply // what the engine itself says, greedily, where it is asked to check more than usual
let short: EngineReply // to a question that takes little thinking
let client: OpenAI

beforeAll(async () => {
  engine = createEngine({ createWorker: startWorker, engine: 'gpu' }) // only it holds answers to a schema
  model = await describeTiny()
  await engine.load(model)
  reply = await askEngine(engine, [user(SHORT_PROBLEM)], { selfCheck: 'more' })
  short = await askEngine(engine, [user(EASY)])
  client = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://engine.invalid/v1',
    fetch: createFetch(engine),
    dangerouslyAllowBrowser: true,
  })
})

afterAll(() => engine.dispose())

const EASY = 'Which is larger, 9.9 or 9.11?'
const ask = (question: string) => ({
  model: 'any',
  messages: [{ role: 'user' as const, content: question }],
  temperature: 0,
})

describe('the embedded model through other interfaces', () => {
  test("says to OpenAI's client what it says to the page", async () => {
    const { output, reflections } = readTagged([reply.raw])
    expect(reflections).not.toEqual([])
    let content = ''
    let reasoning = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    const request = {
      ...ask(SHORT_PROBLEM),
      self_check: 'more', // which OpenAI's client does not know, and sends
      stream: true,
      stream_options: { include_usage: true },
    } as const
    const stream = await client.chat.completions.create(request)
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined
      content += delta?.content ?? ''
      reasoning += delta?.reasoning_content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(content).toBe(output)
    for (const reflection of reflections) expect(reasoning).toContain(reflection)
    const { thinking, reflection } = reply.usage.tokens
    expect(usage?.completion_tokens).toBe(reply.usage.completionTokens)
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBe(thinking + reflection)
  })

  test('says to the AI SDK what it says to the page', async () => {
    const { text, reasoning, usage } = await generateText({
      model: createLanguageModel(engine),
      prompt: EASY,
      temperature: 0,
    })
    expect(text).toBe(readTagged([short.raw]).output)
    const kinds = reasoning.map(({ providerMetadata }) => providerMetadata?.['second-thought']?.['kind'])
    expect(kinds).toContain('thinking')
    expect(usage.outputTokenDetails.textTokens).toBe(short.usage.tokens.output)
  })
})

test('answers through the Prompt API as it answers the page', async () => {
  const session = await createLanguageModelClass(engine, { model }).create({ samplingMode: 'most-predictable' })
  let thoughts = ''
  session.onreasoning = ({ delta }) => (thoughts += delta)
  expect(await session.prompt(EASY)).toBe(readTagged([short.raw]).output)
  expect(thoughts).not.toBe('')
  expect(session.contextUsage).toBe(short.usage.promptTokens + short.usage.completionTokens)
})

describe('an answer that is held to a JSON schema', () => {
  const schema = {
    type: 'object',
    properties: { answer: { type: 'integer', minimum: 0, maximum: 99 } },
    required: ['answer'],
    additionalProperties: false,
  }
  const format = { type: 'json_schema', json_schema: { name: 'answer', schema } } as const

  test('is of the schema, and the thinking before it is free', async () => {
    const { choices } = await client.chat.completions.create({
      ...ask(EASY),
      response_format: format,
      max_completion_tokens: 160,
    })
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ answer: expect.any(Number) })
    expect(choices[0]?.message).toMatchObject({
      reasoning_content: expect.stringContaining(readTagged([short.raw]).thinking),
    })
  })

  test('does not bind the reply after it', async () => {
    expect((await askEngine(engine, [user(EASY)])).raw).toBe(short.raw)
  })

  test('is refused when the grammar engine does not know the schema', async () => {
    const odd = { type: 'json_schema', json_schema: { name: 'odd', schema: { type: 'teapot' } } } as const
    const refused = client.chat.completions.create({ ...ask(EASY), response_format: odd })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'unsupported' })
    expect(engine.state.status).toBe('ready')
  })
})

test('logprobs are of the answer, and the token that was drawn greedily is the likeliest', async () => {
  const { choices } = await client.chat.completions.create({ ...ask(EASY), logprobs: true, top_logprobs: 3 })
  const tokens = choices[0]?.logprobs?.content ?? []
  expect(
    tokens
      .map(({ token }) => token)
      .join('')
      .trim(),
  ).toBe(choices[0]?.message.content)
  for (const { token, logprob, top_logprobs: top } of tokens) {
    expect(top).toHaveLength(3)
    expect(top[0]).toMatchObject({ token, logprob })
    expect(logprob).toBeLessThanOrEqual(0)
  }
})

test('a stop text ends the answer, and the engine is ready for the next', async () => {
  const { choices } = await client.chat.completions.create({ ...ask(EASY), stop: '.' })
  expect(readTagged([short.raw]).output.startsWith(choices[0]?.message.content ?? 'x')).toBe(true)
  expect(choices[0]?.message.content).not.toContain('.')
  await expect.poll(() => engine.state.status).toBe('ready')
})
