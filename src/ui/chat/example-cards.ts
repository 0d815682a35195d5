import { ArrowLeftRight, CaseSensitive, Equal, Hash, Lightbulb } from 'lucide'
import type { ModelDescription, Skill } from '../../core/models/model-description.ts'
import type { IconShape } from '../parts/icon.ts'
import type { Words } from '../words/locales.ts'

export interface ExampleCard {
  readonly shape: IconShape
  /** What the question is about, in a word. */
  readonly kind: string
  readonly question: string
  /** Whether the question is in English, whatever the language of the page. */
  readonly isForeign: boolean
}

/** As many as fit beside each other. */
const CARDS = 4

/** Kinds for which there are questions of ours, in the order in which they are offered, and what a model calls its skills of that kind. */
const KINDS = [
  { name: 'compare', shape: ArrowLeftRight, task: /compar/i },
  { name: 'count', shape: Hash, task: /count/i },
  { name: 'calculate', shape: Equal, task: /arithmetic|calculat|unit|sum/i },
  { name: 'puzzle', shape: Lightbulb, task: /puzzle|problem|riddle|order|logic/i },
] as const

/** Without a question of ours. */
const WORDS = { name: 'words', shape: CaseSensitive, task: /word|spell|revers|letter/i } as const

/**
 * Questions to begin with. A model that says what it is good at is asked for that, one of each kind first and the others from chat to chat; one
 * that reads freely gets questions of ours.
 * @param turn - How often there were questions before; whole, from 0.
 */
export function exampleCards({ skills }: ModelDescription, words: Words['empty'], turn = 0): ExampleCard[] {
  if (skills.length === 0) {
    return KINDS.map(({ name, shape }) => ({
      shape,
      kind: words.kinds[name],
      question: words.questions[name],
      isForeign: false,
    }))
  }
  const used = new Set<Skill>()
  const ofKinds = [...KINDS, WORDS].flatMap(({ name, shape, task }) => {
    const skill = skills.find((one) => task.test(one.task) && !used.has(one))
    if (skill === undefined) return []
    used.add(skill)
    return [cardsOf(skill, shape, words.kinds[name])]
  })
  const others = skills
    .filter((skill) => !used.has(skill))
    .map((skill) => cardsOf(skill, Lightbulb, begunLarge(skill.task)))
  const all = [...ofKinds, ...others]
  const ring = [...all.flatMap((cards) => cards.slice(0, 1)), ...all.flatMap((cards) => cards.slice(1))]
  const begin = (turn * CARDS) % ring.length
  return [...ring.slice(begin), ...ring.slice(0, begin)].slice(0, CARDS)
}

function begunLarge(text: string): string {
  return text.charAt(0).toLocaleUpperCase('en') + text.slice(1)
}

function cardsOf({ examples }: Skill, shape: IconShape, kind: string): ExampleCard[] {
  return examples.map((question) => ({ shape, kind, question, isForeign: true }))
}
