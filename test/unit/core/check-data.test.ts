import { describe, expect, test } from 'vitest'
import {
  describeProblem,
  distinct,
  entries,
  fields,
  list,
  nullOr,
  number,
  oneOf,
  optional,
  problemsOf,
  someText,
  text,
  wholeNumber,
  type DataCheck,
} from '../../../src/core/check-data.ts'

const said = (value: unknown, check: DataCheck) =>
  problemsOf(value, check).map((problem) => describeProblem(problem, 'it'))

describe('a check of data', () => {
  test('names every place that is wrong, what is there and what must be', () => {
    const check = fields({ name: someText, sizes: list(fields({ width: wholeNumber(1) })) })
    expect(said({ name: '', sizes: [{ width: 2 }, { width: 0 }, {}] }, check)).toEqual([
      'name is "", but must be a text that is not empty.',
      'sizes[1].width is 0, but must be a whole number of at least 1.',
      'sizes[2].width is nothing, but must be a whole number of at least 1.',
    ])
  })

  test('names the whole where the whole is wrong', () => {
    expect(said([], fields({}))).toEqual(['it is a list of 0, but must be an object.'])
    expect(said({}, list(text()))).toEqual(['it is an object, but must be a list.'])
  })

  test('shortens what it quotes', () => {
    const [sentence = ''] = said('x'.repeat(10_000), oneOf(['a', 1]))
    expect(sentence).toMatch(/^it is "x+…", but must be "a" or 1\.$/)
    expect(sentence.length).toBeLessThan(120)
  })

  test('tells a hundred problems of a million', () => {
    const bomb: unknown = JSON.parse(`[${'{},'.repeat(999_999)}{}]`)
    expect(problemsOf(bomb, list(text()))).toHaveLength(100)
  })

  test('looks at no field of the prototype', () => {
    expect(said({}, fields({ constructor: someText }))).toHaveLength(1)
  })

  test.each<[string, unknown, DataCheck]>([
    ['infinity', Infinity, number()],
    ['no number', Number.NaN, number()],
    ['a number in text', '1', number()],
    ['a number below its bound', -1, number({ least: 0 })],
    ['a number at a bound that is excluded', 0, number({ above: 0 })],
    ['a number above its bound', 3, number({ most: 2 })],
    ['a fraction', 1.5, wholeNumber()],
    ['a whole number that cannot be told from its neighbour', 2 ** 53, wholeNumber()],
    ['another choice', 'c', oneOf(['a', 'b'])],
    ['too few items', [], list(text(), 1)],
    ['an item twice', ['a', 'a'], distinct(text())],
    ['a wrong entry under a free name', { a: 1, b: 'x' }, entries(number())],
    ['null where a field may be absent', null, optional(text())],
    ['nothing where a field may be null', undefined, nullOr(text())],
  ])('refuses %s', (_, value, check) => {
    expect(problemsOf(value, check)).toHaveLength(1)
  })

  test.each<[string, unknown, DataCheck]>([
    ['numbers at their bounds', 2, number({ least: 2, most: 2 })],
    ['an empty text where any will do', '', text()],
    ['text that begins with a line end', '\n', someText],
    ['fields that it does not know', { a: 1, b: 2 }, fields({ a: number() })],
    ['absent fields that may be', {}, fields({ a: optional(number()) })],
    ['null where it may be', null, nullOr(number())],
  ])('takes %s', (_, value, check) => {
    expect(problemsOf(value, check)).toEqual([])
  })
})
