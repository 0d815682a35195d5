import { DIALECTS, type TagDialect } from '../tags/dialect.ts'
import { dialectTags } from '../tags/dialect-tags.ts'
import { readTagged } from '../tags/read-tagged.ts'
import { DEFAULT_GRAMMAR, type ReplyGrammar } from './conversation.ts'

/** What a reply holds, and how it is parsed; no grammar stands for the Reflection tags from the root on. */
export interface TaggedReply {
  readonly content: string
  readonly grammar?: ReplyGrammar
}

/**
 * Writes reasoning and an answer that came apart as one reply. The tags are those of Reflection models, unless the texts hold
 * tags that would then be read another way; then the reply brings a grammar in which no text of theirs is a tag.
 */
export function joinReply(reasoning: string, answer: string): TaggedReply {
  const content = `<thinking>\n${reasoning}\n</thinking>\n<output>\n${answer}\n</output>`
  const { flags, output, events } = readTagged([content])
  const outer = events.filter((event) => event.type === 'markup' && !REFLECTION_TAG.test(event.raw))
  if (flags.length === 0 && output === answer.trim() && outer.length === OUTER_TAGS) return { content }
  const grammar = foreignGrammar(reasoning + answer)
  const { thinking: tag } = grammar.dialect
  return { content: `<${tag}>\n${reasoning}\n</${tag}>\n\n${answer}`, grammar }
}

/**
 * Finds out how a whole reply of an unknown model is parsed: by the Reflection tags or `<think>`, whichever come first, also where only
 * the closing tag is there because the prompt held the opening one. What looks like neither is an answer, to the letter.
 */
export function recognizeReply(content: string): TaggedReply {
  if (!ANY_TAG.test(content)) return { content }
  const [found] = GRAMMARS.map((grammar) => ({ grammar, at: reasoningBegin(content, grammar) }))
    .filter(({ at }) => at < Infinity)
    .toSorted((one, other) => one.at - other.at)
  if (found !== undefined) return withGrammar(content, found.grammar)
  const closed = GRAMMARS.map(({ dialect }): ReplyGrammar => ({ dialect, start: 'thinking' })).find((grammar) =>
    endsReasoning(content, grammar),
  )
  if (closed !== undefined) return withGrammar(content, closed)
  const { flags, output } = readTagged([content])
  const isAnswer = OUTPUT_FIRST.test(content) || (flags.length === 0 && output === content.trim())
  return isAnswer ? { content } : { content, grammar: foreignGrammar(content) }
}

const GRAMMARS: readonly ReplyGrammar[] = [DEFAULT_GRAMMAR, { dialect: DIALECTS.think, start: 'root' }]

const ANY_TAG = new RegExp(
  [...new Set([DIALECTS.reflection, DIALECTS.think].flatMap(dialectTags))].map((tag) => tag.replace('>', '')).join('|'),
  'i',
)

const REFLECTION_TAG = /^<\/?reflection>$/i
/** Tags of a reply besides those of its reflections: each of thinking and output, opened and closed. */
const OUTER_TAGS = 4

const OUTPUT_FIRST = /^\s*<output>/i

function withGrammar(content: string, grammar: ReplyGrammar): TaggedReply {
  return grammar === DEFAULT_GRAMMAR ? { content } : { content, grammar }
}

/** Where the first reasoning is opened; Infinity where none is. */
function reasoningBegin(content: string, grammar: ReplyGrammar): number {
  const { events } = readTagged([content], grammar)
  const begun = new Set(events.flatMap((event) => (event.type === 'reasoning-start' ? [event.id] : [])))
  for (const event of events) if (event.type === 'reclassify') for (const id of event.ids) begun.delete(id)
  const opening = events.find((event) => event.type === 'markup' && event.role === 'open' && begun.has(event.id ?? ''))
  return opening !== undefined && 'start' in opening ? opening.start : Infinity
}

/** Whether the first tag closes thinking that was open from the start, at the beginning or end of a line, and not in a mere mention. */
function endsReasoning(content: string, grammar: ReplyGrammar): boolean {
  const tag = readTagged([content], grammar).events.find(({ type }) => type === 'markup')
  if (tag?.type !== 'markup' || tag.role !== 'close') return false
  const before = content.slice(0, tag.start)
  if (before.trim() === '' || before.toLowerCase().includes(`<${grammar.dialect.thinking}>`)) return false
  return /\n[^\S\n]*$/.test(before) || /^[^\S\n]*(\r?\n|$)/.test(content.slice(tag.end))
}

/** A grammar whose only tag does not occur in a text. */
function foreignGrammar(text: string): ReplyGrammar {
  const lower = text.toLowerCase()
  let dialect: TagDialect = { thinking: 'reasoning' }
  for (let number = 2; dialectTags(dialect).some((tag) => lower.includes(tag)); number++) {
    dialect = { thinking: `reasoning-${number}` }
  }
  return { dialect, start: 'root' }
}
