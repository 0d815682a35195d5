import { isWhiteSpace } from './character.ts'
import { createCodeSpan } from './code-span.ts'
import type { TagDialect } from './dialect.ts'
import { createMarkdownPosition } from './markdown-position.ts'
import type { DeltaEvent, EndCause, FinishReason, ReasoningKind, TagEvent, TextSection } from './tag-event.ts'
import type { Tag } from './tag-matcher.ts'

/**
 * What a tag means where it stands. Model output is never an error, so every tag has a meaning:
 *
 * In thinking and reflections
 * - A closing tag ends the nearest open block of its kind, and by implication the blocks inside it.
 * - `<output>` ends all reasoning by implication, and so does a tool tag, which stays in the text.
 * - Where the dialect has an output tag, blocks nest, up to eight deep; deeper openers are text. Where it has none,
 *   nothing but its closer leads out of thinking, so depth is not counted: an opener inside its own kind is text.
 * - A second opener of thinking on a still blank block is absorbed.
 * - An open fence protects nothing: it must not swallow the answer. Quotations are text: a tag that a backtick touches on
 *   both sides, an opener (or tool tag) right after the backticks that open a code span, a tag inside a code span right
 *   before a backtick. A code span ends with its line.
 * - `</thinking>` inside a reflection that stands in no thinking ends it by implication.
 *
 * In an output block
 * - Only `</output>` ends it, and not inside code. Other tags are text, `<output>` on a blank block is absorbed.
 * - If the block had ended thinking by implication, a later `</thinking>` proves that the opener was a mention: the
 *   block is reclassified as thinking.
 *
 * Outside all blocks
 * - Inside code every tag is text.
 * - The first opener of a kind counts anywhere, a later one (and a reflection after thinking) only at the start of a
 *   line, right after a tag, or anywhere with `reopen: 'any'`.
 * - `</output>` is absorbed; other closers after nothing but white space are too.
 * - `</thinking>` after text proves that the text was thinking, if no opener had been seen (the prompt held it), or if
 *   an opener still lacks its closer because a tag in its block had ended it by implication: the text is reclassified.
 *   Any other closer is text.
 * - If the first opener stands after visible text and its block is still open when the model stops by itself, it was a
 *   mention: everything from it on is reclassified as output.
 *
 * An empty tag (`<thinking/>`) is an empty block; `<output/>` in reasoning is text.
 */
export interface TagGrammar {
  /** Announces the block that the stream begins in, once. */
  begin(): void
  /** Takes note of text, in order, as soon as it is known to be text; `send` follows later and in larger pieces. */
  read(source: string, from: number, to: number): void
  /** Emits text that has been read. Empty text is nothing. */
  send(text: string): void
  /**
   * Reads and emits text at once. `marked` says whether it may have backticks or line ends: other text mostly changes
   * nothing here but the offset. Nearly all text comes this way.
   */
  pass(delta: string, marked: boolean): void
  /** What code around this place means for a tag here. All text before it has been read. */
  protection(): Protection
  /** What the tag means here; all text before it has been read. */
  judge(tag: Tag): Verdict
  /** Carries out the verdict on a tag; all text before it has been sent. Returns false if the tag's characters are text. */
  apply(verdict: Verdict, tag: Tag, raw: string): boolean
  /** Closes what is open and says how the stream ended. All text has been sent. */
  finish(reason: FinishReason): void
}

/** Where events go. Deltas, nearly all of them, go their own way: code that meets only them runs several times faster. */
export interface TagOutput {
  emit(event: Exclude<TagEvent, DeltaEvent>): void
  emitDelta(event: DeltaEvent): void
}

export interface TagGrammarOptions {
  readonly start: 'root' | 'thinking'
  readonly reopen: 'line-start' | 'any'
}

/** Blocks that can be open at once; deeper openers are text, so the stack is bounded. */
const DEEPEST = 8

/**
 * What code means for a tag in its place: nothing; that it is text; that it is text if a backtick follows it; or that,
 * and an opener is text in any case.
 */
export type Protection = 'none' | 'text' | 'text-before-backtick' | 'opener-is-text'

/** The meaning of a tag in its place. */
export type Verdict = 'text' | 'absorb' | 'open' | 'close' | 'leave-by-output' | 'leave-by-tool' | 'close-unopened'

interface ReasoningBlock {
  readonly id: string
  readonly index: number
  readonly kind: ReasoningKind
  /** Begun by the stream, not by a tag. */
  readonly implicit: boolean
  /** The first opener of the stream, after visible text: a mention if nothing ever closes it. */
  readonly perhapsMention: boolean
}

export function createTagGrammar(dialect: TagDialect, options: TagGrammarOptions, output: TagOutput): TagGrammar {
  const { emit, emitDelta } = output
  const nests = dialect.output !== undefined
  const markdown = createMarkdownPosition() // of visible text
  const span = createCodeSpan() // of reasoning
  const stack: ReasoningBlock[] = []
  let top: ReasoningBlock | undefined // of the stack
  let text: { readonly id: string; readonly section: TextSection } | undefined
  let offset = 0 // of the end of what has been emitted
  let reasoningCount = 0
  let textCount = 0
  let firstTextSinceThinking = 0 // number of the first text block since thinking was last closed, or of all

  let begun = false
  let blank = true // only white space since the last tag that began or ended a block
  let idle = false // text without backticks and line ends changes nothing here but the offset
  let blockBlank = false // ... and that tag opened the current block
  let visible = false // text other than white space has been read outside reasoning
  let tagOpened = false // a tag has begun a block
  let thinkingKnown = false // where thinking began is known, or an answer has begun: text so far is no thinking in disguise
  let outputSeen = false
  let spareOpeners = 0 // openers of thinking that were absorbed in the open blocks; their closers may come
  let owedClosers = 0 // openers of thinking in the last reasoning whose closers have not come

  function begin(): void {
    if (begun) return
    begun = true
    if (options.start === 'thinking') startReasoning('thinking', true, false)
  }

  function read(source: string, from: number, to: number): void {
    if (blank) {
      for (let at = from; at < to; at++) {
        if (isWhiteSpace(source.charCodeAt(at))) continue
        blank = false
        blockBlank = false
        if (top === undefined) visible = true
        break
      }
    }
    const quiet = top === undefined ? markdown.read(source, from, to) : span.read(source, from, to)
    idle = quiet && !blank
  }

  function protection(): Protection {
    if (top === undefined) return markdown.insideCode() ? 'text' : 'none'
    const afterBacktick = span.afterBacktick()
    const inside = span.inside()
    if (!afterBacktick) return inside ? 'text-before-backtick' : 'none'
    return inside ? 'opener-is-text' : 'text-before-backtick'
  }

  function send(delta: string): void {
    if (delta.length === 0) return
    const start = offset
    offset += delta.length
    if (top !== undefined) {
      emitDelta({ type: 'reasoning-delta', id: top.id, delta, start, end: offset })
    } else {
      text ??= startText('outside')
      emitDelta({ type: 'text-delta', id: text.id, section: text.section, delta, start, end: offset })
    }
  }

  function pass(delta: string, marked: boolean): void {
    if (marked || !idle) read(delta, 0, delta.length)
    send(delta)
  }

  function judge(tag: Tag): Verdict {
    if (top !== undefined) return judgeInReasoning(tag)
    return text?.section === 'output' ? judgeInOutput(tag) : judgeOutside(tag)
  }

  function judgeInReasoning(tag: Tag): Verdict {
    if (tag.kind === 'tool') return 'leave-by-tool'
    if (tag.form === 'close') {
      if (isOpen(tag.kind)) return 'close'
      if (tag.kind === 'thinking') return 'close-unopened'
      return blank ? 'absorb' : 'text'
    }
    if (tag.kind === 'output') return tag.form === 'empty' ? 'text' : 'leave-by-output'
    if (top?.kind === tag.kind && blockBlank && (tag.kind === 'thinking' || !nests)) return 'absorb'
    if (!nests && isOpen(tag.kind)) return 'text'
    return stack.length < DEEPEST ? 'open' : 'text'
  }

  function judgeInOutput(tag: Tag): Verdict {
    if (tag.kind === 'output') {
      if (tag.form === 'close') return 'close'
      return blockBlank ? 'absorb' : 'text'
    }
    return tag.kind === 'thinking' && tag.form === 'close' && owedClosers > 0 ? 'close-unopened' : 'text'
  }

  function judgeOutside(tag: Tag): Verdict {
    if (tag.kind === 'tool') return 'text'
    if (tag.form === 'close') {
      if (blank || tag.kind === 'output') return 'absorb'
      return tag.kind === 'thinking' && textMayBeThinking() ? 'close-unopened' : 'text'
    }
    const first = tag.kind === 'output' ? !outputSeen : !thinkingKnown
    return first || options.reopen === 'any' || markdown.atLineStart() ? 'open' : 'text'
  }

  /** Whether a closing tag of thinking, now, tells that the text outside all blocks since thinking last ended is thinking. */
  function textMayBeThinking(): boolean {
    return !thinkingKnown || owedClosers > 0
  }

  function isOpen(kind: Tag['kind']): boolean {
    return stack.some((block) => block.kind === kind)
  }

  function apply(verdict: Verdict, tag: Tag, raw: string): boolean {
    switch (verdict) {
      case 'absorb':
        absorb(tag, raw)
        return true
      case 'open':
        if (tag.kind === 'output') {
          owedClosers = 0
          openOutput(tag, raw)
        } else if (tag.kind !== 'tool') openReasoning(tag.kind, tag, raw)
        return true
      case 'close':
        if (text !== undefined) closeOutput(raw)
        else closeReasoning(tag.kind, raw)
        return true
      case 'leave-by-output':
        leaveReasoning()
        openOutput(tag, raw)
        return true
      case 'leave-by-tool':
        leaveReasoning()
        return false
      case 'close-unopened':
        closeUnopenedThinking(raw)
        return true
      case 'text':
        return false
    }
  }

  function absorb(tag: Tag, raw: string): void {
    if (tag.kind === 'thinking') {
      if (tag.form === 'close') {
        if (owedClosers > 0) owedClosers--
      } else {
        thinkingKnown = true
        if (tag.form === 'open' && nests && top?.implicit === false) spareOpeners++
      }
    }
    markup('absorbed', raw, top?.id ?? (text?.section === 'output' ? text.id : undefined))
    if (!blank) {
      endText() // `</output>` after an answer without its opener: what follows is something else
      settle(false)
    }
  }

  function openReasoning(kind: ReasoningKind, tag: Tag, raw: string): void {
    const atRoot = top === undefined
    endText()
    if (atRoot && kind === 'thinking') owedClosers = 0
    const block = startReasoning(kind, false, atRoot && visible && !tagOpened && !thinkingKnown)
    tagOpened = true
    if (kind === 'thinking') thinkingKnown = true
    markup('open', raw, block.id)
    if (tag.form === 'empty') endReasoningByTag(kind)
  }

  function startReasoning(kind: ReasoningKind, implicit: boolean, perhapsMention: boolean): ReasoningBlock {
    const index = reasoningCount++
    const block = { id: `reasoning-${index}`, index, kind, implicit, perhapsMention }
    const parent = top
    stack.push(block)
    top = block
    settle(true)
    emit({
      type: 'reasoning-start',
      id: block.id,
      kind,
      ...(parent === undefined ? {} : { parentId: parent.id }),
      ...(implicit ? { implicit } : {}),
    })
    return block
  }

  function closeReasoning(kind: Tag['kind'], raw: string): void {
    while (top !== undefined && top.kind !== kind) endReasoning('implicit')
    if (top === undefined) return
    const block = top
    // A blank block that the prompt opened may be one the model skipped, or one it is about to begin after all.
    if (kind === 'thinking' && !(block.implicit && blockBlank)) thinkingKnown = true
    markup('close', raw, block.id)
    endReasoningByTag(block.kind)
  }

  function endReasoningByTag(kind: ReasoningKind): void {
    endReasoning('tag')
    if (top === undefined && kind === 'thinking') leftThinking(0)
  }

  /** Ends all reasoning because of a tag that belongs outside it. */
  function leaveReasoning(): void {
    const unclosed = stack.filter((block) => block.kind === 'thinking').length
    while (top !== undefined) endReasoning('implicit')
    thinkingKnown = true
    leftThinking(unclosed)
  }

  function leftThinking(unclosed: number): void {
    owedClosers = unclosed + spareOpeners
    spareOpeners = 0
    firstTextSinceThinking = textCount
  }

  function endReasoning(cause: EndCause): void {
    const block = stack.pop()
    if (block === undefined) return
    top = stack.at(-1)
    settle(false)
    emit({ type: 'reasoning-end', id: block.id, cause })
  }

  function openOutput(tag: Tag, raw: string): void {
    endText()
    tagOpened = true
    thinkingKnown = true
    outputSeen = true
    text = startText('output')
    settle(true)
    markup('open', raw, text.id)
    if (tag.form === 'empty') {
      endText()
      settle(false)
    }
  }

  function closeOutput(raw: string): void {
    owedClosers = 0
    markup('close', raw, text?.id)
    endText()
    settle(false)
  }

  /** A closing tag of thinking where none is open: ends what is open, and tells what the text before it was. */
  function closeUnopenedThinking(raw: string): void {
    while (top !== undefined) endReasoning('implicit')
    const first = text?.section === 'output' ? textCount - 1 : firstTextSinceThinking
    endText()
    if (textMayBeThinking() && first < textCount) {
      const ids = Array.from({ length: textCount - first }, (_, after) => `text-${first + after}`)
      emit({ type: 'reclassify', ids, to: 'thinking' })
    }
    markup('close', raw, undefined)
    thinkingKnown = true
    if (owedClosers > 0) owedClosers--
    firstTextSinceThinking = textCount
    settle(false)
  }

  function startText(section: TextSection): { id: string; section: TextSection } {
    const started = { id: `text-${textCount++}`, section }
    emit({ type: 'text-start', id: started.id, section })
    return started
  }

  function endText(): void {
    if (text === undefined) return
    const { id, section } = text
    text = undefined
    emit({ type: 'text-end', id, section })
  }

  function markup(role: 'open' | 'close' | 'absorbed', raw: string, id: string | undefined): void {
    const start = offset
    offset += raw.length
    emit({ type: 'markup', role, raw, start, end: offset, ...(id === undefined ? {} : { id }) })
  }

  /** A block began (`opened`) or ended here: what follows is the beginning of something. */
  function settle(opened: boolean): void {
    blank = true
    blockBlank = opened
    idle = false
    markdown.reset()
    span.reset()
  }

  function finish(reason: FinishReason): void {
    begin()
    const bottom = stack[0]
    const mention = bottom !== undefined && bottom.perhapsMention && reason === 'stop'
    const unclosed = mention ? [] : stack.map((block) => block.id)
    if (text?.section === 'output') unclosed.push(text.id)
    endText()
    while (top !== undefined) endReasoning('finish')
    if (mention) {
      const ids = Array.from(
        { length: reasoningCount - bottom.index },
        (_, after) => `reasoning-${bottom.index + after}`,
      )
      emit({ type: 'reclassify', ids, to: 'output' })
    }
    emit({ type: 'finish', reason, unclosed })
  }

  return {
    begin,
    read,
    send,
    pass,
    protection,
    judge,
    apply,
    finish,
  }
}
