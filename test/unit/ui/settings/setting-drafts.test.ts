import { expect, test } from 'vitest'
import { readNumber } from '../../../../src/ui/settings/setting-drafts.ts'

test.each([
  ['temperature', '0', 0],
  ['temperature', ' 1.5 ', 1.5],
  ['temperature', '0,7', 0.7],
  ['temperature', '.5', 0.5],
  ['temperature', '1.', 1],
  ['temperature', '１．５', 1.5],
  ['topP', '1', 1],
  ['maxTokens', '２５６', 256],
  ['thinkBudget', '0', 0],
  ['thinkBudget', ' ', undefined],
] as const)('for %s "%s" is the number %s', (name, text, number) => {
  expect(readNumber(name, text)).toEqual({ number })
})

test.each([
  ['temperature', '2.1'],
  ['temperature', '-1'],
  ['temperature', '1e0'],
  ['temperature', '.'],
  ['temperature', 'warm'],
  ['topP', '0'],
  ['topP', '1.01'],
  ['maxTokens', '0'],
  ['maxTokens', '1,000'],
  ['thinkBudget', '2.0'],
  ['thinkBudget', '99999999999999999999'],
] as const)('for %s "%s" is none', (name, text) => {
  expect(readNumber(name, text)).toBeUndefined()
})
