import { describe, expect, test } from 'vitest'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'
import { createThinkBudget } from '../../../../src/core/reply/think-budget.ts'
import { placeAfter } from './support/place-after.ts'

/** What a budget says of a reply, given token by token. */
function reasonAfter(tokens: readonly string[], { budget = Infinity, answerNow = false } = {}) {
  return createThinkBudget(budget).reasonToAnswer(placeAfter(tokens, DIALECTS.reflection), answerNow)
}

describe('the answer is asked for', () => {
  test('when the tokens of the thinking reach the budget, not before', () => {
    expect(reasonAfter(['<thinking>', 'a', 'b'], { budget: 3 })).toBeUndefined()
    expect(reasonAfter(['<thinking>', 'a', 'b', 'c'], { budget: 3 })).toBe('think-budget')
    expect(reasonAfter(['<thinking>', 'a', '<reflection>', 'b', 'c', 'd'], { budget: 3 })).toBe('think-budget')
  })

  test('at the very beginning when there is no budget at all', () => {
    expect(reasonAfter([], { budget: 0 })).toBe('think-budget')
    expect(reasonAfter([], { budget: 1 })).toBeUndefined()
  })

  test('when someone wants it now, at the beginning and in the thinking', () => {
    expect(reasonAfter([], { answerNow: true })).toBe('answer-now')
    expect(reasonAfter(['<thinking>', 'a'], { answerNow: true })).toBe('answer-now')
    expect(reasonAfter(['<thinking>', 'a'], { answerNow: true, budget: 0 })).toBe('answer-now')
  })

  test('once a reply', () => {
    const budget = createThinkBudget(1)
    const place = placeAfter(['<thinking>', 'a'], DIALECTS.reflection)
    expect(budget.reasonToAnswer(place, false)).toBe('think-budget')
    expect(budget.reasonToAnswer(place, true)).toBeUndefined()
  })

  test.each([
    ['the answer has been opened', '<output>'],
    ['the answer goes on', '<thinking>a</thinking><output>b'],
    ['the answer is over', '<output>b</output>'],
    ['the model thinks again after an answer', '<output>b</output><thinking>c'],
    ['the model answers without tags', 'Hello'],
    ['the thinking is over', '<thinking>a</thinking>\n'],
  ])('never when %s', (_, raw) => {
    expect(reasonAfter([raw], { budget: 0, answerNow: true })).toBeUndefined()
  })
})
