import { NO_TOKENS } from '../src/core/channel-tokens.ts'
import { replyStart, type RenderPrompt } from '../src/core/chat/render-prompt.ts'
import type { GenerateOptions, GenerateRequest, PrepareRequest, RunEvent, Usage } from '../src/core/engine.ts'
import { ReflectionError } from '../src/core/errors.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import type { FinishReason } from '../src/core/tags/tag-event.ts'
import { createAnswerLogprobs, type AnswerLogprobs } from './answer-logprobs.ts'
import type { ReplyPlace } from '../src/core/reply/reply-place.ts'
import { answerOpening } from '../src/core/reply/answer-opening.ts'
import type { RunProgress } from '../src/core/reply/followed-reply.ts'
import { checkRequest } from './check-request.ts'
import { createGrowingReply, type GrowingReply } from './growing-reply.ts'
import { createKvCache } from './kv-cache.ts'
import { createOutputFormat, type OutputFormat } from './output-format.ts'
import { openingIds, replySampling, type ReplySampling } from './reply-sampling.ts'
import { createRequestEncoder, type EncodedRequest } from './request-encoder.ts'
import type { RunControl } from './run-queue.ts'
import { createThinkBudget, type AnswerCause } from '../src/core/reply/think-budget.ts'
import type { Sampling, TokenModel } from './token-model.ts'

export interface ReplyWriter {
  /**
   * Writes one reply. Events go out as they are known; the last is `finish`, also before what the model throws is passed on.
   * @throws {ReflectionError} `request-invalid`, `unsupported`, `prompt-too-long`, all before any event: `createPairedSink` adds the `finish` on the
   * page's side; and what the model throws.
   */
  write(request: GenerateRequest, emit: (event: RunEvent) => void, control: RunControl): Promise<Usage>
  /**
   * Feeds the model what the next question's prompt will begin with, until `isStopped`; changes no reply.
   * @throws {ReflectionError} `prompt-too-long`; and what the model throws.
   */
  prepare(request: PrepareRequest, isStopped: () => boolean): Promise<void>
  /** How the reply stands that is being written. */
  progress(): RunProgress
  countTokens(text: string): number
}

/** What one run works with. */
interface Run {
  readonly prompt: EncodedRequest
  readonly options: GenerateOptions
  readonly reply: GrowingReply
  /** Absent when the answer is free. */
  readonly format: OutputFormat | undefined
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

/** Writes replies with a loaded model, one at a time. @param render - Default: the style of the description. */
export function createReplyWriter(
  model: TokenModel,
  description: ModelDescription,
  render?: RenderPrompt,
): ReplyWriter {
  const requests = createRequestEncoder(model, description, render)
  const cache = createKvCache(model)
  const { dialect } = description
  const start = replyStart(description)
  let progress = (): RunProgress => ({ tokens: NO_TOKENS, elapsedMs: 0 })

  async function write(request: GenerateRequest, emit: (event: RunEvent) => void, control: RunControl): Promise<Usage> {
    const begin = performance.now()
    const elapsed = () => performance.now() - begin
    checkRequest(request)
    const { options = {} } = request
    const format = await openFormat(options)
    const prompt = requests.encode(request)
    const { decode } = model
    const reply = createGrowingReply({ dialect, start, decode, continued: prompt.continued, elapsed, emit })
    progress = reply.progress
    const run: Run = { prompt, options, reply, format, emit, control, elapsed }
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

  /** @throws {ReflectionError} `unsupported`. */
  async function openFormat({ outputSchema, logprobs }: GenerateOptions): Promise<OutputFormat | undefined> {
    const { binding, showsLogits } = model
    if (logprobs !== undefined && showsLogits !== true) {
      throw new ReflectionError(
        'unsupported',
        'This engine cannot tell how likely its tokens are. Ask without logprobs.',
      )
    }
    if (outputSchema === undefined) return undefined
    if (binding === undefined) {
      throw new ReflectionError('unsupported', 'This engine cannot hold an answer to a JSON schema. Ask without one.')
    }
    await binding.begin(JSON.stringify(outputSchema))
    return createOutputFormat({
      dialect,
      start,
      canChoose: openingIds(description, requests.tokens) !== undefined,
      binding,
    })
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
  async function draw(
    { options, reply, format, emit, control, elapsed }: Run,
    prompt: readonly number[],
  ): Promise<Draws> {
    const sampling = replySampling(description, requests.tokens, options, model)
    const budget = createThinkBudget(thinkBudgetOf(options))
    const maxTokens = options.maxTokens ?? Infinity
    let waiting = prompt // to be fed before the next token is drawn
    let count = 0
    let firstMs = 0
    const end = (finishReason: FinishReason): Draws => ({ finishReason, count, firstMs })
    const watch = watchDraws(options, reply, emit)
    const watched = (how: Sampling): Sampling => (watch === undefined ? how : { ...how, onLogits: watch.look })

    for (;;) {
      if (control.cancelled) return end('abort')
      const cause = budget.reasonToAnswer(reply.place, control.answerNow)
      if (cause !== undefined) waiting = waiting.concat(forceAnswer(reply, emit, cause))
      const opening = format?.opening(reply.place, reply.raw) ?? ''
      if (opening !== '') waiting = waiting.concat(speakFor(reply, opening))
      waiting = await cache.feed(waiting, () => control.cancelled)
      if (control.cancelled) return end('abort')
      if (!cache.hasRoom(waiting.length)) return end('length')
      const isBound = format?.isBound(reply.place, reply.raw) === true
      const thinks = reply.place.open.length > 0
      const how = howToDraw(sampling, reply.place, isBound, format !== undefined)
      const id = await cache.next(waiting, watched(how))
      if (count === 0) firstMs = elapsed()
      count += 1
      if (model.stopIds.has(id)) {
        if (format !== undefined && thinks) {
          waiting = speakFor(reply, answerOpening(dialect, reply.place, reply.raw)) // an answer was asked for
          continue
        }
        if (format !== undefined && isBound) speakFor(reply, format.closing)
        return end('stop')
      }
      reply.take(id)
      watch?.took(id)
      waiting = [id]
      if (reply.length >= maxTokens) return end('length')
    }
  }

  /** Closes the thinking and opens the answer in the model's stead. @returns The tokens that say so, which it has to be fed. */
  function forceAnswer(reply: GrowingReply, emit: (event: RunEvent) => void, cause: AnswerCause): readonly number[] {
    reply.flush()
    const words = answerOpening(dialect, reply.place, reply.raw)
    emit({ type: 'answer-forced', cause, start: reply.raw.length, end: reply.raw.length + words.length })
    return speakFor(reply, words)
  }

  /** Writes in the model's stead. @returns The tokens, which it has to be fed. */
  function speakFor(reply: GrowingReply, words: string): readonly number[] {
    const ids = requests.tokens.encodePieces([{ kind: 'tagged', text: words }])
    reply.force(ids)
    return ids
  }

  function watchDraws(
    { logprobs }: GenerateOptions,
    reply: GrowingReply,
    emit: Run['emit'],
  ): AnswerLogprobs | undefined {
    if (logprobs === undefined) return undefined
    const textOf = (id: number) => model.decode([id])
    return createAnswerLogprobs({ count: logprobs, textOf, tokens: () => reply.progress().tokens, emit })
  }

  function endReply({ prompt, reply, emit, elapsed }: Run, reusedTokens: number, draws: Draws): Usage {
    if (draws.finishReason === 'stop') reply.flush()
    else reply.dropUnfinished()
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
      // Some browsers have clocks so coarse that nothing seems to take any time.
      ...(count > 0 && firstMs > 0 ? { prefillTokensPerSecond: (promptTokens - reusedTokens) / (firstMs / 1000) } : {}),
      ...(count > 1 && totalMs > firstMs ? { decodeTokensPerSecond: (count - 1) / ((totalMs - firstMs) / 1000) } : {}),
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

function howToDraw(
  sampling: ReplySampling,
  { open, isEmpty }: ReplyPlace,
  isBound: boolean,
  hasFormat: boolean,
): Sampling {
  if (isBound) return sampling.bound
  if (open.length > 0) return sampling.thinking
  return (hasFormat && isEmpty ? sampling.opening : undefined) ?? sampling.otherwise
}
