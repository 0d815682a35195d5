import { describe, expect, test } from 'vitest'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'
import { placeAfter } from './support/place-after.ts'

const after = (...tokens: string[]) => placeAfter(tokens, DIALECTS.reflection)

describe('where a reply stands', () => {
  test('is known by the blocks that are open, outermost first', () => {
    expect(after().open).toEqual([])
    expect(after('<thinking>').open).toEqual(['thinking'])
    expect(after('<thinking>', 'a', '<reflection>', 'b').open).toEqual(['thinking', 'reflection'])
    expect(after('<thinking>', '<reflection>', 'b', '</reflection>').open).toEqual(['thinking'])
    expect(after('<thinking>', '<reflection>', 'b', '</reflection>', '</thinking>').open).toEqual([])
  })

  test('is inside the thinking from the first moment where the prompt opened it', () => {
    expect(placeAfter([], DIALECTS.think, 'thinking').open).toEqual(['thinking'])
    expect(placeAfter(['a'], DIALECTS.think, 'thinking').open).toEqual(['thinking'])
    expect(placeAfter(['a', '</think>'], DIALECTS.think, 'thinking').open).toEqual([])
  })

  test('is outside all blocks when the end of the outer one ended both', () => {
    expect(after('<thinking>', 'a', '<reflection>', 'b', '</thinking>', '<output>').open).toEqual([])
  })

  test('has text as soon as the answer opens, or something is said outside all blocks', () => {
    expect(after('<output>').hasText).toBe(true)
    expect(after('Hello').hasText).toBe(true)
    expect(after('<thinking>', 'a', '</thinking>', '\n\n').hasText).toBe(false)
    expect(after('<thinking>', 'a', '<reflection>', 'b').hasText).toBe(false)
    expect(after('<thinking>', 'a', '</thinking>', '\n', 'b').hasText).toBe(true)
  })

  test('is the beginning until something is known', () => {
    expect(after().isEmpty).toBe(true)
    expect(after('<thin').isEmpty).toBe(true)
    expect(after('<thinking>').isEmpty).toBe(false)
    expect(after('a').isEmpty).toBe(false)
  })
})

describe('tokens', () => {
  test('go to the channel of their text', () => {
    const { tokens } = after('<thinking>', 'a', 'b', '<reflection>', 'c', '</reflection>', 'd', '</thinking>', 'e')
    expect(tokens).toEqual({ thinking: 3, reflection: 1, output: 1, markup: 4 })
  })

  test('of text outside all blocks are of the answer', () => {
    expect(after('a', 'b').tokens).toEqual({ thinking: 0, reflection: 0, output: 2, markup: 0 })
  })

  test('that may be parts of a tag are booked when it is known', () => {
    expect(after('<', 'thin').tokens).toEqual({ thinking: 0, reflection: 0, output: 0, markup: 0 })
    expect(after('<', 'thin', 'king', '>').tokens).toEqual({ thinking: 0, reflection: 0, output: 0, markup: 4 })
    expect(after('<', 'thin', 'ner>').tokens).toEqual({ thinking: 0, reflection: 0, output: 3, markup: 0 })
  })

  test('that bring no text yet wait for the one that does', () => {
    expect(after('<thinking>', '', '', '漢').tokens.thinking).toBe(3)
  })
})
