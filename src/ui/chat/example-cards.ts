import { ArrowLeftRight, CaseSensitive, Equal, Hash, Lightbulb } from 'lucide'
import type { ModelDescription, Skill } from '../../core/models/model-description.ts'
import type { IconShape } from '../parts/icon.ts'
import type { Locale, Words } from '../words/locales.ts'

export interface ExampleCard {
  readonly shape: IconShape
  /** What the question is about, in a word. */
  readonly kind: string
  readonly question: string
  /** Whether the question is in English, whatever the language of the page; absent for no. */
  readonly isForeign?: true
}

/** As many as fit beside each other. */
const CARDS = 4

interface Kind {
  readonly name: keyof Words['empty']['kinds']
  readonly shape: IconShape
  /** What a model calls its skills of that kind. */
  readonly task: RegExp
  /** And those that are nearest to it. */
  readonly near?: RegExp
}

/** In the order in which they are offered. */
const KINDS: readonly Kind[] = [
  { name: 'compare', shape: ArrowLeftRight, task: /compar/i, near: /sort/i },
  { name: 'count', shape: Hash, task: /count/i },
  { name: 'calculate', shape: Equal, task: /arithmetic|calculat|unit|sum/i, near: /time/i },
  { name: 'puzzle', shape: Lightbulb, task: /puzzle|problem|riddle|order|logic/i },
  { name: 'words', shape: CaseSensitive, task: /word|spell|revers|letter/i }, // without a question of ours
]

/**
 * Questions to begin with. A model that says what it is good at is asked for that, one of each kind first and the others from chat to chat; one
 * that reads freely gets questions of ours. Names of skills are English: other languages call the others by the kind that is nearest.
 * @param turn - How often there were questions before; whole, from 0.
 */
export function exampleCards({ skills }: ModelDescription, { language, words }: Locale, turn = 0): ExampleCard[] {
  const { kinds, questions, examples } = words.empty
  if (skills.length === 0) {
    return KINDS.flatMap(({ name, shape }) =>
      name === 'words' ? [] : [{ shape, kind: kinds[name], question: questions[name] }],
    )
  }
  const rest = [...skills]
  const ofKinds = KINDS.flatMap(({ name, shape, task }) => {
    const place = rest.findIndex((skill) => task.test(skill.task))
    return rest.splice(place, place < 0 ? 0 : 1).map((skill) => cardsOf(skill, shape, kinds[name]))
  })
  const others = rest.map((skill) => {
    if (language === 'en') return cardsOf(skill, Lightbulb, begunLarge(skill.task))
    const kind = KINDS.find(({ task, near }) => task.test(skill.task) || near?.test(skill.task))
    return cardsOf(skill, kind?.shape ?? Lightbulb, kind === undefined ? examples : kinds[kind.name])
  })
  const all = [...ofKinds, ...others]
  const ring = [...all.flatMap((cards) => cards.slice(0, 1)), ...all.flatMap((cards) => cards.slice(1))]
  const begin = (turn * CARDS) % ring.length
  return [...ring.slice(begin), ...ring.slice(0, begin)].slice(0, CARDS)
}

function begunLarge(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function cardsOf({ examples }: Skill, shape: IconShape, kind: string): ExampleCard[] {
  return examples.map((question) => ({ shape, kind, question, isForeign: true }))
}
