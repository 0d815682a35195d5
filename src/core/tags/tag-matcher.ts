import {
  APOSTROPHE,
  CARRIAGE_RETURN,
  EQUALS,
  GREATER_THAN,
  LESS_THAN,
  LINE_FEED,
  QUOTATION_MARK,
  SLASH,
  SPACE,
  TAB,
} from './character.ts'
import type { TagDialect } from './dialect.ts'
import type { ReasoningKind } from './tag-event.ts'

/** The longest text, in UTF-16 code units from `<` to `>`, that can be a tag. It bounds what the parser holds back. */
export const LONGEST_TAG = 256

/** What a complete tag says, before its place decides what it means. */
export interface Tag {
  readonly kind: ReasoningKind | 'output' | 'tool'
  readonly form: 'open' | 'close' | 'empty'
}

/** What one more code unit made of the text since `<`. */
export type MatchResult = 'unfinished' | 'tag' | 'text'

/** Reads the text after a `<`, one code unit at a time and each once, until it is a tag or cannot become one. */
export interface TagMatcher {
  /** Whether a tag can have this code unit right after its `<`. */
  mayFollowBracket(code: number): boolean
  /** Begins after a `<`. */
  begin(): void
  /** Reads the next code unit. A unit that gives `text` is not part of the failed tag: it may be the next `<`. */
  step(code: number): MatchResult
  /** The tag; only after `step` gave `tag`. */
  tag(): Tag
}

/** A node of a trie of code units; `end` where an entry is complete. */
interface Branch<Entry> {
  readonly next: Map<number, Branch<Entry>>
  end?: Entry
}

/** Where in a tag the matcher stands; the attribute positions follow HTML. */
type Place =
  | 'name'
  | 'before-bracket'
  | 'before-attribute'
  | 'attribute-name'
  | 'after-attribute-name'
  | 'before-value'
  | 'bare-value'
  | 'double-quoted'
  | 'single-quoted'
  | 'after-value'
  | 'slash'
  | 'nowhere'

/**
 * Matches the tags of one dialect: `<name>`, `<name attribute="value">`, `<name/>`, `</name>`, names in any ASCII case,
 * white space only after the name; and tool tags, character for character.
 * @param toolTags - Each with one `<`, its first character.
 */
export function createTagMatcher(dialect: TagDialect, toolTags: readonly string[]): TagMatcher {
  const names: Branch<Tag> = { next: new Map() }
  const tools: Branch<Tag> = { next: new Map() }
  for (const kind of ['thinking', 'reflection', 'output'] as const) {
    const name = dialect[kind]?.toLowerCase()
    if (name === undefined) continue
    plant(names, name, { kind, form: 'open' })
    plant(names, `/${name}`, { kind, form: 'close' })
  }
  for (const tag of toolTags) plant(tools, tag.slice(1), { kind: 'tool', form: 'open' })

  let length = 0 // code units read, '<' included
  let place: Place = 'nowhere'
  let name: Branch<Tag> = names // how much of a name has been read
  let tool: Branch<Tag> | undefined // how much of a tool tag has been read; undefined once it cannot be one
  let found: Tag = { kind: 'thinking', form: 'open' }

  function mayFollowBracket(code: number): boolean {
    return names.next.has(lowerCase(code)) || tools.next.has(code)
  }

  function begin(): void {
    length = 1
    place = 'name'
    name = names
    tool = toolTags.length > 0 ? tools : undefined
  }

  function step(code: number): MatchResult {
    if (code === LESS_THAN || ++length > LONGEST_TAG) return 'text' // a tag has one '<', so nothing is read twice
    tool = tool?.next.get(code)
    if (tool?.end !== undefined) {
      found = tool.end
      return 'tag'
    }
    if (place !== 'nowhere') {
      if (code === GREATER_THAN && endsTag()) return 'tag'
      place = nextPlace(code)
    }
    return place === 'nowhere' && tool === undefined ? 'text' : 'unfinished'
  }

  /** Whether `>` here completes the tag; notes which tag it is. */
  function endsTag(): boolean {
    if (place === 'double-quoted' || place === 'single-quoted' || place === 'before-value') return false
    if (name.end === undefined) return false
    found = place === 'slash' ? { kind: name.end.kind, form: 'empty' } : name.end
    return true
  }

  function nextPlace(code: number): Place {
    switch (place) {
      case 'name': {
        const longer = name.next.get(lowerCase(code))
        if (longer !== undefined) {
          name = longer
          return 'name'
        }
        if (name.end === undefined) return 'nowhere'
        if (name.end.form === 'close') return isTagSpace(code) ? 'before-bracket' : 'nowhere'
        return betweenAttributes(code)
      }
      case 'before-bracket':
        return isTagSpace(code) ? 'before-bracket' : 'nowhere'
      case 'before-attribute':
        return isNameStart(code) ? 'attribute-name' : betweenAttributes(code)
      case 'attribute-name':
        if (isNameStart(code) || isNamePart(code)) return 'attribute-name'
        if (isTagSpace(code)) return 'after-attribute-name'
        return code === EQUALS ? 'before-value' : betweenAttributes(code)
      case 'after-attribute-name':
        if (isTagSpace(code)) return 'after-attribute-name'
        if (isNameStart(code)) return 'attribute-name'
        return code === EQUALS ? 'before-value' : betweenAttributes(code)
      case 'before-value':
        if (isTagSpace(code)) return 'before-value'
        if (code === QUOTATION_MARK) return 'double-quoted'
        if (code === APOSTROPHE) return 'single-quoted'
        return code === GREATER_THAN ? 'nowhere' : 'bare-value'
      case 'bare-value':
        return isTagSpace(code) ? 'before-attribute' : 'bare-value'
      case 'double-quoted':
        return code === QUOTATION_MARK ? 'after-value' : 'double-quoted'
      case 'single-quoted':
        return code === APOSTROPHE ? 'after-value' : 'single-quoted'
      case 'after-value':
        return betweenAttributes(code)
      default:
        return 'nowhere'
    }
  }

  return { mayFollowBracket, begin, step, tag: () => found }
}

/** The code unit in lower case, if it is an ASCII letter. */
function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
}

/** What may follow a name or a value: white space, or the slash of an empty tag. */
function betweenAttributes(code: number): Place {
  if (isTagSpace(code)) return 'before-attribute'
  return code === SLASH ? 'slash' : 'nowhere'
}

function isTagSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === TAB || code === CARRIAGE_RETURN || code === 0x0c
}

/** `A-Z a-z _ :`, as in XML. */
function isNameStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x3a
}

/** `- . 0-9`, what an XML name may hold beside what it may begin with. */
function isNamePart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e
}

function plant<Entry>(root: Branch<Entry>, text: string, entry: Entry): void {
  let branch = root
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    let next = branch.next.get(code)
    if (next === undefined) {
      next = { next: new Map() }
      branch.next.set(code, next)
    }
    branch = next
  }
  branch.end = entry
}
