import { subtractTokens } from '../channel-tokens.ts'
import type { ChannelTokens, RunEvent } from '../engine.ts'
import { createTagParser } from '../tags/create-tag-parser.ts'
import type { TagDialect } from '../tags/dialect.ts'
import type { FinishReason, TagEvent } from '../tags/tag-event.ts'
import { createReplyPlace, type ReplyPlace } from './reply-place.ts'

/** How a run stands. */
export interface RunProgress {
  readonly tokens: ChannelTokens
  readonly elapsedMs: number
}

/** A reply while a run writes it, whatever it is that writes: text goes in, the parser's events and checkpoints come out. */
export interface FollowedReply {
  /** All that was written, the part that is continued included. */
  readonly raw: string
  readonly place: ReplyPlace
  /** When the first text of each kind came, milliseconds since the run began; absent while there is none. */
  readonly firstMs: { readonly thinking?: number; readonly output?: number }
  /** What was said so far is the part that is continued: it is told to nobody and counts for nothing. Called once, before the rest. */
  begin(): void
  say(text: string): void
  progress(): RunProgress
  /** Tells how the run stands here, unless that was just told. */
  mark(): void
  /** Ends what is open. The last event is `finish`. */
  finish(reason: FinishReason): void
}

export interface FollowedReplyOptions {
  readonly dialect: TagDialect
  /** `thinking` when the prompt holds the opening tag already. */
  readonly start: 'root' | 'thinking'
  /** Milliseconds since the run began. */
  readonly elapsed: () => number
  readonly emit: (event: RunEvent) => void
}

/** Where one block's text ends or another's begins. */
const BLOCK_EDGES: ReadonlySet<string> = new Set(['reasoning-start', 'reasoning-end', 'text-start', 'text-end'])

export function createFollowedReply({ dialect, start, elapsed, emit }: FollowedReplyOptions): FollowedReply {
  const place = createReplyPlace(start)
  const firstMs: { thinking?: number; output?: number } = {}
  let raw = ''
  let parsed = 0 // of the raw reply, as far as events went out
  let marked = -1 // where the last checkpoint stands
  let known: ChannelTokens | undefined // of the part that is continued, once that is parsed
  const parser = createTagParser({ dialect, start, keep: false }, follow)

  function follow(event: TagEvent): void {
    if (known !== undefined && BLOCK_EDGES.has(event.type)) mark()
    if ('end' in event) parsed = event.end
    place.add(event)
    if (known === undefined) return
    if (event.type === 'reasoning-delta') firstMs.thinking ??= elapsed()
    if (event.type === 'text-delta' && event.delta.trim() !== '') firstMs.output ??= elapsed()
    emit(event)
  }

  function progress(): RunProgress {
    return {
      tokens: known === undefined ? place.tokens : subtractTokens(place.tokens, known),
      elapsedMs: elapsed(),
    }
  }

  function mark(): void {
    if (marked === parsed) return
    marked = parsed
    emit({ type: 'checkpoint', at: parsed, ...progress() })
  }

  return {
    get raw() {
      return raw
    },
    place,
    firstMs,
    begin: () => void (known = { ...place.tokens }),
    say(text) {
      raw += text
      parser.push(text)
    },
    progress,
    mark,
    finish: (reason) => parser.finish(reason),
  }
}
