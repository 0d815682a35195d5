import { NO_TOKENS, subtractTokens } from '../src/core/channel-tokens.ts'
import { replyStart } from '../src/core/chat/render-prompt.ts'
import type { ChannelTokens, GenerateRequest, RunEvent, Usage } from '../src/core/engine.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { createTagParser } from '../src/core/tags/create-tag-parser.ts'
import type { FinishReason } from '../src/core/tags/tag-event.ts'
import { answerOpening, reasonToAnswer } from './answer-opening.ts'
import { checkRequest } from './check-request.ts'
import { createReplyPlace } from './reply-place.ts'
import { createRequestEncoder } from './request-encoder.ts'
import type { RunControl } from './run-queue.ts'
import { selfCheckToken } from './self-check.ts'
import type { Sampling, TokenModel } from './token-model.ts'
import { createTokenText } from './token-text.ts'

export interface ReplyProgress {
  readonly tokens: ChannelTokens
  readonly elapsedMs: number
}

export interface ReplyWriter {
  /**
   * Writes one reply. Events go out as they are known; the last is `finish`, also before what the model throws is passed on.
   * @throws {ReflectionError} `request-invalid`, `prompt-too-long`, both before any event: `createPairedSink` adds the `finish` on the
   * page's side; and what the model throws.
   */
  write(request: GenerateRequest, emit: (event: RunEvent) => void, control: RunControl): Promise<Usage>
  /** How the reply stands that is being written. */
  progress(): ReplyProgress
  countTokens(text: string): number
}

/** Where one block's text ends or another's begins. */
const BLOCK_EDGES: ReadonlySet<RunEvent['type']> = new Set([
  'reasoning-start',
  'reasoning-end',
  'text-start',
  'text-end',
])

/** Writes replies with a loaded model, one at a time, and keeps account of what is in its KV cache. */
export function createReplyWriter(model: TokenModel, description: ModelDescription): ReplyWriter {
  const requests = createRequestEncoder(model, description)
  const { dialect } = description
  let cached: number[] = [] // the tokens in the KV cache
  let progress = (): ReplyProgress => ({ tokens: NO_TOKENS, elapsedMs: 0 })

  async function write(request: GenerateRequest, emit: (event: RunEvent) => void, control: RunControl): Promise<Usage> {
    const { options = {} } = request
    const begin = performance.now()
    const elapsed = () => performance.now() - begin
    checkRequest(request)
    const prompt = requests.encode(request)

    let firstTokenMs: number | undefined
    let firstThinkingMs: number | undefined
    let firstOutputMs: number | undefined
    let raw = ''
    let isKnown = true // a reply that is continued is parsed again in silence
    const start = replyStart(description.template)
    const place = createReplyPlace(start)
    const text = createTokenText(model.decode)
    let parsed = 0 // of the raw reply, as far as events went out
    let marked = -1 // where the last checkpoint stands
    const mark = () => {
      if (marked === parsed) return
      marked = parsed
      emit({ type: 'checkpoint', at: parsed, ...progress() })
    }
    const parser = createTagParser({ dialect, start, keep: false }, (event) => {
      if (!isKnown && BLOCK_EDGES.has(event.type)) mark()
      if ('end' in event) parsed = event.end
      place.add(event)
      if (isKnown) return
      if (event.type === 'reasoning-delta') firstThinkingMs ??= elapsed()
      if (event.type === 'text-delta' && event.delta.trim() !== '') firstOutputMs ??= elapsed()
      emit(event)
    })
    const reply: number[] = []
    const say = (piece: string) => {
      raw += piece
      parser.push(piece)
    }
    const take = (id: number) => {
      reply.push(id)
      say(text.push(id))
      place.book()
    }
    for (const id of prompt.continued) take(id)
    isKnown = false
    const known = { ...place.tokens }
    const tokens = () => subtractTokens(place.tokens, known)
    progress = () => ({ tokens: tokens(), elapsedMs: elapsed() })

    const dial = selfCheckToken(description, requests.tokens, options.selfCheck)
    const plain: Sampling = {
      temperature: options.temperature ?? description.sampling.temperature,
      topP: options.topP ?? description.sampling.topP,
    }
    const dialled: Sampling = dial === undefined ? plain : { ...plain, bias: { [dial.id]: dial.bias } }
    const neverThinks = options.selfCheck === 'never' && dialect.reflection === undefined
    const thinkBudget = options.thinkBudget ?? (neverThinks ? 0 : Infinity)
    const maxTokens = options.maxTokens ?? Infinity

    let finishReason: FinishReason = 'abort'
    let reusedTokens = 0
    let prefillMs = 0
    let drawn = 0
    try {
      reusedTokens = reuse(prompt.ids)
      const { ids, droppedMessages } = prompt
      emit({ type: 'prompt', tokens: ids.length, reusedTokens, droppedMessages })
      let waiting = ids.slice(reusedTokens) // to be fed before the next token is drawn
      model.seed(options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)

      let isForced = false
      while (!control.cancelled) {
        const thinkingTokens = place.tokens.thinking + place.tokens.reflection
        const cause = isForced ? undefined : reasonToAnswer(place, thinkingTokens, thinkBudget, control.answerNow)
        if (cause !== undefined) {
          isForced = true
          say(text.flush())
          const words = answerOpening(dialect, place, raw)
          emit({ type: 'answer-forced', cause, start: raw.length, end: raw.length + words.length })
          const opening = requests.tokens.encodePieces([{ kind: 'tagged', text: words }])
          for (const id of opening) take(id)
          waiting.push(...opening)
        }
        while (waiting.length > model.prefillChunk && !control.cancelled) {
          await feed(waiting.slice(0, model.prefillChunk))
          waiting = waiting.slice(model.prefillChunk)
        }
        if (control.cancelled) break
        if (cached.length + waiting.length > model.contextWindow) {
          finishReason = 'length'
          break
        }
        const thinks = place.open.length > 0
        const id = await model.next(waiting, thinks ? dialled : plain)
        cached.push(...waiting)
        if (drawn === 0) prefillMs = elapsed()
        drawn += 1
        if (model.stopIds.has(id)) {
          finishReason = 'stop'
          break
        }
        firstTokenMs ??= elapsed()
        take(id)
        waiting = [id]
        if (reply.length - prompt.continued.length >= maxTokens) {
          finishReason = 'length'
          break
        }
      }
      say(text.flush())
      mark()
      requests.remember(raw, reply)
      const totalMs = elapsed()
      const prefilled = prompt.ids.length - reusedTokens
      const usage: Usage = {
        finishReason,
        promptTokens: prompt.ids.length,
        reusedTokens,
        completionTokens: reply.length - prompt.continued.length,
        tokens: tokens(),
        timeToFirstTokenMs: firstTokenMs ?? totalMs,
        ...(firstThinkingMs === undefined ? {} : { timeToFirstThinkingMs: firstThinkingMs }),
        ...(firstOutputMs === undefined ? {} : { timeToFirstOutputMs: firstOutputMs }),
        totalMs,
        ...(drawn > 0 ? { prefillTokensPerSecond: prefilled / (prefillMs / 1000) } : {}),
        ...(drawn > 1 ? { decodeTokensPerSecond: (drawn - 1) / ((totalMs - prefillMs) / 1000) } : {}),
        droppedMessages: prompt.droppedMessages,
      }
      emit({ type: 'usage', usage })
      return usage
    } catch (error) {
      cached = [] // what the KV cache holds is uncertain now: the next run begins with an empty one
      throw error
    } finally {
      parser.finish(finishReason)
    }
  }

  async function feed(ids: readonly number[]): Promise<void> {
    await model.feed(ids)
    cached.push(...ids)
  }

  /** Keeps what the KV cache has of a prompt, but for its last token: that one must be fed to draw the next. */
  function reuse(ids: readonly number[]): number {
    let common = 0
    while (common < ids.length - 1 && cached[common] === ids[common]) common++
    const left = model.truncate(common)
    cached.length = left
    return left
  }

  return { write, progress: () => progress(), countTokens: (text) => requests.tokens.encodeText(text).length }
}
