import { describe, expect, test } from 'vitest'
import { addUserMessage, createConversation, titleOf } from '../../../../src/core/chat/conversation.ts'
import { beginningOf, graphemes } from '../../../../src/core/chat/graphemes.ts'

const FAMILY = '👩‍👩‍👧‍👦' // 11 UTF-16 units, one character

test('an emoji of several parts and a letter with its marks are one character each', () => {
  expect(graphemes(`a${FAMILY}e\u0301`)).toEqual(['a', FAMILY, 'e\u0301'])
})

describe('the beginning of a text', () => {
  test('ends between characters', () => {
    expect(beginningOf(FAMILY.repeat(3), 25)).toBe(FAMILY.repeat(2))
    expect(beginningOf(`${FAMILY}abc`, 12)).toBe(`${FAMILY}a`)
    expect(beginningOf('abc', 12)).toBe('abc')
  })

  test('is never half a code point, even of a character that has no room', () => {
    for (let room = 1; room < FAMILY.length; room++) expect(beginningOf(FAMILY, room)).not.toMatch(/[\ud800-\udbff]$/)
    expect(beginningOf(`a${'\u0301'.repeat(500)}`, 20)).toHaveLength(20)
  })
})

describe('the title of a chat', () => {
  const titleFor = (message: string) => titleOf(addUserMessage(createConversation(), message))

  test('is cut between characters, wherever the cut falls', () => {
    for (let lead = 70; lead < 82; lead++) {
      const title = titleFor('x'.repeat(lead) + FAMILY.repeat(4))
      expect(title).toMatch(/^x+(👩‍👩‍👧‍👦)*…$/u)
      expect(title.length).toBeLessThanOrEqual(80)
    }
  })

  test('is the first line that says something', () => {
    expect(titleFor('  \n\n One line \t\r\n and another')).toBe('One line')
    expect(titleFor('x'.repeat(80))).toBe('x'.repeat(80))
  })

  test('is made of a megabyte without white space or full of it at once', () => {
    expect(titleFor(`a${' '.repeat(1e6)}b`)).toBe('a…')
    expect(titleFor('é'.repeat(1e6))).toHaveLength(80)
  })
})
