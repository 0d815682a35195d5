import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import type { Engine, Usage } from '../../core/engine.ts'
import { optionsFor, type ConversationOptions } from '../reply/conversation-for.ts'
import type { Channel } from '../reply/reply-pieces.ts'
import { runReply, wholeReply, type ReplyEnd, type RunPiece } from '../reply/run-reply.ts'
import type { LanguageModelV3Face, StreamPartV3 } from './language-model-v3.ts'
import { PROVIDER, readCall } from './read-call.ts'

export interface LanguageModelOptions extends ConversationOptions {
  /** What the SDK calls the model. Default: the id of the model that is loaded when it asks. */
  readonly modelId?: string
}

/**
 * An engine as a model of the AI SDK 7. Thinking and checks come as reasoning parts, each with
 * `providerMetadata['second-thought'].kind`, which is `thinking` or `reflection`; the answer comes as a text part. A run that is aborted
 * ends with the finish reason `interrupted` and keeps what was said. The engine's model has to be loaded.
 */
export function createLanguageModel(engine: Engine, options: LanguageModelOptions = {}): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: PROVIDER,
    get modelId() {
      return modelIdOf(engine, options)
    },
    supportedUrls: {},
    doGenerate: (call) => generate(engine, call, options),
    doStream: async (call) => ({ stream: await streamOf(engine, call, options) }),
  }
}

/** The same for the AI SDK 6, which has no word for `interrupted`: such a run ends as `other`, with the raw reason `interrupted`. */
export function createLanguageModelV3(engine: Engine, options: LanguageModelOptions = {}): LanguageModelV3Face {
  return {
    specificationVersion: 'v3',
    provider: PROVIDER,
    get modelId() {
      return modelIdOf(engine, options)
    },
    supportedUrls: {},
    async doGenerate(call) {
      const { finishReason, ...result } = await generate(engine, call as LanguageModelV4CallOptions, options)
      return { ...result, finishReason: toV3(finishReason) } as Awaited<ReturnType<LanguageModelV3Face['doGenerate']>>
    },
    async doStream(call) {
      const stream = await streamOf(engine, call as LanguageModelV4CallOptions, options)
      const parts = stream.pipeThrough(
        new TransformStream<LanguageModelV4StreamPart, StreamPartV3>({
          transform(part, controller) {
            const { finishReason, ...rest } = { finishReason: undefined, ...part }
            controller.enqueue(
              (finishReason === undefined ? part : { ...rest, finishReason: toV3(finishReason) }) as StreamPartV3,
            )
          },
        }),
      )
      return { stream: parts }
    },
  }
}

function toV3({ unified, raw }: LanguageModelV4FinishReason) {
  return unified === 'interrupted' ? { unified: 'other' as const, raw: 'interrupted' } : { unified, raw }
}

function modelIdOf({ state }: Engine, { modelId }: LanguageModelOptions): string {
  return modelId ?? ('modelId' in state ? state.modelId : 'none')
}

async function generate(
  engine: Engine,
  call: LanguageModelV4CallOptions,
  options: LanguageModelOptions,
): Promise<LanguageModelV4GenerateResult> {
  const { request, stop, warnings } = readCall(call, await optionsFor(engine, options, call.abortSignal))
  const { end } = await wholeReply(engine, request, { stop, ...signalOf(call) })
  const { parts = [], usage } = end ?? {}
  return {
    content: parts.map(({ channel, text }): LanguageModelV4Content =>
      channel === 'output' ? { type: 'text', text } : { type: 'reasoning', text, providerMetadata: markOf(channel) },
    ),
    finishReason: finishReasonOf(end),
    usage: usageOf(usage),
    response: { timestamp: new Date(), modelId: modelIdOf(engine, options) },
    warnings,
  }
}

async function streamOf(
  engine: Engine,
  call: LanguageModelV4CallOptions,
  options: LanguageModelOptions,
): Promise<ReadableStream<LanguageModelV4StreamPart>> {
  const { request, stop, warnings } = readCall(call, await optionsFor(engine, options, call.abortSignal))
  const leaving = new AbortController() // the stream is cancelled
  const { abortSignal } = call
  const signal = abortSignal === undefined ? leaving.signal : AbortSignal.any([abortSignal, leaving.signal])
  const run = runReply(engine, request, { stop, signal })
  const open = new Map<string, Channel>() // parts without an end
  return new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings })
      controller.enqueue({ type: 'response-metadata', timestamp: new Date(), modelId: modelIdOf(engine, options) })
    },
    async pull(controller) {
      try {
        const { done, value } = await run.next()
        if (done === true) return controller.close()
        for (const piece of value) {
          if (piece.type === 'part-start') open.set(piece.id, piece.channel)
          if (piece.type === 'part-end') open.delete(piece.id)
          for (const part of partsOf(piece)) controller.enqueue(part)
        }
      } catch (error) {
        for (const [id, channel] of open) controller.enqueue(endOf(id, channel))
        controller.enqueue({ type: 'error', error })
        controller.enqueue({
          type: 'finish',
          finishReason: { unified: 'error', raw: undefined },
          usage: usageOf(undefined),
        })
        controller.close()
      }
    },
    async cancel() {
      leaving.abort(new DOMException('The stream was cancelled.', 'AbortError')) // `return` waits for the next piece
      await run.return()
    },
  })
}

function partsOf(piece: RunPiece): LanguageModelV4StreamPart[] {
  switch (piece.type) {
    case 'part-start':
      return piece.channel === 'output'
        ? [{ type: 'text-start', id: piece.id }]
        : [{ type: 'reasoning-start', id: piece.id, providerMetadata: markOf(piece.channel) }]
    case 'part-delta':
      return [{ type: piece.channel === 'output' ? 'text-delta' : 'reasoning-delta', id: piece.id, delta: piece.delta }]
    case 'part-end':
      return [endOf(piece.id, piece.channel)]
    case 'finish':
      return [{ type: 'finish', finishReason: finishReasonOf(piece), usage: usageOf(piece.usage) }]
    case 'logprobs':
      return []
  }
}

function endOf(id: string, channel: Channel): LanguageModelV4StreamPart {
  return channel === 'output'
    ? { type: 'text-end', id }
    : { type: 'reasoning-end', id, providerMetadata: markOf(channel) }
}

function markOf(kind: Channel) {
  return { [PROVIDER]: { kind } }
}

function signalOf({ abortSignal }: LanguageModelV4CallOptions) {
  return abortSignal === undefined ? {} : { signal: abortSignal }
}

function finishReasonOf(end: ReplyEnd | undefined): LanguageModelV4FinishReason {
  const { reason = 'stop', stopText } = end ?? {}
  if (reason === 'abort') return { unified: 'interrupted', raw: reason }
  return { unified: reason, raw: stopText === undefined ? reason : 'stop-text' }
}

function usageOf(usage: Usage | undefined): LanguageModelV4Usage {
  if (usage === undefined) {
    return {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    }
  }
  const { promptTokens, reusedTokens, completionTokens, tokens } = usage
  return {
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - reusedTokens,
      cacheRead: reusedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: completionTokens, text: tokens.output, reasoning: tokens.thinking + tokens.reflection },
  }
}
