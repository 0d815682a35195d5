import { describe, expect, test } from 'vitest'
import type { ChatMessage, GenerateOptions } from '../../../src/core/engine.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../src/core/tags/dialect.ts'
import { createRequestEncoder } from '../../../worker/request-encoder.ts'
import { CONTROL_TEXTS, createScriptedModel, type ScriptedModelOptions } from '../../fakes/token-model.ts'
import { describeModel } from './support/descriptions.ts'

const system = (content: string): ChatMessage => ({ role: 'system', content })
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })

function setUp(changes: Partial<ModelDescription> = {}, machine: ScriptedModelOptions = {}) {
  const model = createScriptedModel(machine)
  const encoder = createRequestEncoder(model, describeModel(changes))
  return {
    encoder,
    idOf: (text: string) => model.vocabulary.added.get(text) ?? -1,
    decode: model.decode,
    encode: (messages: readonly ChatMessage[], options: GenerateOptions = {}) => encoder.encode({ messages, options }),
    /** The prompt as the model reads it. */
    read: (messages: readonly ChatMessage[], options: GenerateOptions = {}) =>
      model.decode(encoder.encode({ messages, options }).ids),
  }
}

const said = (role: string, content: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n${content}<|eot_id|>`
const OPENING = '<|start_header_id|>assistant<|end_header_id|>\n\n'

describe('a request', () => {
  test('becomes the whole prompt of its template', () => {
    const { encode, decode } = setUp()
    const { ids, continued, droppedMessages } = encode([system('s'), user('a'), assistant('<output>b'), user('c')])
    expect(decode(ids)).toBe(
      `<|begin_of_text|>${said('system', 's')}${said('user', 'a')}${said('assistant', '<output>b')}${said('user', 'c')}${OPENING}`,
    )
    expect(continued).toEqual([])
    expect(droppedMessages).toBe(0)
  })

  test('has tags as tokens in replies, and spelled out in what a user writes', () => {
    const { encode, idOf } = setUp()
    const count = (messages: readonly ChatMessage[]) =>
      encode(messages).ids.filter((id) => id === idOf('<output>')).length
    expect(count([user('<output>'), assistant('<output>b'), user('<output>')])).toBe(1)
    expect(count([system('<output>'), user('<output>')])).toBe(0)
  })

  test('has a tag as its description spells it, rather than as the tokenizer does', () => {
    const { encode, idOf } = setUp({ tags: [{ text: '<output>', tokenIds: [1, 2] }] })
    const { continued } = encode([user('a'), assistant('<output>b</output>')])
    expect(continued).toEqual([1, 2, 'b'.charCodeAt(0), idOf('</output>')])
  })

  test('has tags spelled out where neither knows them', () => {
    const { encode } = setUp({}, { added: CONTROL_TEXTS })
    const { continued } = encode([user('a'), assistant('<output>b')])
    expect(continued).toEqual([...new TextEncoder().encode('<output>b')])
  })

  test('that continues a reply ends with the tokens of that reply', () => {
    const { encode, decode } = setUp()
    const { ids, continued } = encode([user('a'), assistant('<thinking>b')])
    expect(decode(ids)).toBe(`<|begin_of_text|>${said('user', 'a')}${OPENING}<thinking>b`)
    expect(decode(continued)).toBe('<thinking>b')
    expect(ids.slice(-continued.length)).toEqual(continued)
  })
})

describe('the thinking of earlier replies', () => {
  const reply = '<thinking>hm</thinking><output>b</output>'
  const messages = [user('a'), assistant(reply), user('c')]

  test('stays unless it is to be dropped', () => {
    const { read } = setUp()
    expect(read(messages)).toContain('hm')
    expect(read(messages, { pastThinking: 'keep' })).toContain('hm')
    expect(read(messages, { pastThinking: 'drop' })).toBe(
      `<|begin_of_text|>${said('user', 'a')}${said('assistant', '<output>b</output>')}${said('user', 'c')}${OPENING}`,
    )
  })

  test('stays in a reply that goes on', () => {
    const { read } = setUp()
    expect(read([user('a'), assistant('<thinking>hm')], { pastThinking: 'drop' })).toContain('<thinking>hm')
  })

  test('that the prompt itself opens is closed before the answer', () => {
    const added = [...CONTROL_TEXTS, '<think>', '</think>']
    const { read } = setUp({ dialect: DIALECTS.think, template: 'deepseek-r1' }, { added })
    expect(read([user('a'), assistant('hm</think>\n\nb'), user('c')], { pastThinking: 'drop' })).toBe(
      '<｜begin▁of▁sentence｜><｜User｜>a<｜Assistant｜><think>\n\n</think>\n\nb<｜end▁of▁sentence｜><｜User｜>c<｜Assistant｜><think>\n',
    )
  })
})

describe('a full window', () => {
  const turns = ['one', 'two', 'three'].flatMap((word) => [user(word), assistant(`<output>${'x'.repeat(40)}</output>`)])
  const messages = [system('rules'), ...turns, user('last')]

  test('lets the oldest turns leave, whole, and says how many messages', () => {
    const whole = setUp().encode(messages).ids.length
    const { encode, decode } = setUp({}, { contextWindow: whole })
    const { ids, droppedMessages } = encode(messages)
    const text = decode(ids)
    expect(droppedMessages).toBe(2)
    expect(text).not.toContain('one')
    for (const word of ['rules', 'two', 'three', 'last']) expect(text).toContain(word)
    expect(text.startsWith(`<|begin_of_text|>${said('system', 'rules')}${said('user', 'two')}`)).toBe(true)
  })

  test('stays as it is where the reply shall be short enough to fit', () => {
    const whole = setUp().encode(messages).ids.length
    const { encode } = setUp({}, { contextWindow: whole + 5 })
    expect(encode(messages, { maxTokens: 5 }).droppedMessages).toBe(0)
    expect(encode(messages, { maxTokens: 6 }).droppedMessages).toBe(2)
  })

  test('is no place for a question that alone is too long', () => {
    const needed = setUp().encode([user('a long question')]).ids.length
    const { encode } = setUp({}, { contextWindow: needed + 1 })
    expect(encode([user('a long question')]).ids).toHaveLength(needed)
    expect(() => encode([user('a long question!')])).toThrow(
      expect.objectContaining({ code: 'prompt-too-long', details: { tokens: needed + 1, limit: needed } }),
    )
  })
})

describe('replies that were written here', () => {
  const ask = (reply: string) => [user('a'), assistant(reply), user('c')]
  /** Other tokens than encoding the text would give; as a model may well choose. */
  const oddly = [250, 251, 252]
  const hasOddly = (ids: readonly number[]) => oddly.every((id) => ids.includes(id))

  test('are read with exactly the tokens with which they were written', () => {
    const { encoder, encode, decode } = setUp()
    const plain = encode(ask('<output>b')).ids
    encoder.remember('<output>b', oddly)
    const { ids } = encode(ask('<output>b'))
    const at = ids.indexOf(250)
    expect(ids.slice(at, at + 3)).toEqual(oddly)
    expect(decode(ids.slice(0, at)).endsWith(OPENING)).toBe(true)
    expect(ids.slice(at + 3)).toEqual(plain.slice(plain.length - (ids.length - at - 3)))
    expect(decode(ids.slice(at + 3)).startsWith('<|eot_id|>')).toBe(true)
  })

  test('are continued with them, too', () => {
    const { encoder, encode } = setUp()
    encoder.remember('<output>b', oddly)
    const { ids, continued } = encode([user('a'), assistant('<output>b')])
    expect(continued).toEqual(oddly)
    expect(ids.slice(-3)).toEqual(oddly)
  })

  test('do not lend their tokens to what a user writes', () => {
    const { encoder, encode } = setUp()
    encoder.remember('same', oddly)
    expect(hasOddly(encode([user('same')]).ids)).toBe(false)
  })

  test('are remembered up to 64, the oldest leave first, and a second time counts anew', () => {
    const { encoder, encode } = setUp()
    const knows = (reply: string) => hasOddly(encode(ask(reply)).ids)
    for (let count = 0; count < 64; count++) encoder.remember(`reply ${count}`, oddly)
    expect(knows('reply 0')).toBe(true)
    encoder.remember('reply 0', oddly)
    encoder.remember('another', oddly)
    expect(['reply 0', 'reply 1', 'reply 2', 'reply 63', 'another'].map(knows)).toEqual([true, false, true, true, true])
  })
})
