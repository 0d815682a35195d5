import { ReflectionError } from '../errors.ts'

/** Tokens of a prompt's parts. */
export interface PromptSize {
  /** Before the first message and after the last. */
  readonly frame: number
  /** Each message with its markers, in order. */
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly tokens: number }[]
}

export interface WindowPlan {
  /** Indices of the messages that stay. */
  readonly kept: readonly number[]
  readonly dropped: number
  /** Of the prompt. */
  readonly tokens: number
}

/** Part of the window that is kept free for the reply while there are turns that can leave. */
const REPLY_SHARE = 0.25

/** Part of the window that leaves at once, so that the turns after it can reuse the KV cache. */
const STEP_SHARE = 0.25

/**
 * Decides which messages a model reads. The system message and the last turn always stay; the oldest turns leave first, whole (a
 * question with its reply). They leave in steps of a quarter of the window: were it one turn each time, each turn would begin a new prompt
 * and prefill it whole.
 *
 * @param window Tokens of prompt and reply together.
 * @param maxTokens Most tokens of the reply, where the caller has set it.
 * @throws {ReflectionError} `prompt-too-long` when what must stay leaves no room for a single token; details `tokens` and `limit`.
 */
export function fitWindow(size: PromptSize, window: number, maxTokens = Infinity): WindowPlan {
  const indices = size.messages.map((_, index) => index)
  const lastUser = size.messages.findLastIndex(({ role }) => role === 'user')
  const fixed = indices.filter((index) => size.messages[index]?.role === 'system' || index >= lastUser)
  const tokensOf = (list: readonly number[]) =>
    list.reduce((sum, index) => sum + (size.messages[index]?.tokens ?? 0), 0)
  const needed = size.frame + tokensOf(fixed)
  if (needed >= window) {
    const limit = window - 1
    const isReply = size.messages.at(-1)?.role === 'assistant'
    throw new ReflectionError(
      'prompt-too-long',
      isReply
        ? `This reply cannot go on: with its question it has ${needed} tokens, and the model reads at most ${limit}. Ask for the rest in a new message.`
        : `This message is too long for the model: with its instructions it has ${needed} tokens, and the model reads at most ${limit}. Shorten it.`,
      { details: { tokens: needed, limit } },
    )
  }

  const total = size.frame + tokensOf(indices)
  const excess = total + Math.min(maxTokens, Math.floor(window * REPLY_SHARE)) - window
  if (excess <= 0) return { kept: indices, dropped: 0, tokens: total }

  const step = Math.floor(window * STEP_SHARE)
  const toDrop = Math.ceil(excess / step) * step
  const kept = new Set(indices)
  let freed = 0
  for (const [index, message] of size.messages.entries()) {
    const beginsTurn = message.role === 'user'
    if (fixed.includes(index)) continue
    if (beginsTurn && freed >= toDrop) break
    kept.delete(index)
    freed += message.tokens
  }
  return { kept: [...kept], dropped: indices.length - kept.size, tokens: total - freed }
}
