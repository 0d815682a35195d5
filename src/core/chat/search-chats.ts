import { beginningOf, graphemes } from './graphemes.ts'
import { currentPath, type Conversation, type ConversationNode } from './conversation.ts'
import { foldText, foldWithOrigin } from './fold-text.ts'
import { stepsOf } from '../reply/arrange-reply.ts'
import { readReply } from '../reply/read-reply.ts'
import { answerOf } from '../reply/reply-texts.ts'

export interface ChatSearch {
  /** Where a chat has what is looked for; undefined when it lacks a word. Linear in the length of the chat. Looks at all branches. */
  find(conversation: Conversation): ChatMatch | undefined
}

/** The text of a chat in which most words of the query stand. */
export type ChatMatch = Snippet &
  (
    | { readonly place: 'title' }
    /** `message`: of the user. `thinking`: with the reflections. */
    | { readonly place: 'message' | 'answer' | 'thinking'; readonly nodeId: string }
  )

/** A short piece of a text, in one line. */
export interface Snippet {
  /** At most 120 UTF-16 code units. */
  readonly snippet: string
  /** What was found in it: in order, apart from each other, in UTF-16 code units of `snippet`, `end` exclusive. At least one. */
  readonly ranges: readonly SnippetRange[]
}

export interface SnippetRange {
  readonly start: number
  readonly end: number
}

/**
 * Prepares a search for chats in which all words of a query occur, no matter in which of their texts. Words match inside other words,
 * which is what languages without spaces need; a text in double quotes matches as a whole. Case, accents and the width of
 * characters make no difference. A query without words finds nothing.
 */
export function createChatSearch(query: string): ChatSearch {
  const terms = termsOf(query)
  const words = terms.flatMap((term) => term.split(' '))

  function find(conversation: Conversation): ChatMatch | undefined {
    if (terms.length === 0) return undefined
    const missing = new Set(terms)
    const shown = new Set(currentPath(conversation).map(({ id }) => id))
    let best: Candidate | undefined
    for (const text of textsOf(conversation)) {
      const folded = foldText(text.content)
      const found = terms.filter((term) => folded.includes(term))
      if (found.length === 0) continue
      for (const term of found) missing.delete(term)
      const rank = rankOf(text, found.length, shown)
      if (best === undefined || rank > best.rank) best = { text, folded, found, rank }
    }
    return best === undefined || missing.size > 0 ? undefined : matchOf(best)
  }

  function* textsOf({ title, nodes }: Conversation): Iterable<Text> {
    if (title !== undefined) yield { place: 'title', content: title }
    for (const node of nodes) yield* textsOfNode(node)
  }

  function* textsOfNode(node: ConversationNode): Iterable<Text> {
    const { id: nodeId, content } = node
    if (node.role === 'user') return yield { place: 'message', nodeId, content }
    const folded = foldText(content)
    if (!words.some((word) => folded.includes(word))) return // spares the parsing of most replies
    const reply = readReply(node)
    const reasoning = stepsOf(reply).map(({ text }) => text)
    yield { place: 'answer', nodeId, content: answerOf(reply) }
    yield { place: 'thinking', nodeId, content: reasoning.join('\n') }
  }

  return { find }
}

type Text =
  | { readonly place: 'title'; readonly content: string }
  | { readonly place: 'message' | 'answer' | 'thinking'; readonly nodeId: string; readonly content: string }

interface Candidate {
  readonly text: Text
  readonly folded: string
  readonly found: readonly string[]
  readonly rank: number
}

function termsOf(query: string): string[] {
  const terms = query.replace(/[“”„‟＂]/g, '"').match(/"[^"]*"?|[^\s"]+/g) ?? []
  return [...new Set(terms.map((term) => foldText(term.replaceAll('"', '')).trim()))].filter((term) => term !== '')
}

/** More words count most; then a place to go to rather than the title, the branch that is shown, and what was said rather than thought. */
function rankOf(text: Text, found: number, shown: ReadonlySet<string>): number {
  if (text.place === 'title') return found * 8
  return found * 8 + 4 + (shown.has(text.nodeId) ? 2 : 0) + (text.place === 'thinking' ? 0 : 1)
}

function matchOf({ text, folded, found }: Candidate): ChatMatch {
  const at = Math.min(...found.map((term) => folded.indexOf(term)))
  const { start } = foldWithOrigin(text.content).originOf(at, at + 1)
  const snippet = snippetAt(text.content, start, found)
  return text.place === 'title'
    ? { place: text.place, ...snippet }
    : { place: text.place, nodeId: text.nodeId, ...snippet }
}

const LONGEST_SNIPPET = 120
/** UTF-16 code units before the first word that was found, where the text goes on long enough after it. */
const LEAD = 40
/** A longer stretch without a space is no word but, say, Chinese; UTF-16 code units. */
const LONGEST_TORN_WORD = 15
const ELLIPSIS = '…'

/** @param at - Where the first of the terms begins in the text. */
function snippetAt(text: string, at: number, terms: readonly string[]): Snippet {
  const room = LONGEST_SNIPPET - 2 * ELLIPSIS.length
  const before = leadTo(text, at, Math.max(LEAD, room - (text.length - at)))
  const after = restFrom(text, at, room - before.text.length)
  const body = before.text + after.text
  const shift = before.isCut ? ELLIPSIS.length : 0
  const ranges = rangesOf(body, terms)
  // A term that is longer than the snippet is cut off by its end.
  if (ranges.length === 0) ranges.push({ start: before.text.length, end: body.length })
  return {
    snippet: (before.isCut ? ELLIPSIS : '') + body + (after.isCut ? ELLIPSIS : ''),
    ranges: ranges.map(({ start, end }) => ({ start: start + shift, end: end + shift })),
  }
}

/** Whole characters before a place, as far back as there is room, without the rest of a word that was cut. */
function leadTo(text: string, at: number, room: number): { text: string; isCut: boolean } {
  const from = Math.max(0, at - 4 * room) // a run of white space takes no more room than one space
  const lead = inOneLine(text.slice(from, at)).trimStart()
  if (from === 0 && lead.length <= room) return { text: lead, isCut: false }
  const characters = graphemes(lead)
  if (from > 0) characters.shift() // may be the rest of one
  let length = characters.join('').length
  while (length > room) length -= characters.shift()?.length ?? length
  const kept = characters.join('')
  const space = kept.trimEnd().indexOf(' ')
  return { text: kept.slice(space < LONGEST_TORN_WORD ? space + 1 : 0), isCut: true }
}

/** Whole characters from a place on, as far as there is room. */
function restFrom(text: string, at: number, room: number): { text: string; isCut: boolean } {
  const to = Math.min(text.length, at + 4 * room)
  const rest = inOneLine(text.slice(at, to)).trimEnd()
  if (to === text.length && rest.length <= room) return { text: rest, isCut: false }
  return { text: beginningOf(rest, room).trimEnd(), isCut: true }
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function rangesOf(snippet: string, terms: readonly string[]): SnippetRange[] {
  const { folded, originOf } = foldWithOrigin(snippet)
  const found: SnippetRange[] = []
  for (const term of terms) {
    for (let at = folded.indexOf(term); at >= 0; at = folded.indexOf(term, at + term.length)) {
      found.push(originOf(at, at + term.length))
    }
  }
  const ranges: SnippetRange[] = []
  for (const { start, end } of found.toSorted((one, other) => one.start - other.start)) {
    const last = ranges.at(-1)
    if (last === undefined || start > last.end) ranges.push({ start, end })
    else if (end > last.end) ranges[ranges.length - 1] = { start: last.start, end }
  }
  return ranges
}
