import { describe, expect, test } from 'vitest'
import {
  addReply,
  addUserMessage,
  createConversation,
  editUserMessage,
  finishReply,
  renameConversation,
  selectBranch,
  type Conversation,
} from '../../../../src/core/chat/conversation.ts'
import { foldText } from '../../../../src/core/chat/fold-text.ts'
import { createChatSearch, type Snippet } from '../../../../src/core/chat/search-chats.ts'
import { createRandom } from '../tags/support/random.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

const author = { modelId: 'reflection-tiny', revision: 'v1' }

/** A chat with one message, `q1`, and one reply, `a1`. */
function chat(question: string, reply = ''): Conversation {
  const asked = addUserMessage(createConversation({ id: 'c', createdAt: 0 }), question, { id: 'q1' })
  const written = appendToReply(addReply(asked, author, { id: 'a1' }), 'a1', reply)
  return finishReply(written, 'a1', { status: 'interrupted' })
}

const find = (query: string, conversation: Conversation) => createChatSearch(query).find(conversation)

function highlighted(match: Snippet | undefined): string[] {
  if (match === undefined) return []
  return match.ranges.map(({ start, end }) => match.snippet.slice(start, end))
}

describe('a search in a chat', () => {
  const cake = chat(
    'How do I bake a cake?',
    '<thinking>Flour, sugar. <reflection>And eggs!</reflection></thinking><output>Mix and **bake** it.</output>',
  )

  test('finds words of a message, an answer, the thinking and its reflections', () => {
    expect(find('HOW', cake)).toMatchObject({ place: 'message', nodeId: 'q1' })
    expect(find('mix', cake)).toMatchObject({ place: 'answer', nodeId: 'a1', snippet: 'Mix and **bake** it.' })
    expect(find('flour', cake)).toMatchObject({ place: 'thinking', nodeId: 'a1' })
    expect(find('eggs', cake)).toMatchObject({ place: 'thinking', nodeId: 'a1', ranges: [{ start: 18, end: 22 }] })
  })

  test('finds nothing when a word is missing, or nothing is looked for', () => {
    expect(find('cake bread', cake)).toBeUndefined()
    for (const query of ['', '  ', '""', '\u0301', '“ ”']) expect(find(query, cake)).toBeUndefined()
  })

  test('finds words in different texts, and shows the one that has most of them', () => {
    const match = find('sugar eggs cake', cake)
    expect(match).toMatchObject({ place: 'thinking' })
    expect(highlighted(match)).toEqual(['sugar', 'eggs'])
  })

  test('does not find the names of tags', () => {
    expect(find('thinking', cake)).toBeUndefined()
    expect(find('output', cake)).toBeUndefined()
  })

  test('takes words in quotes as one', () => {
    for (const query of ['"bake a cake"', '“bake  a\ncake”', 'how "bake a cake'])
      expect(find(query, cake)).toBeDefined()
    expect(find('"cake bake"', cake)).toBeUndefined()
    expect(find('cake bake', cake)).toBeDefined()
  })

  test('finds the title that the user gave, and prefers a place to go to', () => {
    const named = renameConversation(cake, 'Sunday cake')
    expect(find('sunday', named)).toEqual({ place: 'title', snippet: 'Sunday cake', ranges: [{ start: 0, end: 6 }] })
    expect(find('cake', named)).toMatchObject({ place: 'message' })
    expect(find('sunday cake', named)).toMatchObject({ place: 'title' })
  })

  test('looks at all branches, and prefers the one that is shown', () => {
    const edited = editUserMessage(cake, 'q1', 'How do I bake a bread?', { id: 'q2' })
    expect(find('cake', edited)).toMatchObject({ nodeId: 'q1' })
    expect(find('how', edited)).toMatchObject({ nodeId: 'q2' })
    expect(find('how', selectBranch(edited, 'q1'))).toMatchObject({ nodeId: 'q1' })
  })

  test('ignores case and accents on both sides, and marks what stands there', () => {
    const menu = chat('Une cre\u0300me BRU\u0302LE\u0301E, s’il vous plaît')
    for (const query of ['crème brûlée', 'CREME brulee', 'cre\u0300me Brûle\u0301e']) {
      expect(highlighted(find(query, menu))).toEqual(['cre\u0300me', 'BRU\u0302LE\u0301E'])
    }
    expect(highlighted(find('strasse', chat('Die lange Straße dort')))).toEqual(['Straße'])
    expect(highlighted(find('PLAIT', menu))).toEqual(['plaît'])
  })

  test('finds words inside of Chinese, Japanese and Korean text', () => {
    expect(highlighted(find('分数', chat('请问：两个分数怎样相加？')))).toEqual(['分数'])
    expect(highlighted(find('ガム', chat('風船ｶﾞﾑが好き')))).toEqual(['ｶﾞﾑ'])
    expect(highlighted(find('한국', chat('저는 한국어를 배워요')))).toEqual(['한국'])
  })

  test('finds and shows emoji whole', () => {
    const love = chat(`${'👩‍🚀'.repeat(60)} ❤️ ${'👨‍👩‍👧‍👦'.repeat(60)}`)
    const match = find('❤', love)
    expect(highlighted(match)).toEqual(['❤️'])
    expect(match?.snippet).toMatch(/^…(👩‍🚀)+ ❤️ (👨‍👩‍👧‍👦)+…$/u)
    expect(highlighted(find('👍', chat('ok 👍🏽')))).toEqual(['👍'])
  })

  test('marks matches that overlap or touch as one', () => {
    expect(highlighted(find('abc cde efg', chat('xx abcdefg')))).toEqual(['abcdefg'])
  })

  test('shows one line around the first match, cut between words', () => {
    const text = `${'before '.repeat(100)}\n\nneedle\n\n\n${'after '.repeat(100)}`
    const match = find('needle', chat(text))
    expect(match?.snippet).toMatch(
      /^…before (before )+needle (after )+after…$|^…before (before )+needle (after )+\w+…$/,
    )
    expect(match?.snippet.length).toBeGreaterThan(100)
    expect(match?.snippet.length).toBeLessThanOrEqual(120)
    expect(find('needle', chat('before '.repeat(100) + 'needle'))?.snippet).toMatch(/^….*needle$/)
    expect(find('needle', chat('needle' + ' after'.repeat(100)))?.snippet).toMatch(/^needle.*…$/)
  })

  test('marks as much of a long match as fits', () => {
    const long = 'word '.repeat(60).trim()
    const match = find(`"${long}"`, chat(`x ${long} y`))
    expect(match?.ranges).toHaveLength(1)
    expect(match?.snippet.length).toBeGreaterThan(110)
    expect(long.startsWith(highlighted(match)[0] ?? '-')).toBe(true)
  })

  test('shows something of a letter with no end of marks', () => {
    const match = find('a', chat(`a${'\u0301'.repeat(500)}`))
    expect(match?.snippet.length).toBeGreaterThan(100)
    expect(match?.snippet.length).toBeLessThanOrEqual(120)
  })

  test('gives ranges that are what was looked for, in any text', () => {
    const pieces = [
      'e\u0301',
      'ß',
      'Σ',
      '漢字',
      '👩‍🚀',
      ' ',
      '\n\n',
      'ﬁ',
      'İ',
      'word',
      'long'.repeat(9),
      '\u0301',
      '…',
      '\ud83d',
    ]
    for (let seed = 0; seed < 1500; seed++) {
      const random = createRandom(seed)
      const text = Array.from({ length: 1 + random.below(60) }, () => random.pick(pieces)).join('')
      const from = random.below(text.length)
      const query = foldText(text.slice(from, from + 1 + random.below(5))).trim()
      const match = find(`"${query}"`, chat(text))
      if (query === '') continue
      expect(match, `${JSON.stringify({ text, query })}`).toBeDefined()
      expect(match?.snippet.length).toBeLessThanOrEqual(120)
      for (const found of highlighted(match))
        expect(foldText(found), `${JSON.stringify({ text, query })}`).toContain(query)
      let end = -1
      for (const range of match?.ranges ?? []) {
        expect(range.start).toBeGreaterThan(end)
        end = range.end
      }
    }
  })
})
