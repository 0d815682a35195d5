import { subtractTokens } from '../../core/channel-tokens.ts'
import type { RunEvent, RunSink, Usage } from '../../core/engine.ts'
import { createReplyPlace, type ReplyPlace } from '../../core/reply/reply-place.ts'
import type { AnswerCause } from '../../core/reply/think-budget.ts'
import { createTagParser } from '../../core/tags/create-tag-parser.ts'
import type { TagDialect } from '../../core/tags/dialect.ts'
import type { FinishReason, TagEvent } from '../../core/tags/tag-event.ts'
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
  /** What of the reply is there already: parsed again, in silence. */
  readonly continued: string
  readonly sink: RunSink
}

const BLOCK_EDGES: ReadonlySet<string> = new Set(['reasoning-start', 'reasoning-end', 'text-start', 'text-end'])

export function createRemoteReply({ dialect, continued, sink }: RemoteReplyOptions): RemoteReply {
  const begin = performance.now()
  const elapsed = () => performance.now() - begin
  const place = createReplyPlace('root')
  const firstMs: { any?: number; thinking?: number; output?: number } = {}
  let events: RunEvent[] = []
  let raw = ''
  let parsed = 0
  let marked = -1
  let isApart = false // reasoning that came apart is open
  let isKnown = true // while the part that is continued is parsed
  let isOver = false
  let forced: AnswerCause | undefined
  let deltas = 0
  const parser = createTagParser({ dialect, keep: false }, follow)
  say(continued)
  place.book()
  isKnown = false
  const known = { ...place.tokens }

  function follow(event: TagEvent): void {
    if (!isKnown && BLOCK_EDGES.has(event.type)) mark()
    if ('end' in event) parsed = event.end
    place.add(event)
    if (isKnown) return
    if (event.type === 'reasoning-delta') firstMs.thinking ??= elapsed()
    if (event.type === 'text-delta' && event.delta.trim() !== '') firstMs.output ??= elapsed()
    events.push(event)
  }

  const progress = () => ({ tokens: subtractTokens(place.tokens, known), elapsedMs: elapsed() })

  function mark(): void {
    if (marked === parsed) return
    marked = parsed
    events.push({ type: 'checkpoint', at: parsed, ...progress() })
  }

  function say(text: string): void {
    if (text === '') return
    raw += text
    parser.push(text)
  }

  function send(): void {
    if (events.length === 0) return
    const batch = events
    events = []
    sink([{ type: 'progress', ...progress() }, ...batch])
  }

  function usageOf(finishReason: FinishReason, counted: readonly RemoteUsage[]): Usage {
    const { tokens } = progress()
    const totalMs = elapsed()
    const sum = (name: keyof RemoteUsage) => counted.reduce((total, usage) => total + usage[name], 0)
    const completionTokens = Math.max(sum('completionTokens'), deltas)
    const first = firstMs.any ?? totalMs
    return {
      finishReason,
      promptTokens: counted[0]?.promptTokens ?? 0,
      reusedTokens: counted[0]?.cachedTokens ?? 0,
      completionTokens,
      tokens,
      timeToFirstTokenMs: first,
      ...(firstMs.thinking === undefined ? {} : { timeToFirstThinkingMs: firstMs.thinking }),
      ...(firstMs.output === undefined ? {} : { timeToFirstOutputMs: firstMs.output }),
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
    parser.finish(reason)
    send()
    return usage
  }

  return {
    get raw() {
      return raw
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
      firstMs.any ??= elapsed()
      deltas += 1
      if (reasoning !== undefined) {
        if (!isApart) say(`<${dialect.thinking}>\n`)
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
      events.push({ type: 'answer-forced', cause, start: raw.length, end: raw.length + words.length })
      say(words)
      place.book()
      send()
    },
    end: close,
    abort: (counted) => void close('abort', counted),
  }
}
