import { createPromptEncoder, type PromptEncoder } from '../src/core/chat/encode-prompt.ts'
import { fitWindow } from '../src/core/chat/fit-window.ts'
import { renderPrompt, replyStart, type RenderPrompt } from '../src/core/chat/render-prompt.ts'
import { withoutThinking } from '../src/core/chat/without-thinking.ts'
import type { ChatMessage, GenerateRequest, PrepareRequest } from '../src/core/engine.ts'
import type { ModelDescription, TagTokens } from '../src/core/models/model-description.ts'
import { dialectTags } from '../src/core/tags/dialect-tags.ts'
import { commonLength } from './kv-cache.ts'
import type { TokenModel } from './token-model.ts'

/** Replies whose tokens are remembered, so that a later turn finds them in the KV cache exactly as they were written. */
const REMEMBERED_REPLIES = 64

/**
 * Two questions that begin with nothing in common. What their prompts share is before the question, in any template, and however the
 * tokenizer joins the question's first letters to what stands before them.
 */
const UNLIKE_QUESTIONS = ['What', '1'] as const

export interface EncodedRequest {
  /** Of the prompt; with a reply to be continued, those of that reply are the last. */
  readonly ids: readonly number[]
  /** Tokens of the reply to be continued; else none. */
  readonly continued: readonly number[]
  /** Messages left out because the window is full. */
  readonly droppedMessages: number
}

export interface RequestEncoder {
  readonly tokens: PromptEncoder
  /** @throws {ReflectionError} `prompt-too-long`. */
  encode(request: GenerateRequest): EncodedRequest
  /**
   * The tokens with which the prompt of every question after these messages begins; where the window is full, of a short one.
   * @throws {ReflectionError} `prompt-too-long`.
   */
  encodeBeginning(request: PrepareRequest): readonly number[]
  /** Keeps the tokens of a reply: encoding its text anew may yield others, and the KV cache would not fit. */
  remember(reply: string, ids: readonly number[]): void
}

/** Turns requests into the tokens that the model reads. @param render - Default: the style of the description. */
export function createRequestEncoder(
  model: TokenModel,
  description: ModelDescription,
  render: RenderPrompt = (messages) => renderPrompt(messages, description.template),
): RequestEncoder {
  const tokens = createPromptEncoder(model.vocabulary, tagTokens(model, description))
  const { dialect } = description
  const remembered = new Map<string, readonly number[]>()

  function encodeReply(text: string): readonly number[] {
    return remembered.get(text) ?? tokens.encodePieces([{ kind: 'tagged', text }])
  }

  /** The tokens of a prompt, message by message. */
  function layOut(messages: readonly ChatMessage[]) {
    const rendered = render(messages)
    return {
      head: tokens.encodePieces(rendered.head),
      parts: rendered.messages.map((pieces, index) => {
        if (messages[index]?.role !== 'assistant') return tokens.encodePieces(pieces)
        const at = pieces.findIndex(({ kind }) => kind === 'tagged')
        const reply = encodeReply(pieces[at]?.text ?? '')
        return tokens.encodePieces(pieces.slice(0, at)).concat(reply, tokens.encodePieces(pieces.slice(at + 1)))
      }),
      tail: tokens.encodePieces(rendered.tail),
    }
  }

  function encode({ messages, options = {} }: GenerateRequest): EncodedRequest {
    const seen =
      options.pastThinking === 'drop' ? withoutThinking(messages, dialect, replyStart(description)) : messages
    const whole = layOut(seen)
    const { kept, dropped } = fitWindow(
      {
        frame: whole.head.length + whole.tail.length,
        messages: whole.parts.map((ids, index) => ({ role: seen[index]?.role ?? 'user', tokens: ids.length })),
      },
      model.contextWindow,
      options.maxTokens,
    )
    const last = seen.at(-1)
    // A template of the model's own may write what stays in another way when something before it is gone.
    const { head, parts, tail } = dropped === 0 ? whole : layOut(kept.flatMap((index) => seen[index] ?? []))
    return {
      ids: [...head, ...parts.flat(), ...tail],
      continued: last?.role === 'assistant' ? encodeReply(last.content) : [],
      droppedMessages: dropped,
    }
  }

  function encodeBeginning({ messages, options }: PrepareRequest): readonly number[] {
    const promptOf = (content: string) =>
      encode({ messages: [...messages, { role: 'user', content }], ...(options && { options }) }).ids
    const [one, other] = [promptOf(UNLIKE_QUESTIONS[0]), promptOf(UNLIKE_QUESTIONS[1])]
    return one.slice(0, commonLength(one, other))
  }

  function remember(reply: string, ids: readonly number[]): void {
    remembered.delete(reply)
    remembered.set(reply, ids)
    const [oldest] = remembered.keys()
    if (remembered.size > REMEMBERED_REPLIES && oldest !== undefined) remembered.delete(oldest)
  }

  return { tokens, encode, encodeBeginning, remember }
}

/** The dialect's tags that are single tokens of the tokenizer, and those that the description spells. */
function tagTokens(model: TokenModel, { dialect, tags }: ModelDescription): TagTokens[] {
  const found = dialectTags(dialect).flatMap((text) => {
    const id = model.vocabulary.added.get(text)
    return id === undefined ? [] : { text, tokenIds: [id] }
  })
  return [...found, ...tags]
}
