import type { RunEvent } from '../src/core/engine.ts'
import { createFollowedReply, type RunProgress } from '../src/core/reply/followed-reply.ts'
import type { ReplyPlace } from '../src/core/reply/reply-place.ts'
import type { TagDialect } from '../src/core/tags/dialect.ts'
import type { FinishReason } from '../src/core/tags/tag-event.ts'
import { createTokenText } from './token-text.ts'

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
  progress(): RunProgress
  /** Takes a token that the model drew. */
  take(id: number): void
  /** Takes tokens that the engine writes in the model's stead. */
  force(ids: readonly number[]): void
  /** Shows what a token began and none completed: bytes that are no character. */
  flush(): void
  /** Takes such tokens back: whoever goes on with the reply writes the character whole. */
  dropUnfinished(): void
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

export function createGrowingReply({
  dialect,
  start,
  decode,
  continued,
  elapsed,
  emit,
}: GrowingReplyOptions): GrowingReply {
  const reply = createFollowedReply({ dialect, start, elapsed, emit })
  const { place } = reply
  const text = createTokenText(decode)
  const ids: number[] = []
  let firstToken: number | undefined
  for (const id of continued) add(id)
  reply.say(text.flush()) // it is text already, whatever it ends with
  reply.begin()

  function add(id: number): void {
    ids.push(id)
    reply.say(text.push(id))
    place.book()
  }

  return {
    get raw() {
      return reply.raw
    },
    ids,
    get length() {
      return ids.length - continued.length
    },
    place,
    get firstMs() {
      return { ...(firstToken === undefined ? {} : { token: firstToken }), ...reply.firstMs }
    },
    progress: reply.progress,
    take(id) {
      firstToken ??= elapsed()
      add(id)
    },
    force: (forced) => forced.forEach(add),
    flush: () => reply.say(text.flush()),
    dropUnfinished: () => void (ids.length -= text.drop()),
    mark: reply.mark,
    finish: reply.finish,
  }
}
