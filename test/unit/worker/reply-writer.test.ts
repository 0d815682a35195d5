import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ChatMessage, GenerateOptions, RunEvent, Usage } from '../../../src/core/engine.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { createReplyWriter } from '../../../worker/reply-writer.ts'
import type { RunControl } from '../../../worker/run-queue.ts'
import {
  CONTROL_TEXTS,
  createScriptedModel,
  type ModelCall,
  type ScriptedModelOptions,
} from '../../fakes/token-model.ts'
import { describeModel } from './support/descriptions.ts'

const THINK: Partial<ModelDescription> = { dialect: DIALECTS.think }
const FULL = '<thinking>\nab<reflection>\nhm\n</reflection>\n</thinking>\n<output>yes</output>'

interface Run {
  readonly events: RunEvent[]
  /** The reply, from the raw pieces of the events. */
  readonly raw: string
  readonly usage: Usage | undefined
  readonly error: unknown
}

/** A writer over a scripted model, with one `ask` that gathers what comes of it. */
function setUp(changes: Partial<ModelDescription> = {}, machine: ScriptedModelOptions = {}) {
  const control: RunControl = { cancelled: false, answerNow: false }
  const steps: { onCall: (call: ModelCall, drawn: number) => void } = { onCall: () => undefined }
  const model = createScriptedModel({ ...machine, onCall: (call, drawn) => steps.onCall(call, drawn) })
  const writer = createReplyWriter(model, describeModel(changes))

  /** Lets the model say something to a question, or to whole messages. */
  async function ask(
    question: string | readonly ChatMessage[],
    script: string | readonly number[],
    options: GenerateOptions = {},
    onCall: (call: ModelCall, drawn: number) => void = () => undefined,
  ): Promise<Run> {
    Object.assign(control, { cancelled: false, answerNow: false })
    model.forget()
    model.script(script)
    steps.onCall = onCall
    const messages = typeof question === 'string' ? [{ role: 'user', content: question } as const] : question
    const events: RunEvent[] = []
    let usage: Usage | undefined
    let error: unknown
    try {
      usage = await writer.write({ messages, options }, (event) => events.push(event), control)
    } catch (caught) {
      error = caught
    }
    return { events, raw: rawOf(events), usage, error }
  }

  const fed = () => model.calls.flatMap(({ ids }) => ids)
  return { model, writer, control, ask, fed, fedText: () => model.decode(fed()) }
}

function rawOf(events: readonly RunEvent[]): string {
  return events
    .map((event) => {
      if (event.type === 'markup') return event.raw
      return 'delta' in event ? event.delta : ''
    })
    .join('')
}

/** The blocks of a run as they begin and end, one in the other. Throws where an end, or text, is not of the innermost block. */
function outlineOf(events: readonly RunEvent[]): string[] {
  const outline: string[] = []
  const open: { readonly id: string; readonly name: string }[] = []
  const used = new Set<string>()
  const innermost = (id: string) => {
    const block = open.at(-1)
    if (block?.id !== id) throw new Error(`${id} comes while ${block?.id ?? 'nothing'} is open`)
    return block
  }
  for (const event of events) {
    if (event.type === 'reasoning-start' || event.type === 'text-start') {
      if (used.has(event.id)) throw new Error(`${event.id} begins twice`)
      used.add(event.id)
      const name = event.type === 'text-start' ? event.section : event.kind
      open.push({ id: event.id, name })
      outline.push(`${name} begins`)
    } else if (event.type === 'reasoning-end' || event.type === 'text-end') {
      outline.push(`${innermost(event.id).name} ends`)
      open.pop()
    } else if ('delta' in event) {
      innermost(event.id)
    }
  }
  if (open.length > 0) throw new Error(`${open.length} blocks never end`)
  return outline
}

const PROMPT = (question: string) =>
  `<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n${question}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n`

const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
const forced = ({ events }: Run) => events.filter(({ type }) => type === 'answer-forced')

describe('the events of a run', () => {
  test('begin with the prompt, end with usage and finish, pair, and join to the reply', async () => {
    const { ask, fedText } = setUp()
    const { events, raw, usage } = await ask('hi', `${FULL}<|eot_id|>`)
    expect(raw).toBe(FULL)
    expect(fedText()).toBe(PROMPT('hi') + FULL)
    expect(events[0]).toMatchObject({ type: 'prompt', reusedTokens: 0, droppedMessages: 0 })
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', unclosed: [] })
    expect(events.filter(({ type }) => type === 'usage')).toEqual([{ type: 'usage', usage }])
    expect(outlineOf(events)).toEqual([
      'thinking begins',
      'reflection begins',
      'reflection ends',
      'thinking ends',
      'outside begins', // the line feed between the two
      'outside ends',
      'output begins',
      'output ends',
    ])
    expect(usage).toMatchObject({ finishReason: 'stop', reusedTokens: 0, droppedMessages: 0 })
  })

  test('count tokens by channel, those of tags apart', async () => {
    const { usage } = await setUp().ask(
      'hi',
      '<thinking>abc<reflection>de</reflection></thinking><output>f</output><|eot_id|>',
    )
    expect(usage?.tokens).toEqual({ thinking: 3, reflection: 2, output: 1, markup: 6 })
    expect(usage?.completionTokens).toBe(12)
  })

  test('count a tag that takes several tokens as markup with all of them', async () => {
    const { usage, raw } = await setUp({}, { added: CONTROL_TEXTS }).ask(
      'hi',
      '<thinking>ab</thinking><output>c</output><|eot_id|>',
    )
    expect(raw).toBe('<thinking>ab</thinking><output>c</output>')
    const markup = '<thinking></thinking><output></output>'.length
    expect(usage?.tokens).toEqual({ thinking: 2, reflection: 0, output: 1, markup })
  })

  test('tell how fast tokens came, unless the clock is too coarse to see it', async () => {
    let now = 1000
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    onTestFinished(() => clock.mockRestore())
    const ask = (drawMs: readonly number[]) =>
      setUp().ask('hi', '<output>x</output><|eot_id|>', {}, (_, drawn) => void (now += drawMs[drawn] ?? 0))
    const fine = await ask([500, 20, 30, 50])
    const promptTokens = fine.usage?.promptTokens ?? 0
    expect(fine.usage).toMatchObject({ prefillTokensPerSecond: promptTokens * 2, decodeTokensPerSecond: 30 })
    const { usage } = await ask([])
    expect(usage).toMatchObject({ totalMs: 0, completionTokens: 3 })
    expect(usage).not.toHaveProperty('prefillTokensPerSecond')
    expect(usage).not.toHaveProperty('decodeTokensPerSecond')
    const prompted = await ask([17]) // the steps of the clock fall between the draws
    expect(prompted.usage).toHaveProperty('prefillTokensPerSecond')
    expect(prompted.usage).not.toHaveProperty('decodeTokensPerSecond')
  })

  test('have characters whole whose bytes are spread over tokens', async () => {
    const { events, raw } = await setUp().ask('hi', '<output>a🤔漢é</output><|eot_id|>')
    expect(raw).toBe('<output>a🤔漢é</output>')
    const deltas = events.flatMap((event) => (event.type === 'text-delta' ? [event.delta] : []))
    expect(deltas).toEqual(['a', '🤔', '漢', 'é'])
  })
})

describe('the KV cache', () => {
  test('holds the first turn when the second comes: only what is new is fed', async () => {
    const { ask, fedText, fed } = setUp()
    const first = await ask('hi', `${FULL}<|eot_id|>`)
    const { usage } = await ask([user('hi'), assistant(first.raw), user('more')], '<output>x</output><|eot_id|>')
    const second =
      '<|start_header_id|>user<|end_header_id|>\n\nmore<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n'
    expect(fedText()).toBe(`<|eot_id|>${second}<output>x</output>`)
    expect(usage?.reusedTokens).toBe((usage?.promptTokens ?? 0) - (fed().length - 3))
  })

  test('is cut back where an edited history parts from it', async () => {
    const { ask, model, fedText } = setUp()
    await ask('first', `<output>x</output><|eot_id|>`)
    const { usage } = await ask('fifth', '<output>y</output><|eot_id|>')
    expect(fedText()).toBe(`${PROMPT('fifth').slice(PROMPT('fi').indexOf('fi') + 2)}<output>y</output>`)
    const shared = '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nfi'
    expect(usage?.reusedTokens).toBe(model.vocabulary.encode(shared).length)
    expect(model.decode(model.cache)).toBe(`${PROMPT('fifth')}<output>y</output>`)
  })

  test('gives the same prompt again all but its last token', async () => {
    const { ask, fed } = setUp()
    await ask('hi', '<output>x</output><|eot_id|>')
    const { usage } = await ask('hi', '<|eot_id|>')
    expect(fed()).toEqual([10])
    expect(usage?.reusedTokens).toBe((usage?.promptTokens ?? 0) - 1)
  })

  test('goes on with a reply that is continued', async () => {
    const { ask, fedText } = setUp()
    const first = await ask('hi', '<thinking>abcdef', { maxTokens: 4 })
    expect(first.usage?.finishReason).toBe('length')
    expect(first.raw).toBe('<thinking>abc')
    const { raw, events, usage } = await ask(
      [user('hi'), assistant(first.raw)],
      'de</thinking><output>x</output><|eot_id|>',
    )
    expect(fedText()).toBe('cde</thinking><output>x</output>')
    expect(raw).toBe('de</thinking><output>x</output>')
    expect(events.find(({ type }) => type === 'reasoning-delta')).toMatchObject({ start: '<thinking>abc'.length })
    expect(usage?.tokens).toEqual({ thinking: 2, reflection: 0, output: 1, markup: 3 })
    expect(usage?.completionTokens).toBe(6)
  })

  test('goes on with the character in which a limit or a stop ended a reply', async () => {
    const { ask, control, model, fedText } = setUp()
    const bytes = model.vocabulary.encode('a🤔b')
    for (const end of ['length', 'abort'] as const) {
      const first = await ask('hi', bytes, end === 'length' ? { maxTokens: 3 } : {}, (_, drawn) => {
        control.cancelled = end === 'abort' && drawn === 2
      })
      expect(first).toMatchObject({ raw: 'a', usage: { finishReason: end, completionTokens: 1 } })
      const { raw } = await ask([user('hi'), assistant(first.raw)], [...bytes.slice(1), 260])
      expect(raw).toBe('🤔b')
      expect(fedText()).toBe('a🤔b')
    }
  })

  test('goes on with a reply that ends with what stands for a missing character', async () => {
    const { raw, error } = await setUp().ask([user('hi'), assistant('a\uFFFD')], 'b<|eot_id|>')
    expect([raw, error]).toEqual(['b', undefined])
  })

  test('shows bytes that are no character where the model itself ended its reply', async () => {
    const { raw } = await setUp().ask('hi', [97, 0xf0, 0x9f, 260])
    expect(raw).toBe('a\uFFFD')
  })

  test('begins empty after an error, and the events still end', async () => {
    const { ask, fedText } = setUp()
    const failure = new Error('lost')
    const first = await ask('hi', '<thinking>abcdef', {}, (_, drawn) => {
      if (drawn === 3) throw failure
    })
    expect(first.error).toBe(failure)
    expect(first.raw).toBe('<thinking>ab')
    expect(first.events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    const { usage } = await ask('hi', '<output>x</output><|eot_id|>')
    expect(usage?.reusedTokens).toBe(0)
    expect(fedText()).toBe(`${PROMPT('hi')}<output>x</output>`)
  })
})

describe('what is read ahead', () => {
  const SYSTEM: ChatMessage = { role: 'system', content: 'Be brief.' }
  const never = () => false
  const BEFORE_QUESTION =
    '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n'

  test('is all before the question, and is not fed again', async () => {
    const { ask, fedText, model, writer } = setUp()
    await writer.prepare({ messages: [SYSTEM] }, never)
    expect(model.decode(model.cache)).toBe(BEFORE_QUESTION)
    const run = await ask([SYSTEM, user('hi')], '<output>yes</output><|eot_id|>')
    expect(run.raw).toBe('<output>yes</output>')
    expect(run.usage?.reusedTokens).toBe(model.vocabulary.encode(BEFORE_QUESTION).length)
    expect(fedText()).toBe(`hi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n<output>yes</output>`)
  })

  test.each<[string, ModelDescription['template'], string]>([
    ['chatml', 'chatml', '<|im_start|>user\n'],
    ['a prompt that opens the thinking', 'deepseek-r1', '<｜begin▁of▁sentence｜><｜User｜>'],
  ])('ends before the question with %s', async (_, template, before) => {
    const { ask, model, writer, fedText } = setUp({ ...THINK, template }, { added: [...CONTROL_TEXTS, '<think>'] })
    await writer.prepare({ messages: [] }, never)
    expect(model.decode(model.cache)).toBe(before)
    const { usage } = await ask('hi', 'yes<|im_end|>')
    expect(usage?.reusedTokens).toBe(model.vocabulary.encode(before).length)
    expect(before + fedText()).toBe(model.decode(model.cache))
  })

  test('comes in small chunks and ends between two of them, and what was read serves the question', async () => {
    const { ask, model, writer } = setUp()
    await writer.prepare({ messages: [SYSTEM] }, () => model.calls.length === 1)
    expect(model.calls.map(({ kind, ids }) => [kind, ids.length])).toEqual([['feed', 8]])
    const { usage } = await ask([SYSTEM, user('hi')], '<output>yes</output><|eot_id|>')
    expect(usage?.reusedTokens).toBe(8)
    expect(model.decode(model.cache)).toContain(`${BEFORE_QUESTION}hi<|eot_id|>`)
  })

  test('of a chat is what its next question begins with, whatever else the cache holds', async () => {
    const { ask, model, writer, fed, fedText } = setUp()
    const first = await ask([SYSTEM, user('hi')], `${FULL}<|eot_id|>`)
    const length = model.cache.length
    await writer.prepare({ messages: [SYSTEM] }, never)
    expect(model.cache).toHaveLength(length) // a new chat begins with what is there
    const turns = [SYSTEM, user('hi'), assistant(first.raw)]
    await writer.prepare({ messages: turns }, never)
    const { usage } = await ask([...turns, user('?')], '<|eot_id|>')
    expect(fedText()).toBe('?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n')
    expect(usage?.promptTokens).toBe((usage?.reusedTokens ?? 0) + fed().length)
  })

  test('leaves out the thinking that a question would leave out', async () => {
    const { model, writer } = setUp()
    const messages = [user('hi'), assistant('<thinking>ab</thinking><output>x</output>')]
    await writer.prepare({ messages, options: { pastThinking: 'drop' } }, never)
    expect(model.decode(model.cache)).not.toContain('ab')
    expect(model.decode(model.cache)).toContain('<output>x</output>')
  })

  test('that fails leaves nothing that a question would rely on', async () => {
    const { ask, writer, fedText } = setUp({}, { onCall: () => undefined })
    const failing = setUp()
    failing.model.feed = () => Promise.reject(new Error('lost'))
    await expect(failing.writer.prepare({ messages: [SYSTEM] }, never)).rejects.toThrow('lost')
    await writer.prepare({ messages: [SYSTEM] }, never)
    await ask('hi', '<|eot_id|>')
    expect(fedText()).not.toContain('Be brief.')
    const { usage } = await failing.ask('hi', '<|eot_id|>')
    expect(usage?.reusedTokens).toBe(0)
  })
})

describe('the think budget', () => {
  test('of 0 lets the answer begin at once', async () => {
    const { ask, fedText } = setUp()
    const run = await ask('hi', 'yes</output><|eot_id|>', { thinkBudget: 0 })
    expect(run.raw).toBe('<output>yes</output>')
    expect(fedText()).toBe(`${PROMPT('hi')}<output>yes</output>`)
    expect(forced(run)).toEqual([{ type: 'answer-forced', cause: 'think-budget', start: 0, end: '<output>'.length }])
  })

  test('closes the thinking after that many tokens and goes on from there', async () => {
    const { ask, fedText } = setUp()
    const run = await ask('hi', '<thinking>abcyes</output><|eot_id|>', { thinkBudget: 3 })
    expect(run.raw).toBe('<thinking>abc\n</thinking>\n<output>yes</output>')
    expect(fedText()).toBe(PROMPT('hi') + run.raw)
    const [notice] = forced(run)
    expect(notice).toMatchObject({ start: '<thinking>abc'.length, end: '<thinking>abc\n</thinking>\n<output>'.length })
  })

  test('closes an open reflection before the thinking', async () => {
    const { raw } = await setUp().ask('hi', '<thinking>a<reflection>byes</output><|eot_id|>', { thinkBudget: 2 })
    expect(raw).toBe('<thinking>a<reflection>b\n</reflection>\n</thinking>\n<output>yes</output>')
  })

  test('does nothing once the answer has begun', async () => {
    const { ask, fedText } = setUp()
    const run = await ask([user('hi'), assistant('<output>')], 'yes</output><|eot_id|>', { thinkBudget: 0 })
    expect(forced(run)).toEqual([])
    expect(fedText()).toBe(`${PROMPT('hi')}<output>yes</output>`)
  })

  test('does nothing between the thinking and the answer either', async () => {
    const run = await setUp().ask('hi', '<thinking>a</thinking>\n<output>yes</output><|eot_id|>', { thinkBudget: 2 })
    expect(run.raw).toBe('<thinking>a</thinking>\n<output>yes</output>')
    expect(forced(run)).toEqual([])
  })

  test('forces once, also with answer-now beside it', async () => {
    const { ask, control } = setUp()
    const run = await ask('hi', '<thinking>abyes</output><|eot_id|>', { thinkBudget: 2 }, (_, drawn) => {
      if (drawn === 2) control.answerNow = true
    })
    expect(forced(run)).toMatchObject([{ cause: 'answer-now' }])
    expect(run.raw).toBe('<thinking>ab\n</thinking>\n<output>yes</output>')
  })
})

describe('answer now', () => {
  test('before the first token opens the answer at once', async () => {
    const { model, writer } = setUp()
    model.script('yes</output><|eot_id|>')
    const events: RunEvent[] = []
    const control = { cancelled: false, answerNow: true }
    await writer.write({ messages: [user('hi')] }, (event) => events.push(event), control)
    expect(rawOf(events)).toBe('<output>yes</output>')
    expect(model.decode(model.cache)).toBe(`${PROMPT('hi')}<output>yes</output>`)
    expect(events.filter(({ type }) => type === 'answer-forced')).toMatchObject([{ cause: 'answer-now' }])
  })

  test('does nothing while the answer is written', async () => {
    const { ask, control } = setUp()
    const run = await ask('hi', '<output>yes</output><|eot_id|>', {}, (_, drawn) => {
      if (drawn === 2) control.answerNow = true
    })
    expect(run.raw).toBe('<output>yes</output>')
    expect(forced(run)).toEqual([])
  })

  test('inside a character shows that a part of it is missing and goes on', async () => {
    const { ask, control, model } = setUp()
    const { encode } = model.vocabulary
    const script = [...encode('<thinking>a🤔').slice(0, -2), ...encode('yes</output><|eot_id|>')]
    const run = await ask('hi', script, {}, (_, drawn) => {
      if (drawn === 3) control.answerNow = true
    })
    expect(run.raw).toBe('<thinking>a\uFFFD\n</thinking>\n<output>yes</output>')
    expect(forced(run)).toMatchObject([{ start: '<thinking>a\uFFFD'.length }])
  })
})

describe('a run ends', () => {
  test('between two chunks of a prefill when it is stopped, and what was fed serves the next', async () => {
    const { ask, control, model } = setUp({}, { prefillChunk: 8 })
    const run = await ask('a long question', 'x', {}, () => {
      control.cancelled = model.calls.length === 2
    })
    expect(model.calls.map(({ kind, ids }) => [kind, ids.length])).toEqual([
      ['feed', 8],
      ['feed', 8],
    ])
    expect(run.usage).toMatchObject({ finishReason: 'abort', completionTokens: 0 })
    expect(run.raw).toBe('')
    expect(run.events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    const next = await ask('a long question', '<output>x</output><|eot_id|>')
    expect(next.usage?.reusedTokens).toBe(16)
    expect(model.decode(model.cache)).toBe(`${PROMPT('a long question')}<output>x</output>`)
  })

  test('after the token that was being drawn when it is stopped', async () => {
    const { ask, control } = setUp()
    const run = await ask('hi', '<thinking>abcdef', {}, (_, drawn) => {
      if (drawn === 3) control.cancelled = true
    })
    expect(run.raw).toBe('<thinking>abc')
    expect(run.usage?.finishReason).toBe('abort')
  })

  test('at the length limit', async () => {
    const run = await setUp().ask('hi', '<output>abcdef', { maxTokens: 3 })
    expect(run.raw).toBe('<output>ab')
    expect(run.usage).toMatchObject({ finishReason: 'length', completionTokens: 3 })
    expect(run.events.at(-1)).toMatchObject({ type: 'finish', reason: 'length' })
  })

  test('when the window is full, to the last place in it', async () => {
    const { ask, model } = setUp({}, { contextWindow: 30 })
    const run = await ask('hi', '<output>abcdefghijklmnopqrstuvwxyz')
    expect(run.usage?.finishReason).toBe('length')
    expect(model.cache).toHaveLength(30)
    expect((run.usage?.promptTokens ?? 0) + (run.usage?.completionTokens ?? 0)).toBe(31) // the last was drawn, not fed
  })

  test('before it begins where the prompt does not fit', async () => {
    const { ask, model } = setUp({}, { contextWindow: 30 })
    const run = await ask('a question that is much too long', 'x')
    expect(run.error).toMatchObject({ code: 'prompt-too-long', details: { limit: 29 } })
    expect(model.calls).toEqual([])
  })
})

describe('models that think in one block', () => {
  test('whose prompt opens the thinking begin inside it', async () => {
    const added = [...CONTROL_TEXTS, '<think>', '</think>']
    const { ask, fedText } = setUp({ ...THINK, template: 'deepseek-r1' }, { added })
    const run = await ask('hi', 'ab</think>yes<｜end▁of▁sentence｜>')
    expect(fedText()).toBe('<｜begin▁of▁sentence｜><｜User｜>hi<｜Assistant｜><think>\nab</think>yes')
    expect(run.usage?.tokens).toEqual({ thinking: 2, reflection: 0, output: 3, markup: 1 })
    expect(run.events.find(({ type }) => type === 'reasoning-start')).toMatchObject({ implicit: true })
  })

  test('answer at once in the block that the prompt opened', async () => {
    const added = [...CONTROL_TEXTS, '<think>', '</think>']
    const { ask, fedText } = setUp({ ...THINK, template: 'deepseek-r1' }, { added })
    const run = await ask('hi', 'yes<｜end▁of▁sentence｜>', { thinkBudget: 0 })
    expect(fedText()).toBe('<｜begin▁of▁sentence｜><｜User｜>hi<｜Assistant｜><think>\n\n</think>\n\nyes')
    expect(run.raw).toBe('\n</think>\n\nyes')
    expect(run.usage?.tokens.output).toBeGreaterThanOrEqual('yes'.length)
    expect(forced(run)).toMatchObject([{ start: 0, end: '\n</think>\n\n'.length }])
  })

  test('answer at once with an empty block of thinking', async () => {
    const added = [...CONTROL_TEXTS, '<think>', '</think>']
    const run = await setUp({ ...THINK, template: 'chatml' }, { added }).ask('hi', 'yes<|im_end|>', {
      selfCheck: 'never',
    })
    expect(run.raw).toBe('<think>\n\n</think>\n\nyes')
  })
})

describe('the self-check dial', () => {
  const added = [...CONTROL_TEXTS, '<think>', '</think>']

  test('weighs on the token that opens a reflection, only while the model thinks', async () => {
    const { ask, model } = setUp()
    await ask('hi', '<thinking>a</thinking><output>b</output><|eot_id|>', { selfCheck: 'less' })
    const biases = model.calls.map(({ sampling }) => sampling?.bias)
    const bias = { [model.vocabulary.added.get('<reflection>') ?? 0]: -2 }
    expect(biases).toEqual([undefined, bias, bias, undefined, undefined, undefined, undefined])
  })

  test('takes the values of the description', async () => {
    const { ask, model } = setUp({ selfCheckBias: { never: -50, less: -1, normal: 0.5, more: 7 } })
    await ask('hi', '<thinking>a<|eot_id|>', { selfCheck: 'more', temperature: 0, topP: 1 })
    const id = model.vocabulary.added.get('<reflection>') ?? 0
    expect(model.calls[1]?.sampling).toEqual({ temperature: 0, topP: 1, bias: { [id]: 7 } })
  })

  test('holds the end of the thinking where there are no reflections', async () => {
    const { ask, model } = setUp(THINK, { added })
    await ask('hi', '<think>a<|eot_id|>', { selfCheck: 'more' })
    expect(model.calls[1]?.sampling?.bias).toEqual({ [model.vocabulary.added.get('</think>') ?? 0]: -2 })
  })

  test('does nothing in the middle, or where a tag takes several tokens', async () => {
    const middle = setUp()
    await middle.ask('hi', '<thinking>a<|eot_id|>')
    const spelled = setUp({}, { added: CONTROL_TEXTS })
    await spelled.ask('hi', '<thinking>a<|eot_id|>', { selfCheck: 'more' })
    for (const { sampling } of [...middle.model.calls, ...spelled.model.calls]) expect(sampling?.bias).toBeUndefined()
  })
})
