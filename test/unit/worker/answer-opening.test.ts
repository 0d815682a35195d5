import { describe, expect, test } from 'vitest'
import { DIALECTS, type TagDialect } from '../../../src/core/tags/dialect.ts'
import { answerOpening, reasonToAnswer } from '../../../worker/answer-opening.ts'
import { placeAfter } from './support/place-after.ts'

const { reflection, think } = DIALECTS
const OWN: TagDialect = { thinking: 'work', reflection: 'check', output: 'result' }

function reasonAfter(
  raw: string,
  { tokens = 0, budget = Infinity, answerNow = false }: { tokens?: number; budget?: number; answerNow?: boolean },
) {
  return reasonToAnswer(placeAfter([raw], reflection), tokens, budget, answerNow)
}

describe('the answer is asked for', () => {
  test('when the tokens of the thinking reach the budget, not before', () => {
    expect(reasonAfter('<thinking>ab', { tokens: 2, budget: 3 })).toBeUndefined()
    expect(reasonAfter('<thinking>abc', { tokens: 3, budget: 3 })).toBe('think-budget')
    expect(reasonAfter('<thinking>a<reflection>bcd', { tokens: 4, budget: 3 })).toBe('think-budget')
  })

  test('at the very beginning when there is no budget at all', () => {
    expect(reasonAfter('', { budget: 0 })).toBe('think-budget')
    expect(reasonAfter('', { budget: 1 })).toBeUndefined()
  })

  test('when someone wants it now, at the beginning and in the thinking', () => {
    expect(reasonAfter('', { answerNow: true })).toBe('answer-now')
    expect(reasonAfter('<thinking>a', { answerNow: true })).toBe('answer-now')
    expect(reasonAfter('<thinking>a', { answerNow: true, budget: 0 })).toBe('answer-now')
  })

  test.each([
    ['the answer has been opened', '<output>'],
    ['the answer goes on', '<thinking>a</thinking><output>b'],
    ['the answer is over', '<output>b</output>'],
    ['the model thinks again after an answer', '<output>b</output><thinking>c'],
    ['the model answers without tags', 'Hello'],
    ['the thinking is over', '<thinking>a</thinking>\n'],
  ])('never when %s', (_, raw) => {
    expect(reasonAfter(raw, { tokens: 9, budget: 0, answerNow: true })).toBeUndefined()
  })
})

describe('what opens the answer', () => {
  test.each<[string, TagDialect, string]>([
    ['', reflection, '<output>'],
    ['<thinking>ab', reflection, '\n</thinking>\n<output>'],
    ['<thinking>\nab\n', reflection, '</thinking>\n<output>'],
    ['<thinking>a<reflection>b', reflection, '\n</reflection>\n</thinking>\n<output>'],
    ['<thinking>a<reflection>b</reflection>\n', reflection, '</thinking>\n<output>'],
    ['<reflection>b', reflection, '\n</reflection>\n<output>'],
    ['<work>a<check>b', OWN, '\n</check>\n</work>\n<result>'],
    ['', think, '<think>\n\n</think>\n\n'],
    ['<think>ab', think, '\n</think>\n\n'],
    ['<think>\nab\n', think, '</think>\n\n'],
  ])('after %j', (raw, dialect, opening) => {
    const place = placeAfter(raw === '' ? [] : [raw], dialect)
    expect(answerOpening(dialect, place, raw)).toBe(opening)
    const after = placeAfter([raw, opening], dialect)
    expect(after.open).toEqual([])
    expect(after.hasText).toBe(dialect.output !== undefined)
  })

  test('of a reply whose prompt opened the thinking is its end, once', () => {
    expect(answerOpening(think, placeAfter(['hm'], think, 'thinking'), 'hm')).toBe('\n</think>\n\n')
    expect(answerOpening(think, placeAfter([], think, 'thinking'), '')).toBe('\n</think>\n\n')
  })
})
