import { describe, expect, test } from 'vitest'
import { DIALECTS, type TagDialect } from '../../../../src/core/tags/dialect.ts'
import { answerOpening } from '../../../../src/core/reply/answer-opening.ts'
import { placeAfter } from './support/place-after.ts'

const { reflection, think } = DIALECTS
const OWN: TagDialect = { thinking: 'work', reflection: 'check', output: 'result' }

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
