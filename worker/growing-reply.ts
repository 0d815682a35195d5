import { subtractTokens } from '../src/core/channel-tokens.ts'
import type { ChannelTokens, RunEvent } from '../src/core/engine.ts'
import { createTagParser } from '../src/core/tags/create-tag-parser.ts'
import type { TagDialect } from '../src/core/tags/dialect.ts'
import type { FinishReason, TagEvent } from '../src/core/tags/tag-event.ts'
import { createReplyPlace, type ReplyPlace } from '../src/core/reply/reply-place.ts'
import { createTokenText } from './token-text.ts'

export interface ReplyProgress {
  readonly tokens: ChannelTokens
  readonly elapsedMs: number
}

/** A reply while it is written: tokens go in, events come out. */
export interface GrowingReply {
  /** All that was written, the part that is continued included. */
  readonly raw: string
  /** Its tokens, those of the part that is continued included. */
  readonly ids: readonly number[]
  /** Tokens that this run wrote. */
  readonly length: number
  readonly place: ReplyPlace
  /** When the first token and the first text of each kind came, milliseconds; absent while there is none. */
  readonly firstMs: { readonly token?: number; readonly thinking?: number; readonly output?: number }
  progress(): ReplyProgress
  /** Takes a token that the model drew. */
  take(id: number): void
  /** Takes tokens that the engine writes in the model's stead. */
  force(ids: readonly number[]): void
  /** Shows what a token began and none completed: bytes that are no character. */
  flush(): void
  /** Says how the reply stands at its end. */
  mark(): void
  /** Ends what is open. The last event is `finish`. */
  finish(reason: FinishReason): void
}

export interface GrowingReplyOptions {
  readonly dialect: TagDialect
  /** `thinking` when the prompt holds the opening tag already. */
  readonly start: 'root' | 'thinking'
  readonly decode: (ids: readonly number[]) => string
  /** Tokens of the part that is continued: parsed again, in silence. */
  readonly continued: readonly number[]
  /** Milliseconds since the run began. */
  readonly elapsed: () => number
  readonly emit: (event: RunEvent) => void
}

/** Where one block's text ends or another's begins. */
const BLOCK_EDGES: ReadonlySet<RunEvent['type']> = new Set([
  'reasoning-start',
  'reasoning-end',
  'text-start',
  'text-end',
])

export function createGrowingReply({
  dialect,
  start,
  decode,
  continued,
  elapsed,
  emit,
}: GrowingReplyOptions): GrowingReply {
  const place = createReplyPlace(start)
  const text = createTokenText(decode)
  const ids: number[] = []
  const firstMs: { token?: number; thinking?: number; output?: number } = {}
  let raw = ''
  let parsed = 0 // of the raw reply, as far as events went out
  let marked = -1 // where the last checkpoint stands
  let isKnown = true // while the part that is continued is parsed
  const parser = createTagParser({ dialect, start, keep: false }, follow)
  for (const id of continued) add(id)
  isKnown = false
  const known = { ...place.tokens }

  function follow(event: TagEvent): void {
    if (!isKnown && BLOCK_EDGES.has(event.type)) mark()
    if ('end' in event) parsed = event.end
    place.add(event)
    if (isKnown) return
    if (event.type === 'reasoning-delta') firstMs.thinking ??= elapsed()
    if (event.type === 'text-delta' && event.delta.trim() !== '') firstMs.output ??= elapsed()
    emit(event)
  }

  function progress(): ReplyProgress {
    return { tokens: subtractTokens(place.tokens, known), elapsedMs: elapsed() }
  }

  function mark(): void {
    if (marked === parsed) return
    marked = parsed
    emit({ type: 'checkpoint', at: parsed, ...progress() })
  }

  function say(piece: string): void {
    raw += piece
    parser.push(piece)
  }

  function add(id: number): void {
    ids.push(id)
    say(text.push(id))
    place.book()
  }

  return {
    get raw() {
      return raw
    },
    ids,
    get length() {
      return ids.length - continued.length
    },
    place,
    firstMs,
    progress,
    take(id) {
      firstMs.token ??= elapsed()
      add(id)
    },
    force: (forced) => forced.forEach(add),
    flush: () => say(text.flush()),
    mark,
    finish: (reason) => parser.finish(reason),
  }
}
