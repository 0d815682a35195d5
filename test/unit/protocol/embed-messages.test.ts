import { expect, test } from 'vitest'
import { problemToEmbed, readFromEmbed, readToEmbed, seal } from '../../../src/protocol/embed-messages.ts'

test('a message is read as it was sealed', () => {
  const ask = seal({ type: 'ask', id: 1, question: 'a' })
  expect(readToEmbed(ask)).toBe(ask)
  const done = seal({ type: 'done', id: 1, value: 'b' })
  expect(readFromEmbed(done)).toBe(done)
  expect(readToEmbed(seal({ type: 'hello', options: { mode: 'hidden', sampling: { temperature: 0 } } }))).toBeDefined()
})

const ask = { type: 'ask', id: 1, question: 'a' } as const

test.each([
  ['nothing', undefined],
  ['another protocol', { ...seal(ask), protocol: 'other' }],
  ['another version', { ...seal(ask), version: 2 }],
  ['no envelope', ask],
  ['an unknown type', { ...seal(ask), type: 'eval' }],
  ['a type of the other side', seal({ type: 'done', id: 1, value: '' })],
  ['a type that every object has', { ...seal(ask), type: 'constructor' }],
  ['a question that is no text', { ...seal(ask), question: ['a'] }],
  ['an id that is none', { ...seal(ask), id: -1 }],
  ['a mode that there is not', { ...seal({ type: 'hello', options: {} }), options: { mode: 'loud' } }],
])('what is no message to the chat is not read: %s', (_, data) => {
  expect(readToEmbed(data)).toBeUndefined()
})

test('what is wrong with a message of ours can be told, and of others nothing is said', () => {
  expect(problemToEmbed(ask)).toBeUndefined()
  expect(problemToEmbed(seal(ask))).toBeUndefined()
  expect(problemToEmbed({ ...seal(ask), version: 2 })).toBe('version is 2, but must be 1.')
  const loud = { ...seal({ type: 'hello', options: {} }), options: { mode: 'loud' } }
  expect(problemToEmbed(loud)).toContain('options.mode is "loud", but must be "standard"')
})

test('nor is an event of a page that is none of ours', () => {
  expect(
    readFromEmbed({ ...seal({ type: 'event', name: 'reflection-ready', detail: 0 }), name: 'click' }),
  ).toBeUndefined()
})
