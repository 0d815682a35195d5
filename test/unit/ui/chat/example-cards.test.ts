import { expect, test } from 'vitest'
import { exampleCards } from '../../../../src/ui/chat/example-cards.ts'
import { loadLocale, type Locale } from '../../../../src/ui/words/locales.ts'
import { ENGLISH } from '../../../fakes/english.ts'
import { SCRIPTED_MODEL } from '../../../fakes/scripted-engine.ts'

const skill = (task: string, ...examples: string[]) => ({ task, examples })
const cards = (...skills: ReturnType<typeof skill>[]) => exampleCards({ ...SCRIPTED_MODEL, skills }, ENGLISH)

test('a model that reads whatever it is asked gets a question of each kind, in the language of the page', () => {
  const all = cards()
  expect(all.map(({ kind }) => kind)).toEqual(['Compare', 'Count', 'Calculate', 'Puzzle'])
  expect(all.some(({ isForeign }) => isForeign)).toBe(false)
})

test('a model that says what it is good at is asked for that, the kinds in their order and what else it can do after them', () => {
  const all = cards(
    skill('reversing a word', 'D?'),
    skill('sorting numbers', 'Sort 2, 1.'),
    skill('word problems', 'A?'),
    skill('counting letters', 'B?', 'C?'),
  )
  expect(all.map(({ kind, question }) => [kind, question])).toEqual([
    ['Count', 'B?'],
    ['Puzzle', 'A?'],
    ['Words', 'D?'],
    ['Sorting numbers', 'Sort 2, 1.'],
  ])
})

test('in another language a skill is called by the kind that is nearest, or an example; in English by its own name', async () => {
  const tasks = ['whole-number arithmetic', 'reversing a word', 'sorting numbers', 'units', 'clock times']
  const skills = [...tasks, 'word problems', 'putting people in order', 'history'].map((task) => skill(task, 'A?'))
  const headings = (locale: Locale) =>
    [0, 1].flatMap((turn) => exampleCards({ ...SCRIPTED_MODEL, skills }, locale, turn).map(({ kind }) => kind))
  expect(headings(await loadLocale('zh-CN'))).toEqual(['计算', '谜题', '文字', '比较', '计算', '计算', '谜题', '示例'])
  const own = ['Sorting numbers', 'Units', 'Clock times', 'Putting people in order', 'History']
  expect(headings(ENGLISH)).toEqual(['Calculate', 'Puzzle', 'Words', ...own])
})

test('the next chats get the others: first one of every skill, then what else it says, and round again', () => {
  const skills = [skill('sorting', 'A?'), skill('counting', 'B?', 'G?'), skill('verse', 'C?', 'H?')]
  skills.push(skill('rhymes', 'D?'), skill('names', 'E?'), skill('maps', 'F?', 'I?'))
  const questions = (turn: number) =>
    exampleCards({ ...SCRIPTED_MODEL, skills }, ENGLISH, turn).map((card) => card.question)
  expect(questions(0).join('')).toBe('B?A?C?D?')
  expect(questions(1).join('')).toBe('E?F?G?H?')
  expect(questions(2).join('')).toBe('I?B?A?C?')
  expect(questions(9).join('')).toBe(questions(0).join(''))
})

test('a model with few questions always has them all', () => {
  const skills = [skill('counting', 'A?'), skill('verse', 'B?')]
  for (const turn of [0, 1, 7]) {
    const shown = exampleCards({ ...SCRIPTED_MODEL, skills }, ENGLISH, turn).map((card) => card.question)
    expect(shown.toSorted().join('')).toBe('A?B?')
  }
})

test('there are never more than four, and each skill has one', () => {
  const all = cards(
    ...['compare', 'count', 'units', 'riddles', 'logic', 'verse'].map((task) => skill(task, `${task}?`)),
  )
  expect(all.map(({ question }) => question)).toEqual(['compare?', 'count?', 'units?', 'riddles?'])
})
