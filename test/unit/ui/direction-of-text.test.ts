import { expect, test } from 'vitest'
import { directionOfText } from '../../../src/ui/parts/direction-of-text.ts'

test('the browser finds the direction of a short text, line by line', () => {
  expect(['', 'a', 'שלום', 'a'.repeat(19_999)].map(directionOfText)).toEqual(['auto', 'auto', 'auto', 'auto'])
})

test.each([
  ['ltr', 'a'.repeat(20_000)],
  ['ltr', '1'.repeat(1_000_000)],
  ['ltr', `1. Hello שלום ${'a'.repeat(20_000)}`],
  ['rtl', `1. «שלום» ${'a'.repeat(20_000)}`],
  ['rtl', `${' '.repeat(100)}مرحبا${'a'.repeat(20_000)}`],
])('a long text goes %s as it begins', (direction, text) => {
  expect(directionOfText(text)).toBe(direction)
})
