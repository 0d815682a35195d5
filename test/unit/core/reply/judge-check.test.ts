import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { stepsOf } from '../../../../src/core/reply/arrange-reply.ts'
import { countFindings, judgeCheck } from '../../../../src/core/reply/judge-check.ts'
import { readReply } from '../../../../src/core/reply/read-reply.ts'

const STREAMS = new URL('../../../fixtures/streams/', import.meta.url)
const CHECK_TEXTS = new URL('../../../fixtures/check-texts.json', import.meta.url)

interface Stream {
  readonly batches: readonly { readonly events: readonly { readonly delta?: string; readonly raw?: string }[] }[]
}

function recorded(name: string): string {
  const { batches } = JSON.parse(readFileSync(new URL(name, STREAMS), 'utf8')) as Stream
  return batches.flatMap(({ events }) => events.map(({ delta, raw }) => delta ?? raw ?? '')).join('')
}

describe('a check as Reflection Tiny writes it', () => {
  test('corrects with what holds after "not …:"', () => {
    expect(judgeCheck(' 40*8=320, 7*8=56, 320+56=376, 376, not 388: 47*8=376', '47*8=388')).toEqual({
      verdict: 'corrected',
      right: '47*8=376',
      reason: '40*8=320, 7*8=56, 320+56=376, 376, not 388',
    })
  })

  test('confirms with its last word', () => {
    const reason = '40*30=1200, 7*30=210, 1200+210=1410, 1410, right'
    expect(judgeCheck(reason, '')).toEqual({ verdict: 'confirmed', reason })
  })

  test.each(
    readdirSync(STREAMS)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name, recorded(name)] as const),
  )('is judged in the recording %s as its author meant it', (_, content) => {
    const checks = stepsOf(readReply({ content })).filter(({ kind }) => kind === 'reflection')
    const meant = checks.map(({ text }) => (text.endsWith('right') ? 'confirmed' : 'corrected'))
    expect(checks.map(({ text }) => judgeCheck(text, '').verdict)).toEqual(meant)
  })

  test('is counted once, also where thinking interrupts it', () => {
    const steps = stepsOf(readReply({ content: recorded('corrects.json') }))
    expect(countFindings(steps)).toEqual({ checks: 3, corrected: 1 })
    const torn = '<thinking>a<reflection>I made <thinking>b</thinking> a mistake.</reflection></thinking>'
    expect(countFindings(stepsOf(readReply({ content: torn })))).toMatchObject({ checks: 1 })
  })
})

describe('a check in free text', () => {
  test.each([
    'The tenths are 9 and 1, not 9 and 11: 9.9 is larger.',
    'Wait, I made a mistake in the comparison. 9.11 has one tenth, so the correct answer is 9.9.',
    'I made an error: the word has three r’s. Counting again: st-r-awbe-r-r-y. That is correct now.',
    'Upon reflection, I miscounted. There are three of them.',
    'That is not right. The train leaves at 10:15.',
    'The sum should be 42.',
    'This is incorrect, as 7 times 8 is 56.',
    "The second step doesn't hold when x is negative.",
    '等等，应该是 42。',
    '这个结果不正确。',
  ])('corrects: %s', (check) => {
    expect(judgeCheck(check, '').verdict).toBe('corrected')
  })

  test.each([
    'This is correct.',
    'Let me double-check: 4 * 7 = 28. Yes, that is right.',
    'The calculation checks out.',
    'I looked for errors. There are no mistakes in it.',
    'Nothing is wrong with this step.',
    'Wait, let me verify that. 12 + 30 = 42. The result is indeed correct.',
    'Is that right? 6 * 7 = 42, which matches.',
    'Everything looks good.',
    'At first it looks wrong. But the order is right.',
    '计算正确。',
    '没有错误。',
  ])('confirms: %s', (check) => {
    expect(judgeCheck(check, '').verdict).toBe('confirmed')
  })

  test.each([
    '',
    'No, it is 8.', // as an answer to a question of its own, this confirms
    'No.',
    'rather east',
    'Wait, 9.90 is larger than 9.11.',
    'A dozen is 12, so 24.',
    'Is that right?',
    'Let me double-check that.',
    'Let me check this for errors.',
    'The year is right, the person is not right.',
    'The notable thing is the carry.',
    'Nothing else to add here.',
    'Now the right angle.',
  ])('is not said to have done either: %s', (check) => {
    expect(judgeCheck(check, '').verdict).toBe('unknown')
  })

  test.each([
    ['another result corrects', 'So 17 * 6 = 92.', '17*6 = 10*6 + 7*6 = 60 + 42 = 102.', 'corrected'],
    ['the same result confirms', 'So 25% of 360 = 90', '360/4 = 90.', 'confirmed'],
    ['counting back says nothing', 'So 36 / 4 = 9.', '4 * 9 = 36', 'unknown'],
    [
      'a result that stands in the line says nothing',
      '3 + 4 = 8',
      '8 - 4 = 4, so 3 + 4 = 3 + 5 - 1 = 7, and 8 - 8 = 0',
      'unknown',
    ],
  ])('of two results: %s', (_, checked, check, verdict) => {
    expect(judgeCheck(check, checked).verdict).toBe(verdict)
  })

  // Written by another hand, who did not know the rule, to be hard: half of them avoid the words, or use them for the contrary.
  test('is hardly ever said to have corrected what was right, or confirmed what was wrong', () => {
    const texts = JSON.parse(readFileSync(CHECK_TEXTS, 'utf8')) as {
      readonly checked: string
      readonly check: string
      readonly verdict: 'corrected' | 'confirmed' | 'unclear'
    }[]
    const judged = texts.map(({ check, checked, verdict }) => ({ verdict, found: judgeCheck(check, checked).verdict }))
    const count = (found: string, meant: string) =>
      judged.filter((one) => one.found === found && one.verdict === meant).length
    expect([count('corrected', 'confirmed'), count('corrected', 'unclear')]).toEqual([0, 0])
    expect([count('confirmed', 'corrected'), count('confirmed', 'unclear')]).toEqual([2, 1])
    expect(count('confirmed', 'confirmed')).toBeGreaterThanOrEqual(36)
    expect(count('corrected', 'corrected')).toBeGreaterThanOrEqual(7)
  })

  test('of any length is judged at once, whatever it repeats', () => {
    for (const piece of ['not ', 'not a: ', 'is all ', 'no a b ', 'check a for ', 'I have ', '. ', 'a']) {
      expect(judgeCheck(piece.repeat(50_000), '').reason.length).toBeGreaterThan(0)
    }
  })
})
