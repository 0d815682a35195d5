import { describe, expect, test } from 'vitest'
import type { ChatMessage, GenerateOptions, RunEvent } from '../../../src/core/engine.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { createReplyWriter } from '../../../worker/reply-writer.ts'
import { logprobsOf } from '../../../worker/token-logprobs.ts'
import { CONTROL_TEXTS, createScriptedModel, type ScriptedModelOptions } from '../../fakes/token-model.ts'
import { describeModel } from './support/descriptions.ts'

const SCHEMA = { type: 'object', properties: { a: { type: 'integer' } } }
const user = (content: string): ChatMessage => ({ role: 'user', content })

/** A grammar engine that allows what a test says. */
function createBinding(allows: (text: string) => boolean = () => true) {
  const schemas: string[] = []
  const accepted: string[] = []
  return {
    schemas,
    accepted,
    async begin(schema: string) {
      if (schema.includes('$ref')) throw new ReflectionError('unsupported', 'no references')
      schemas.push(schema)
    },
    accept(text: string) {
      accepted.push(text)
      return allows(text)
    },
  }
}

async function write(
  script: string,
  options: GenerateOptions,
  machine: ScriptedModelOptions = {},
  changes: Partial<ModelDescription> = {},
  messages: readonly ChatMessage[] = [user('hi')],
) {
  const model = createScriptedModel(machine)
  model.script(script)
  const events: RunEvent[] = []
  const control = { cancelled: false, answerNow: false }
  const usage = await createReplyWriter(model, describeModel(changes)).write(
    { messages, options },
    (event) => events.push(event),
    control,
  )
  const raw = events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')
  const drawn = model.calls.filter(({ kind }) => kind === 'next')
  const bound = drawn.map(({ sampling }) => sampling?.isBound === true)
  return { raw, usage, events, bound, drawn, fed: model.decode(model.calls.flatMap(({ ids }) => ids)) }
}

describe('an answer that is held to a schema', () => {
  test('is opened after a free thinking, bound from its first token, and closed', async () => {
    const binding = createBinding()
    const reply = await write('<thinking>ab</thinking>{"a":1}<|eot_id|>', { outputSchema: SCHEMA }, { binding })
    expect(binding.schemas).toEqual([JSON.stringify(SCHEMA)])
    expect(reply.raw).toBe('<thinking>ab</thinking>\n<output>{"a":1}</output>')
    expect(reply.usage.finishReason).toBe('stop')
    expect(reply.bound.indexOf(true)).toBe(4) // a, b and the tags are free
    expect(reply.bound.slice(4).every(Boolean)).toBe(true)
    const first = Object.values(reply.drawn[0]?.sampling?.bias ?? {})
    expect(first).toEqual([100, 100]) // to think or to answer is for the model to say, but nothing else
    const special = reply.drawn.at(-1)?.sampling?.bias ?? {}
    expect(Object.keys(special).length).toBeGreaterThan(10) // tags and control tokens, but not those that end the reply
    expect(Object.values(special).every((bias) => bias === -100)).toBe(true)
  })

  test('is asked for when a model would end in its thinking', async () => {
    const reply = await write(
      '<thinking>ab<|eot_id|>{}<|eot_id|>',
      { outputSchema: SCHEMA },
      { binding: createBinding() },
    )
    expect(reply.raw).toBe('<thinking>ab\n</thinking>\n<output>{}</output>')
  })

  test('comes first if the model chooses so, and follows an opened thinking where it cannot choose', async () => {
    const chosen = await write('<output>{}<|eot_id|>', { outputSchema: SCHEMA }, { binding: createBinding() })
    expect(chosen.raw).toBe('<output>{}</output>')
    expect(chosen.bound).toEqual([false, true, true, true])
    const spelled = { binding: createBinding(), added: CONTROL_TEXTS }
    const forced = await write('ab</thinking>{}<|eot_id|>', { outputSchema: SCHEMA }, spelled)
    expect(forced.raw).toBe('<thinking>ab</thinking>\n<output>{}</output>')
  })

  test('comes at once without a budget for thinking, and after the budget with one', async () => {
    const none = await write('{}<|eot_id|>', { outputSchema: SCHEMA, thinkBudget: 0 }, { binding: createBinding() })
    expect(none.raw).toBe('<output>{}</output>')
    expect(none.bound.every(Boolean)).toBe(true)
    const some = await write(
      '<thinking>ab{}<|eot_id|>',
      { outputSchema: SCHEMA, thinkBudget: 2 },
      { binding: createBinding() },
    )
    expect(some.raw).toBe('<thinking>ab\n</thinking>\n<output>{}</output>')
  })

  test('follows the thinking of models that mark no answer', async () => {
    const think = { dialect: DIALECTS.think, template: 'chatml' } as const
    const reply = await write('ab</think>{}<|im_end|>', { outputSchema: SCHEMA }, { binding: createBinding() }, think)
    expect(reply.raw).toBe('<think>ab</think>\n\n{}')
    expect(reply.bound.at(-1)).toBe(true)
  })

  test('goes on where a reply stopped, or says that it cannot', async () => {
    const begun: ChatMessage[] = [user('hi'), { role: 'assistant', content: '<thinking>a</thinking>\n<output>{"a"' }]
    const binding = createBinding()
    const reply = await write(':1}<|eot_id|>', { outputSchema: SCHEMA }, { binding }, {}, begun)
    expect(binding.accepted).toEqual(['{"a"'])
    expect(reply.raw).toContain(':1}')
    const refused = write('x', { outputSchema: SCHEMA }, { binding: createBinding(() => false) }, {}, begun)
    await expect(refused).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('is refused where the engine has no grammar, or the schema is none', async () => {
    await expect(write('x', { outputSchema: SCHEMA })).rejects.toMatchObject({ code: 'unsupported' })
    const schema = { $ref: '#/x' }
    await expect(write('x', { outputSchema: schema }, { binding: createBinding() })).rejects.toMatchObject({
      code: 'unsupported',
    })
    await expect(write('x', { outputSchema: 'json' as never })).rejects.toMatchObject({ code: 'request-invalid' })
  })
})

describe('logprobs', () => {
  const logits = Float32Array.from({ length: 300 }, (_, id) => (id === 97 ? 3 : id === 98 ? 2 : 0))

  test('are told of the tokens of the answer alone', async () => {
    const reply = await write('<thinking>b</thinking><output>ab</output><|eot_id|>', { logprobs: 2 }, { logits })
    const told = reply.events.flatMap((event) => (event.type === 'logprobs' ? event.tokens : []))
    expect(told.map(({ text }) => text).join('')).toBe('ab')
    expect(told[0]?.top.map(({ text }) => text)).toEqual(['a', 'b'])
    expect(told[0]?.logprob).toBe(told[0]?.top[0]?.logprob)
    expect(told[1]?.logprob).toBeLessThan(told[0]?.logprob ?? 0)
  })

  test('are refused by an engine that shows no logits', async () => {
    await expect(write('x', { logprobs: 0 })).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('are logarithms of what adds up to one', () => {
    const values = Float32Array.of(1, 5, 3, 5)
    const { top, logprob } = logprobsOf(values, 2, 4, String)
    expect(top.map(({ text }) => text)).toEqual(['1', '3', '2', '0'])
    expect(top.reduce((sum, one) => sum + Math.exp(one.logprob), 0)).toBeCloseTo(1, 5)
    expect(logprob).toBe(top[2]?.logprob)
    expect(logprobsOf(values, 0, 0, String).top).toEqual([])
  })
})
