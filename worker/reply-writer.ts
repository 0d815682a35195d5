import { NO_TOKENS } from '../src/core/channel-tokens.ts'
import { replyStart } from '../src/core/chat/render-prompt.ts'
import type { GenerateOptions, GenerateRequest, PrepareRequest, RunEvent, Usage } from '../src/core/engine.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import type { FinishReason } from '../src/core/tags/tag-event.ts'
import { answerOpening } from './answer-opening.ts'
import { checkRequest } from './check-request.ts'
import { createGrowingReply, type GrowingReply, type ReplyProgress } from './growing-reply.ts'
import { createKvCache } from './kv-cache.ts'
import { replySampling } from './reply-sampling.ts'
import { createRequestEncoder, type EncodedRequest } from './request-encoder.ts'
import type { RunControl } from './run-queue.ts'
import { createThinkBudget, type AnswerCause } from './think-budget.ts'
import type { TokenModel } from './token-model.ts'

export interface ReplyWriter {
  /**
   * Writes one reply. Events go out as they are known; the last is `finish`, also before what the model throws is passed on.
   * @throws {ReflectionError} `request-invalid`, `prompt-too-long`, both before any event: `createPairedSink` adds the `finish` on the
   * page's side; and what the model throws.
   */
  write(request: GenerateRequest, emit: (event: RunEvent) => void, control: RunControl): Promise<Usage>
  /**
   * Feeds the model what the next question's prompt will begin with, until `isStopped`; changes no reply.
   * @throws {ReflectionError} `prompt-too-long`; and what the model throws.
   */
  prepare(request: PrepareRequest, isStopped: () => boolean): Promise<void>
  /** How the reply stands that is being written. */
  progress(): ReplyProgress
  countTokens(text: string): number
}

/** What one run works with. */
interface Run {
  readonly prompt: EncodedRequest
  readonly options: GenerateOptions
  readonly reply: GrowingReply
  readonly emit: (event: RunEvent) => void
  readonly control: RunControl
  /** Milliseconds since the run began. */
  readonly elapsed: () => number
}

/** What the model was asked for in a run. */
interface Draws {
  readonly finishReason: FinishReason
  /** Tokens drawn, those that end a reply included. */
  readonly count: number
  /** When the first of them was there, and the prompt fed, milliseconds. */
  readonly firstMs: number
}

/** Writes replies with a loaded model, one at a time. */
export function createReplyWriter(model: TokenModel, description: ModelDescription): ReplyWriter {
  const requests = createRequestEncoder(model, description)
  const cache = createKvCache(model)
  const { dialect } = description
  const start = replyStart(description.template)
  let progress = (): ReplyProgress => ({ tokens: NO_TOKENS, elapsedMs: 0 })

  async function write(request: GenerateRequest, emit: (event: RunEvent) => void, control: RunControl): Promise<Usage> {
    const begin = performance.now()
    const elapsed = () => performance.now() - begin
    checkRequest(request)
    const { options = {} } = request
    const prompt = requests.encode(request)
    const { decode } = model
    const reply = createGrowingReply({ dialect, start, decode, continued: prompt.continued, elapsed, emit })
    progress = reply.progress
    const run: Run = { prompt, options, reply, emit, control, elapsed }
    let finishReason: FinishReason = 'abort'
    try {
      const reusedTokens = beginPrompt(run)
      const draws = await draw(run, prompt.ids.slice(reusedTokens))
      finishReason = draws.finishReason
      return endReply(run, reusedTokens, draws)
    } catch (error) {
      cache.forget()
      throw error
    } finally {
      reply.finish(finishReason)
    }
  }

  async function prepare(request: PrepareRequest, isStopped: () => boolean): Promise<void> {
    const beginning = requests.encodeBeginning(request)
    try {
      await cache.feedAhead(beginning, isStopped)
    } catch (error) {
      cache.forget()
      throw error
    }
  }

  /** @returns Tokens of the prompt that need not be fed. */
  function beginPrompt({ prompt, options, emit }: Run): number {
    const { ids, droppedMessages } = prompt
    const reusedTokens = cache.keep(ids)
    emit({ type: 'prompt', tokens: ids.length, reusedTokens, droppedMessages })
    model.seed(options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)
    return reusedTokens
  }

  /** Feeds the prompt and draws token after token, until one of them, a limit or someone ends it. */
  async function draw({ options, reply, emit, control, elapsed }: Run, prompt: readonly number[]): Promise<Draws> {
    const sampling = replySampling(description, requests.tokens, options)
    const budget = createThinkBudget(thinkBudgetOf(options))
    const maxTokens = options.maxTokens ?? Infinity
    let waiting = prompt // to be fed before the next token is drawn
    let count = 0
    let firstMs = 0
    const end = (finishReason: FinishReason): Draws => ({ finishReason, count, firstMs })

    for (;;) {
      if (control.cancelled) return end('abort')
      const cause = budget.reasonToAnswer(reply.place, control.answerNow)
      if (cause !== undefined) waiting = waiting.concat(forceAnswer(reply, emit, cause))
      waiting = await cache.feed(waiting, () => control.cancelled)
      if (control.cancelled) return end('abort')
      if (!cache.hasRoom(waiting.length)) return end('length')
      const thinks = reply.place.open.length > 0
      const id = await cache.next(waiting, thinks ? sampling.thinking : sampling.otherwise)
      if (count === 0) firstMs = elapsed()
      count += 1
      if (model.stopIds.has(id)) return end('stop')
      reply.take(id)
      waiting = [id]
      if (reply.length >= maxTokens) return end('length')
    }
  }

  /** Closes the thinking and opens the answer in the model's stead. @returns The tokens that say so, which it has to be fed. */
  function forceAnswer(reply: GrowingReply, emit: (event: RunEvent) => void, cause: AnswerCause): readonly number[] {
    reply.flush()
    const words = answerOpening(dialect, reply.place, reply.raw)
    emit({ type: 'answer-forced', cause, start: reply.raw.length, end: reply.raw.length + words.length })
    const ids = requests.tokens.encodePieces([{ kind: 'tagged', text: words }])
    reply.force(ids)
    return ids
  }

  function endReply({ prompt, reply, emit, elapsed }: Run, reusedTokens: number, draws: Draws): Usage {
    reply.flush()
    reply.mark()
    requests.remember(reply.raw, reply.ids)
    const totalMs = elapsed()
    const { token: firstTokenMs = totalMs, thinking: firstThinkingMs, output: firstOutputMs } = reply.firstMs
    const { count, firstMs, finishReason } = draws
    const promptTokens = prompt.ids.length
    const usage: Usage = {
      finishReason,
      promptTokens,
      reusedTokens,
      completionTokens: reply.length,
      tokens: reply.progress().tokens,
      timeToFirstTokenMs: firstTokenMs,
      ...(firstThinkingMs === undefined ? {} : { timeToFirstThinkingMs: firstThinkingMs }),
      ...(firstOutputMs === undefined ? {} : { timeToFirstOutputMs: firstOutputMs }),
      totalMs,
      ...(count > 0 ? { prefillTokensPerSecond: (promptTokens - reusedTokens) / (firstMs / 1000) } : {}),
      ...(count > 1 ? { decodeTokensPerSecond: (count - 1) / ((totalMs - firstMs) / 1000) } : {}),
      droppedMessages: prompt.droppedMessages,
    }
    emit({ type: 'usage', usage })
    return usage
  }

  /** A model without reflections that shall never check itself does not think at all. */
  function thinkBudgetOf({ thinkBudget, selfCheck }: GenerateOptions): number {
    const neverThinks = selfCheck === 'never' && dialect.reflection === undefined
    return thinkBudget ?? (neverThinks ? 0 : Infinity)
  }

  return { write, prepare, progress: () => progress(), countTokens: (text) => requests.tokens.encodeText(text).length }
}
