import { BACKTICK, CARRIAGE_RETURN, isHighSurrogate, LESS_THAN, LINE_FEED, LONGEST_SCANNED } from './character.ts'
import { resolveDialect, type DialectName, type TagDialect } from './dialect.ts'
import type { FinishReason, TagSink } from './tag-event.ts'
import { createTagGrammar, type Protection, type TagOutput } from './tag-grammar.ts'
import { createTagMatcher, LONGEST_TAG } from './tag-matcher.ts'
import { createTranscript, type TagSnapshot, type Transcript } from './transcript.ts'

/** How a stream is read; all of it optional. */
export interface TagParserOptions {
  /** The tags to look for, by the name of a known dialect or as data. Default: `reflection`. */
  readonly dialect?: DialectName | TagDialect
  /** Where the stream begins: `thinking` when the prompt already holds the opening tag. Default: `root`. */
  readonly start?: 'root' | 'thinking'
  /** Where a second block of a kind may begin outside all blocks. Default: `line-start`. */
  readonly reopen?: 'line-start' | 'any'
  /**
   * Tags of a tool-call syntax, exact, such as `<tool_call>`: inside reasoning they end it, and they stay in the text.
   * Each begins with its only `<` and has 2 to 256 UTF-16 code units. Default: none.
   */
  readonly toolTags?: readonly string[]
  /** False keeps no text for `snapshot()`: memory then stays bounded by the longest tag. Default: true. */
  readonly keep?: boolean
}

/** Takes a stream of text in pieces of any size and says at once what each piece is. */
export interface TagParser {
  /**
   * Reads the next piece of the stream. Events go to the sink before this returns; only what may still become a tag
   * (at most 256 code units), or half a surrogate pair, is held back.
   * @throws {Error} After `finish`. No text makes it throw.
   */
  push(chunk: string): void
  /** Ends the stream: sends what was held back, ends open blocks. A second call does nothing. Default reason: `stop`. */
  finish(reason?: FinishReason): void
  /**
   * What the events so far amount to. The work is done here, linear in the text so far: call it when something wants
   * the whole, not for each delta.
   * @throws {Error} When the parser was created with `keep: false`.
   */
  snapshot(): TagSnapshot
}

/**
 * Creates a streaming parser for the tags in which a model marks its thinking, self-checks and answer.
 *
 * The events do not depend on how the stream was cut, but for the number of deltas. Every character of the stream is
 * looked at a bounded number of times. `tag-grammar.ts` says what each tag means in each place.
 * @throws {TypeError} When an option is wrong; the message says which.
 */
export function createTagParser(options: TagParserOptions, sink: TagSink): TagParser {
  const dialect = resolveDialect(options.dialect ?? 'reflection')
  const start = oneOf('start', options.start ?? 'root', ['root', 'thinking'])
  const reopen = oneOf('reopen', options.reopen ?? 'line-start', ['line-start', 'any'])
  const toolTags = options.toolTags ?? []
  checkToolTags(toolTags)
  const transcript = options.keep === false ? undefined : createTranscript()
  const matcher = createTagMatcher(dialect, toolTags)
  const grammar = createTagGrammar(
    dialect,
    { start, reopen },
    transcript === undefined ? { emit: sink, emitDelta: sink } : keeping(transcript, sink),
  )

  let phase: 'text' | 'tag' | 'quotation' = 'text' // 'quotation': a complete tag, until the next character is known
  let held = '' // received but not sent: text in phase 'text', in the others the tag so far
  let from = 0 // of this chunk's text that has been neither sent nor held
  let tagAt = HELD // where in this chunk the tag begins
  let protection: Protection = 'none' // of the tag, by code around it
  let settled = false // nothing is held and no tag has begun, so that plain text can pass
  let finished = false

  function push(chunk: string): void {
    if (settled && pass(chunk)) return
    if (finished) throw new Error('This tag parser has finished. Create another for the next stream.')
    if (chunk.length === 0) return
    grammar.begin()
    from = 0
    tagAt = HELD
    let at = 0
    while (at < chunk.length) at = phase === 'text' ? readText(chunk, at) : readTag(chunk, at)
    sendSettled(chunk)
    settled = phase === 'text' && held === ''
  }

  /** Sends a chunk as it is, if no tag begins in it and no surrogate pair is cut off: the way of nearly every token. */
  function pass(chunk: string): boolean {
    if (chunk.length > LONGEST_SCANNED) {
      if (findTagStart(chunk, 0) < chunk.length || endsInsidePair(chunk)) return false
      grammar.pass(chunk, true)
      return true
    }
    let code = 0
    let marked = false
    for (let at = 0; at < chunk.length; at++) {
      code = chunk.charCodeAt(at)
      if (code > BACKTICK) continue
      if (code === LESS_THAN && mayBeginTag(chunk, at)) return false
      if (code === BACKTICK || code === LINE_FEED || code === CARRIAGE_RETURN) marked = true
    }
    if (isHighSurrogate(code)) return false
    grammar.pass(chunk, marked)
    return true
  }

  /** Where the next `<` stands that may begin a tag, or the end of the chunk. */
  function findTagStart(chunk: string, begin: number): number {
    let at = chunk.indexOf('<', begin)
    while (at >= 0 && !mayBeginTag(chunk, at)) at = chunk.indexOf('<', at + 1)
    return at < 0 ? chunk.length : at
  }

  /** Whether the character after the `<` at `at`, if it has come, leaves it open whether this is a tag. */
  function mayBeginTag(chunk: string, at: number): boolean {
    return at + 1 === chunk.length || matcher.mayFollowBracket(chunk.charCodeAt(at + 1))
  }

  /** Reads up to and including the next `<` that may begin a tag. */
  function readText(chunk: string, begin: number): number {
    const bracket = findTagStart(chunk, begin)
    if (bracket > begin) grammar.read(chunk, begin, bracket)
    if (bracket === chunk.length) return bracket
    protection = grammar.protection()
    if (protection === 'text') {
      grammar.read(chunk, bracket, bracket + 1)
    } else {
      phase = 'tag'
      tagAt = bracket
      matcher.begin()
    }
    return bracket + 1
  }

  function readTag(chunk: string, begin: number): number {
    let at = begin
    if (phase === 'quotation') {
      return chunk.charCodeAt(at) === BACKTICK ? takeAsText(chunk, at) : takeAsTag(chunk, at)
    }
    while (at < chunk.length) {
      const result = matcher.step(chunk.charCodeAt(at))
      if (result === 'text') return takeAsText(chunk, at)
      at++
      if (result === 'unfinished') continue
      if (protection === 'none') return takeAsTag(chunk, at)
      if (protection === 'opener-is-text' && matcher.tag().form !== 'close') return takeAsText(chunk, at)
      phase = 'quotation'
      break
    }
    return at
  }

  /** What looked like a tag until `end` is text. */
  function takeAsText(chunk: string, end: number): number {
    phase = 'text'
    if (tagAt === HELD) grammar.read(held, 0, held.length)
    grammar.read(chunk, tagAt === HELD ? 0 : tagAt, end)
    return end
  }

  /** A tag is complete at `end`; whether it is one here depends on its place. */
  function takeAsTag(chunk: string, end: number): number {
    const tag = matcher.tag()
    const verdict = grammar.judge(tag)
    if (verdict === 'text') return takeAsText(chunk, end)
    let raw = chunk.slice(tagAt === HELD ? 0 : tagAt, end)
    if (tagAt === HELD) raw = held + raw
    else grammar.send(held + chunk.slice(from, tagAt))
    held = ''
    from = end
    phase = 'text'
    if (!grammar.apply(verdict, tag, raw)) {
      grammar.read(raw, 0, raw.length)
      held = raw
    }
    return end
  }

  /** At the end of a chunk, sends all that cannot become part of a tag or of a surrogate pair, and holds the rest. */
  function sendSettled(chunk: string): void {
    if (phase !== 'text') {
      if (tagAt === HELD) {
        held += chunk
        return
      }
      grammar.send(held + chunk.slice(from, tagAt))
      held = chunk.slice(tagAt)
      return
    }
    const end = endsInsidePair(chunk) ? chunk.length - 1 : chunk.length
    grammar.send(held + chunk.slice(from, end))
    held = chunk.slice(end)
  }

  function finish(reason: FinishReason = 'stop'): void {
    if (finished) return
    finished = true
    settled = false
    tagAt = HELD
    if (phase === 'quotation') takeAsTag('', 0)
    else if (phase === 'tag') takeAsText('', 0)
    grammar.send(held)
    held = ''
    grammar.finish(reason)
  }

  function snapshot(): TagSnapshot {
    if (transcript === undefined) throw new Error('This tag parser keeps no text. Create it without `keep: false`.')
    return transcript.snapshot()
  }

  return { push, finish, snapshot }
}

/** Whether the next chunk has the second half of a surrogate pair. */
function endsInsidePair(chunk: string): boolean {
  return isHighSurrogate(chunk.charCodeAt(chunk.length - 1))
}

/** The tag being matched began in an earlier chunk, so `held` has its beginning. */
const HELD = -1

function keeping(transcript: Transcript, sink: TagSink): TagOutput {
  return {
    emit(event) {
      transcript.add(event)
      sink(event)
    },
    emitDelta(event) {
      transcript.addText(event.id, event.delta)
      sink(event)
    },
  }
}

function oneOf<Choice extends string>(option: string, value: Choice, choices: readonly Choice[]): Choice {
  if (choices.includes(value)) return value
  throw new TypeError(`The option "${option}" is one of ${choices.join(', ')}, not ${String(value)}.`)
}

function checkToolTags(tags: readonly string[]): void {
  for (const tag of tags) {
    const usable = typeof tag === 'string' && tag.length >= 2 && tag.length <= LONGEST_TAG && tag.lastIndexOf('<') === 0
    if (usable) continue
    throw new TypeError(`The tool tag ${JSON.stringify(tag)} cannot be used. Write it whole, such as "<tool_call>".`)
  }
}
