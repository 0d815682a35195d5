import { describe, expect, test } from 'vitest'
import {
  attach,
  changeAttached,
  draftOf,
  EMPTY_DRAFT,
  FIELD_CHARACTERS,
  FIELD_LINES,
  isBlankDraft,
  messageOf,
  rejoined,
  undoAttached,
  write,
} from '../../../../src/core/chat/message-draft.ts'

const LONG = 'a line of a text\n'.repeat(FIELD_CHARACTERS / 10)

describe('a message that is written again', () => {
  test.each([
    ['short', 'What is 7 + 9?\n\nAnd 9 + 7?'],
    ['as long as a field takes', 'a'.repeat(FIELD_CHARACTERS)],
    ['one long word', 'a'.repeat(FIELD_CHARACTERS + 1)],
    ['long, with a question at its end', `${LONG}\n\nWhat does this say?`],
    ['long, with a long paragraph at its end', `What does this say?\n\n${'a'.repeat(FIELD_CHARACTERS + 1)}`],
    ['long, with blank lines at its end', `${LONG}\n\n \n`],
    ['many lines', `${'a\n'.repeat(FIELD_LINES)}\nWhat does this say?`],
    ['nothing but lines', '\n'.repeat(FIELD_CHARACTERS + 1)],
  ])('stays the same message: %s', (_, message) => {
    const draft = draftOf(message)
    expect(draft.text.length).toBeLessThanOrEqual(FIELD_CHARACTERS)
    expect(messageOf(draft)).toBe(message)
  })

  test('has its question in the field, and what it is about beside it', () => {
    expect(draftOf(`${LONG}\n\nWhat does this say?`)).toEqual({ text: 'What does this say?', attached: [LONG] })
  })
})

describe('a draft that comes back', () => {
  const back = { text: 'First', attached: ['one'] }

  test.each([
    ['nothing was written', EMPTY_DRAFT, back],
    ['a text was written', { text: 'Then', attached: [] }, { text: 'First\n\nThen', attached: ['one'] }],
    ['a text was attached', { text: 'Then', attached: ['two'] }, { text: 'Then', attached: ['one', 'First', 'two'] }],
    ['only spaces were written', { text: '  ', attached: [] }, back],
  ])('stands before what was written since: %s', (_, since, together) => {
    expect(rejoined(back, since)).toEqual(together)
  })

  test('is attached where the field is too small for both', () => {
    const text = 'a'.repeat(FIELD_CHARACTERS)
    expect(rejoined({ text, attached: [] }, { text: 'Then', attached: [] })).toEqual({ text: 'Then', attached: [text] })
  })
})

describe('what is written in the field', () => {
  test('stays there as long as it is short', () => {
    expect(write(EMPTY_DRAFT, 'a'.repeat(FIELD_CHARACTERS))).toEqual({
      text: 'a'.repeat(FIELD_CHARACTERS),
      attached: [],
    })
  })

  test('is attached when it has too many lines', () => {
    expect(write(EMPTY_DRAFT, 'one\n'.repeat(FIELD_LINES)).attached).toEqual(['one\n'.repeat(FIELD_LINES)])
    expect(write(EMPTY_DRAFT, 'one\n'.repeat(FIELD_LINES - 1)).attached).toEqual([])
  })

  test('stays there when it comes key by key, however long it is', () => {
    const text = 'a'.repeat(FIELD_CHARACTERS + 10)
    expect(write({ text, attached: [] }, `${text}b`)).toEqual({ text: `${text}b`, attached: [] })
  })

  test('is attached when it comes at once and is too long, and the field keeps what was around it', () => {
    const before = { text: 'Say this 😀 in two lines.', attached: ['one'] }
    const draft = write(before, `Say this 😀${LONG}😁 in two lines.`)
    expect(draft).toEqual({ text: 'Say this 😀 in two lines.', attached: ['one', `${LONG}😁`], before: ['one'] })
    expect(undoAttached(draft)).toEqual(before)
  })

  test('never parts a character that begins like another one', () => {
    const draft = write({ text: 'x😀', attached: [] }, `x${'😁'.repeat(FIELD_CHARACTERS)}😀`)
    expect(draft.text).toBe('x😀')
    expect(draft.attached).toEqual(['😁'.repeat(FIELD_CHARACTERS)])
  })

  test('takes the place of what it replaces', () => {
    const draft = write({ text: 'Say this.', attached: [] }, LONG)
    expect(messageOf(draft)).toBe(LONG)
  })
})

describe('attached texts', () => {
  const draft = attach(attach({ text: 'Compare them.', attached: [] }, 'one\r\ntwo\rthree'), 'four')

  test('are sent before what stands in the field', () => {
    expect(messageOf(draft)).toBe('one\ntwo\nthree\n\nfour\n\nCompare them.')
    expect(messageOf({ ...draft, text: ' ' })).toBe('one\ntwo\nthree\n\nfour')
  })

  test('are a message without anything in the field', () => {
    expect([{ ...draft, text: '' }, EMPTY_DRAFT, { text: ' \u200b', attached: [] }].map(isBlankDraft)).toEqual([
      false,
      true,
      true,
    ])
  })

  test('are changed, taken away and brought back', () => {
    expect(changeAttached(draft, 1, 'five').attached).toEqual(['one\ntwo\nthree', 'five'])
    const less = changeAttached(draft, 0, ' ')
    expect(less.attached).toEqual(['four'])
    expect(undoAttached(less).attached).toEqual(draft.attached)
    expect(undoAttached(undoAttached(less)).attached).toEqual(draft.attached)
    expect(undoAttached(write(less, 'Compare it.')).attached).toEqual(['four'])
  })
})
