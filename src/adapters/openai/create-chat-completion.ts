import type { Engine, TokenLogprob, Usage } from '../../core/engine.ts'
import { randomId } from '../../core/random-id.ts'
import type { ConversationOptions } from '../reply/conversation-for.ts'
import type { Channel } from '../reply/reply-pieces.ts'
import { joinParts, runReply, wholeReply, type ReplyEnd } from '../reply/run-reply.ts'
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatDelta,
  ChatFinishReason,
  ChatLogprob,
  ChatUsage,
} from './chat-completion.ts'
import { readChatRequest, type ChatOrder } from './read-chat-request.ts'
import type { Fields } from './read-settings.ts'

export interface RequestControl {
  readonly signal?: AbortSignal | null | undefined
}

/** A reply as one object. @throws What `Engine.generate` throws; `request-invalid`, `unsupported`; the signal's reason. */
export async function completeChat(
  engine: Engine,
  fields: Fields,
  options: ConversationOptions,
  { signal }: RequestControl = {},
): Promise<ChatCompletion> {
  const { request, stop } = readChatRequest(fields, options)
  const { end, logprobs } = await wholeReply(engine, request, { stop, ...(signal ? { signal } : {}) })
  signal?.throwIfAborted()
  const { parts = [], reason = 'stop', usage } = end ?? {}
  const reasoning = joinParts(parts, 'thinking', 'reflection')
  return {
    ...headOf(fields),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: joinParts(parts, 'output'),
          reasoning_content: reasoning === '' ? null : reasoning,
          refusal: null,
        },
        logprobs: request.options?.logprobs === undefined ? null : { content: logprobs.map(toLogprob), refusal: null },
        finish_reason: finishReasonOf(reason),
      },
    ],
    usage: usageOf(usage),
  }
}

/** A reply in chunks. What is wrong with the request is thrown at once, before the first is asked for. */
export function streamChat(
  engine: Engine,
  fields: Fields,
  options: ConversationOptions,
  control: RequestControl = {},
): AsyncGenerator<ChatCompletionChunk, void, undefined> {
  return chunksOf(engine, fields, readChatRequest(fields, options), control)
}

async function* chunksOf(
  engine: Engine,
  fields: Fields,
  { request, stop, includesUsage }: ChatOrder,
  { signal }: RequestControl,
): AsyncGenerator<ChatCompletionChunk, void, undefined> {
  const head = { ...headOf(fields), object: 'chat.completion.chunk' as const }
  const tail = includesUsage ? { usage: null } : {}
  const chunk = (
    delta: ChatDelta,
    finishReason: ChatFinishReason | null = null,
    logprobs: readonly TokenLogprob[] = [],
  ): ChatCompletionChunk => ({
    ...head,
    choices: [
      {
        index: 0,
        delta,
        logprobs: logprobs.length === 0 ? null : { content: logprobs.map(toLogprob), refusal: null },
        finish_reason: finishReason,
      },
    ],
    ...tail,
  })
  const seams = createSeams()

  let hasBegun = false
  for await (const pieces of runReply(engine, request, { stop, ...(signal ? { signal } : {}) })) {
    if (!hasBegun) yield chunk({ role: 'assistant' })
    hasBegun = true
    for (const piece of pieces) {
      if (piece.type === 'part-start') seams.begin(piece.channel)
      else if (piece.type === 'part-delta') yield chunk(deltaOf(piece.channel, seams.take() + piece.delta))
      else if (piece.type === 'logprobs') yield chunk({}, null, piece.tokens)
      else if (piece.type === 'finish') {
        if (piece.reason === 'abort') signal?.throwIfAborted()
        yield chunk({}, finishReasonOf(piece.reason))
        if (includesUsage) yield { ...head, choices: [], usage: usageOf(piece.usage) }
      }
    }
  }
}

/** Puts a line end between parts of the same field, as between those of a whole reply. */
function createSeams() {
  const begun = new Set<boolean>()
  let seam = ''
  return {
    begin(channel: Channel) {
      const isAnswer = channel === 'output'
      seam = begun.has(isAnswer) ? '\n' : ''
      begun.add(isAnswer)
    },
    take() {
      const taken = seam
      seam = ''
      return taken
    },
  }
}

function deltaOf(channel: Channel, delta: string): ChatDelta {
  return channel === 'output' ? { content: delta } : { reasoning_content: delta, reasoning_kind: channel }
}

function headOf({ model }: Fields) {
  return {
    id: `chatcmpl-${randomId()}`,
    created: Math.floor(Date.now() / 1000),
    model: typeof model === 'string' ? model : 'loaded',
  }
}

/** An aborted reply has no completion: whoever aborted gets the signal's reason instead. */
function finishReasonOf(reason: ReplyEnd['reason']): ChatFinishReason {
  return reason === 'length' ? 'length' : 'stop'
}

function usageOf(usage: Usage | undefined): ChatUsage {
  const { promptTokens = 0, completionTokens = 0, reusedTokens = 0, tokens } = usage ?? {}
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: reusedTokens },
    completion_tokens_details: { reasoning_tokens: (tokens?.thinking ?? 0) + (tokens?.reflection ?? 0) },
  }
}

function toLogprob({ text, logprob, top }: TokenLogprob): ChatLogprob {
  return {
    ...tokenOf(text, logprob),
    top_logprobs: top.map((one) => tokenOf(one.text, one.logprob)),
  }
}

const utf8 = new TextEncoder()

function tokenOf(token: string, logprob: number) {
  return { token, logprob, bytes: token.includes('\uFFFD') ? null : [...utf8.encode(token)] }
}
