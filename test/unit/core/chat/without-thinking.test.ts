import { expect, test } from 'vitest'
import { withoutThinking } from '../../../../src/core/chat/without-thinking.ts'
import type { ChatMessage } from '../../../../src/core/engine.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'

const { reflection, think } = DIALECTS
const system = (content: string): ChatMessage => ({ role: 'system', content })
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })

test('replies are cut down to the answer in its own tags', () => {
  const reply = '<thinking>\n2*3=5\n<reflection>\n2*3=6\n</reflection>\n</thinking>\n<output>\nIt is 6.\n</output>'
  expect(withoutThinking([user('2*3?'), assistant(reply), user('And 3*3?')], reflection, 'root')).toEqual([
    user('2*3?'),
    assistant('<output>It is 6.</output>'),
    user('And 3*3?'),
  ])
})

test('what users and instructions say stays as it is, tags and all', () => {
  const messages = [system('Use <thinking>tags</thinking>.'), user('<thinking>mine</thinking>')]
  expect(withoutThinking(messages, reflection, 'root')).toEqual(messages)
})

test('a reply to be continued stays whole, those before it do not', () => {
  const begun = assistant('<thinking>hm</thinking><output>s')
  const messages = [user('a'), assistant('<thinking>b</thinking><output>c</output>'), user('d'), begun]
  expect(withoutThinking(messages, reflection, 'root')).toEqual([
    user('a'),
    assistant('<output>c</output>'),
    user('d'),
    begun,
  ])
})

test('a dialect without a tag for the answer gets the bare answer', () => {
  const messages = [user('a'), assistant('<think>\nhm\n</think>\n\nThe *answer*.'), user('b')]
  expect(withoutThinking(messages, think, 'root')[1]).toEqual(assistant('The *answer*.'))
})

test('a reply that began inside the thinking is read from there, and closes it before the answer', () => {
  const messages = [user('a'), assistant('hm\n</think>\n\nyes'), user('b')]
  const without = withoutThinking(messages, think, 'thinking')
  expect(without[1]).toEqual(assistant('\n</think>\n\nyes'))
  expect(withoutThinking(without, think, 'thinking')).toEqual(without)
})

test('a reply that never came to an answer is an empty one', () => {
  const messages = [user('a'), assistant('<thinking>hm'), user('b')]
  expect(withoutThinking(messages, reflection, 'root')[1]).toEqual(assistant('<output></output>'))
})

test('what was handed in is not changed', () => {
  const messages = [user('a'), assistant('<thinking>b</thinking><output>c</output>'), user('d')]
  const before = structuredClone(messages)
  withoutThinking(messages, reflection, 'root')
  expect(messages).toEqual(before)
})
