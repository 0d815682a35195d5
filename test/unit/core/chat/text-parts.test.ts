import { expect, test } from 'vitest'
import { LONGEST_PART, partsOf } from '../../../../src/core/chat/text-parts.ts'

test.each([
  ['nothing', '', 1],
  ['a short text', 'a\nb', 1],
  ['lines', 'a line of a text\n'.repeat(10_000), 9],
  ['one word', 'a'.repeat(105_000), 10],
  ['characters of two halves', `a${'😀'.repeat(20_000)}`, 3],
  ['line breaks', '\n'.repeat(100_000), 5],
])('parts of a long text are short, whole characters, and together the text: %s', (_, text, count) => {
  const parts = partsOf(text)
  expect(parts.join('')).toBe(text)
  expect(parts).toHaveLength(count)
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(LONGEST_PART + 1)
  expect(parts.filter((part) => /^[\udc00-\udfff]|[\ud800-\udbff]$/.test(part))).toEqual([])
})

test('lines stay whole', () => {
  expect(partsOf('a line of a text\n'.repeat(10_000)).every((part) => part.endsWith('\n'))).toBe(true)
})
