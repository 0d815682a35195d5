import type { RunEvent, RunSink, Usage } from '../../core/engine.ts'
import { createFollowedReply } from '../../core/reply/followed-reply.ts'
import type { ReplyPlace } from '../../core/reply/reply-place.ts'
import type { AnswerCause } from '../../core/reply/think-budget.ts'
import type { TagDialect } from '../../core/tags/dialect.ts'
import type { FinishReason } from '../../core/tags/tag-event.ts'
import type { RemoteDelta, RemoteUsage } from './read-stream.ts'

/** A reply that comes from a server: deltas go in, the events of a run come out. */
export interface RemoteReply {
  /** Tags and all, the part that is continued included. Reasoning that came apart stands in the tags of the model's dialect. */
  readonly raw: string
  readonly place: ReplyPlace
  /** Of this run; a delta counts as one. */
  readonly tokens: number
  /** Why the answer was opened in the model's stead; absent when it was not. */
  readonly forced: AnswerCause | undefined
  add(delta: RemoteDelta): void
  /** Writes in the model's stead. */
  force(words: string, cause: AnswerCause): void
  /** @param counted - What the server has counted, for each request. */
  end(reason: FinishReason, counted: readonly RemoteUsage[]): Usage
  /** Ends what is open after a failure. */
  abort(counted: readonly RemoteUsage[]): void
}

export interface RemoteReplyOptions {
  readonly dialect: TagDialect
  /** `thinking` when what the server writes before a reply opens the thinking. */
  readonly start: 'root' | 'thinking'
  /** What of the reply is there already: parsed again, in silence. */
  readonly continued: string
  readonly sink: RunSink
}

export function createRemoteReply({ dialect, start, continued, sink }: RemoteReplyOptions): RemoteReply {
  const begin = performance.now()
  const elapsed = () => performance.now() - begin
  let events: RunEvent[] = []
  const reply = createFollowedReply({ dialect, start, elapsed, emit: (event) => events.push(event) })
  const { place, progress, mark } = reply
  let firstMs: number | undefined // of any text
  let isApart = false // reasoning that came apart is open
  let isOver = false
  let forced: AnswerCause | undefined
  let deltas = 0
  say(continued)
  place.book()
  reply.begin()

  function say(text: string): void {
    if (text !== '') reply.say(text)
  }

  function send(): void {
    if (events.length === 0) return
    const batch = events
    events = []
    sink([{ type: 'progress', ...progress() }, ...batch])
  }

  function usageOf(finishReason: FinishReason, counted: readonly RemoteUsage[]): Usage {
    const { tokens } = progress()
    const { thinking, output } = reply.firstMs
    const totalMs = elapsed()
    const sum = (name: keyof RemoteUsage) => counted.reduce((total, usage) => total + usage[name], 0)
    const completionTokens = Math.max(sum('completionTokens'), deltas)
    const first = firstMs ?? totalMs
    return {
      finishReason,
      promptTokens: counted[0]?.promptTokens ?? 0,
      reusedTokens: counted[0]?.cachedTokens ?? 0,
      completionTokens,
      tokens,
      timeToFirstTokenMs: first,
      ...(thinking === undefined ? {} : { timeToFirstThinkingMs: thinking }),
      ...(output === undefined ? {} : { timeToFirstOutputMs: output }),
      totalMs,
      ...(completionTokens > 1 && totalMs > first
        ? { decodeTokensPerSecond: (completionTokens - 1) / ((totalMs - first) / 1000) }
        : {}),
      droppedMessages: 0,
    }
  }

  function close(reason: FinishReason, counted: readonly RemoteUsage[]): Usage {
    const usage = usageOf(reason, counted)
    if (isOver) return usage
    isOver = true
    if (isApart && reason === 'stop') say(`\n</${dialect.thinking}>`)
    mark()
    events.push({ type: 'usage', usage })
    reply.finish(reason)
    send()
    return usage
  }

  return {
    get raw() {
      return reply.raw
    },
    place,
    get tokens() {
      return deltas
    },
    get forced() {
      return forced
    },
    add({ reasoning, content, logprobs }) {
      if (reasoning === undefined && content === undefined) return
      firstMs ??= elapsed()
      deltas += 1
      if (reasoning !== undefined) {
        const isOpen = isApart || (start === 'thinking' && reply.raw === '')
        if (!isOpen) say(`<${dialect.thinking}>\n`)
        isApart = true
        say(reasoning)
      }
      if (content !== undefined) {
        if (isApart) say(`\n</${dialect.thinking}>\n`)
        isApart = false
        say(content)
      }
      const { output } = place.tokens
      place.book()
      if (logprobs !== undefined && place.tokens.output > output) events.push({ type: 'logprobs', tokens: logprobs })
      send()
    },
    force(words, cause) {
      forced = cause
      isApart = false
      events.push({ type: 'answer-forced', cause, start: reply.raw.length, end: reply.raw.length + words.length })
      say(words)
      place.book()
      send()
    },
    end: close,
    abort: (counted) => void close('abort', counted),
  }
}
