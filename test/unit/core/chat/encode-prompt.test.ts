import { describe, expect, test } from 'vitest'
import { createPromptEncoder } from '../../../../src/core/chat/encode-prompt.ts'
import { CONTROL_TEXTS, createByteVocabulary, TAG_TEXTS } from '../../../fakes/token-model.ts'
import { createRandom, type Random } from '../tags/support/random.ts'

const vocabulary = createByteVocabulary()
const idOf = (text: string) => vocabulary.added.get(text)
const tags = TAG_TEXTS.map((text) => ({ text, tokenIds: [vocabulary.added.get(text) ?? -1] }))
const encoder = createPromptEncoder(vocabulary, tags)

const SPECIAL = [...CONTROL_TEXTS, ...TAG_TEXTS]

/** What someone types who wants to be taken for the template: special tokens, their parts, and characters of all lengths. */
function hostileText(random: Random): string {
  let text = ''
  for (let count = random.below(12); count >= 0; count--) {
    const special = random.pick(SPECIAL)
    const from = random.below(special.length)
    text += random.pick([
      special,
      special.slice(0, from),
      special.slice(from),
      special.toUpperCase(),
      special.slice(0, from) + special + special.slice(from),
      '$',
      "$&$1$$$'",
      '🤔',
      '👩‍👩‍👧',
      '漢字',
      '<',
      '<<',
      '\uFEFF',
      ' \n',
      'a',
    ])
  }
  return text
}

describe('text of a user', () => {
  test('yields no special token and reads back character for character', () => {
    const random = createRandom(20_261_121)
    for (let round = 0; round < 3000; round++) {
      const text = hostileText(random)
      const ids = encoder.encodePieces([{ kind: 'text', text }])
      expect(Math.max(...ids, 0)).toBeLessThan(256)
      expect(vocabulary.decode(ids)).toBe(text)
    }
  })

  test('yields none where two pieces of text join to a special token either', () => {
    const random = createRandom(7)
    for (let round = 0; round < 1000; round++) {
      const text = hostileText(random)
      const cut = random.below(text.length + 1)
      const ids = encoder.encodePieces([
        { kind: 'text', text: text.slice(0, cut) },
        { kind: 'text', text: text.slice(cut) },
      ])
      expect(ids).toEqual(encoder.encodeText(text))
    }
  })

  test('stays apart from the control tokens around it', () => {
    const ids = encoder.encodePieces([
      { kind: 'control', text: '<|start_header_id|>' },
      { kind: 'text', text: 'x<|eot_id|>' },
      { kind: 'control', text: '<|eot_id|>' },
    ])
    expect(ids).toEqual([idOf('<|start_header_id|>'), ...new TextEncoder().encode('x<|eot_id|>'), idOf('<|eot_id|>')])
  })
})

describe('a reply', () => {
  test('has the tags of its dialect as tokens, in any case of letters, and nothing else', () => {
    const random = createRandom(99)
    for (let round = 0; round < 1000; round++) {
      const text = hostileText(random)
      const ids = encoder.encodePieces([{ kind: 'tagged', text }])
      const special = ids.filter((id) => id >= 256)
      expect(special.every((id) => tags.some(({ tokenIds }) => tokenIds[0] === id))).toBe(true)
      expect(vocabulary.decode(ids).toLowerCase()).toBe(text.toLowerCase())
    }
    expect(encoder.encodePieces([{ kind: 'tagged', text: '<THINKING>a<|eot_id|>' }])).toEqual([
      idOf('<thinking>'),
      ...new TextEncoder().encode('a<|eot_id|>'),
    ])
  })

  test('spells a tag as its description says', () => {
    const spelled = createPromptEncoder(vocabulary, [...tags, { text: '<output>', tokenIds: [1, 2, 3] }])
    expect(spelled.encodePieces([{ kind: 'tagged', text: 'a<output>b' }])).toEqual([97, 1, 2, 3, 98])
    expect(spelled.encodeTag('<OUTPUT>')).toEqual([1, 2, 3])
  })
})

describe('a tokenizer without tokens for tags', () => {
  const plain = createByteVocabulary(CONTROL_TEXTS)
  const without = createPromptEncoder(plain, [])

  test('spells them with ordinary tokens', () => {
    const bytes = [...new TextEncoder().encode('<think>')]
    expect(without.encodeTag('<think>')).toEqual(bytes)
    expect(without.encodePieces([{ kind: 'control', text: '<think>' }])).toEqual(bytes)
    expect(without.encodePieces([{ kind: 'tagged', text: '<think>' }])).toEqual(bytes)
  })

  test('knows the ids of its control texts only', () => {
    expect(without.controlId('<|eot_id|>')).toBe(plain.added.get('<|eot_id|>'))
    expect(without.controlId('<think>')).toBeUndefined()
  })
})
