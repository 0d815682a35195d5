import { expect, test } from 'vitest'
import { isBlankMessage, withoutBlankStart } from '../../../../src/core/chat/message-text.ts'

test.each(['', ' \n\t', '\u200b', '\u200b\u200d\ufeff\u2060', '\u00ad', '\u3164\u115f', '\u2800', '\u0000', '\ufe0f'])(
  'a message that shows nothing is blank: %j',
  (text) => {
    expect(isBlankMessage(text)).toBe(true)
  },
)

test.each(['a', '.', '\u200bא', '👩‍👩‍👧', '\u0301a', '0'])('a message with something to read is not: %j', (text) => {
  expect(isBlankMessage(text)).toBe(false)
})

test('blank lines leave the start of a message and nothing else does', () => {
  expect(withoutBlankStart('\n \r\n\t\n  def f():\n\n    pass\n')).toBe('  def f():\n\n    pass\n')
  expect(withoutBlankStart('one\n\ntwo')).toBe('one\n\ntwo')
  expect(withoutBlankStart('  ')).toBe('  ')
  expect(withoutBlankStart(`${' \n'.repeat(100_000)}${' '.repeat(100_000)}x`)).toHaveLength(100_001)
})
