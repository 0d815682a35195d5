import { describe, expect, test } from 'vitest'
import { foldText, foldWithOrigin } from '../../../../src/core/chat/fold-text.ts'
import { createRandom } from '../tags/support/random.ts'

describe('a folded text', () => {
  test.each([
    ['Crème BRÛLÉE', 'creme brulee'],
    ['Straße', 'STRASSE'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσεύς'],
    ['İstanbul', 'istanbul'],
    ['ﬁne', 'fine'],
    ['ＡＢＣ１２', 'abc12'],
    ['ｶﾞ', 'カ'],
    ['각', '\u1100\u1161\u11a8'],
    ['a \t\r\n\u3000b', 'a b'],
    ['❤️', '❤'],
  ])('is the same for %s and %s', (one, other) => {
    expect(foldText(one)).toBe(foldText(other))
  })

  test('is the same with and without its origin, for any text', () => {
    const letters = [...'aZéßςΣİıﬁ각か\u3099\u0301\u0345 \u00a0\n´漢🙂👩‍🚀❤\ufe0f\ud800\udc00ŉǰΐÅffﷺ']
    for (let seed = 0; seed < 2000; seed++) {
      const random = createRandom(seed)
      const text = Array.from({ length: random.below(12) }, () => random.pick(letters)).join('')
      const { folded, originOf } = foldWithOrigin(text)
      expect(folded, `${JSON.stringify(text)}`).toBe(foldText(text))
      for (let from = 0; from < folded.length; from++) {
        const { start, end } = originOf(from, from + 1)
        expect(start, `${JSON.stringify(text)}`).toBeLessThan(end)
        const character = text.codePointAt(start) ?? 0
        expect(foldText(String.fromCodePoint(character)), `${JSON.stringify(text)}`).toContain(folded[from])
      }
    }
  })

  test('knows where it came from, marks and all', () => {
    const { folded, originOf } = foldWithOrigin('Cafe\u0301 ﬁn')
    expect(folded).toBe('cafe fin')
    expect(originOf(0, 4)).toEqual({ start: 0, end: 5 })
    expect(originOf(5, 6)).toEqual({ start: 6, end: 7 })
    expect(originOf(6, 8)).toEqual({ start: 6, end: 8 })
  })
})
