import type { ReasoningKind } from '../../core/tags/tag-event.ts'

/** What `chat.completions.create` takes, as far as it is heeded; the rest is refused where it would change the reply, else ignored. */
export interface ChatCompletionRequest {
  /** Given back as it came; the model that replies is the one that the engine has loaded. */
  readonly model?: string
  readonly messages: readonly ChatCompletionMessage[]
  readonly stream?: boolean | null
  readonly stream_options?: { readonly include_usage?: boolean } | null
  readonly temperature?: number | null
  readonly top_p?: number | null
  readonly max_completion_tokens?: number | null
  readonly max_tokens?: number | null
  /** Up to four texts; the answer ends before the first that comes up. Thinking is not looked at. */
  readonly stop?: string | readonly string[] | null
  readonly seed?: number | null
  readonly logprobs?: boolean | null
  /** 0 to 20. */
  readonly top_logprobs?: number | null
  readonly response_format?: ResponseFormat | null
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`. */
  readonly reasoning_effort?: string | null
  /** Ours: most tokens of thinking. Goes before `reasoning_effort`. */
  readonly think_budget?: number | null
  /** Ours: how readily the model checks itself. Goes before `reasoning_effort`. */
  readonly self_check?: 'never' | 'less' | 'normal' | 'more' | null
}

export interface ChatCompletionMessage {
  readonly role: string
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null
  /** Of an earlier reply, as it was given out; vLLM and Ollama call it `reasoning`. */
  readonly reasoning_content?: string | null
  readonly reasoning?: string | null
}

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly json_schema: { readonly schema?: Readonly<Record<string, unknown>> } }

export interface ChatCompletion {
  id: string
  object: 'chat.completion'
  /** Seconds since the epoch. */
  created: number
  model: string
  choices: [ChatCompletionChoice]
  usage: ChatUsage
}

export interface ChatCompletionChoice {
  index: 0
  message: {
    role: 'assistant'
    /** The answer alone. */
    content: string
    /** Thinking and checks, in their order; null when there was none. */
    reasoning_content: string | null
    refusal: null
  }
  logprobs: ChatLogprobs | null
  finish_reason: ChatFinishReason
}

/** `stop`: the model was done, or a stop text came up. `length`: the limit or the window was reached. */
export type ChatFinishReason = 'stop' | 'length'

export interface ChatCompletionChunk {
  id: string
  object: 'chat.completion.chunk'
  created: number
  model: string
  choices: [] | [ChatCompletionChunkChoice]
  /** Of the last chunk, when `include_usage` was asked for. */
  usage?: ChatUsage | null
}

export interface ChatCompletionChunkChoice {
  index: 0
  delta: ChatDelta
  logprobs: ChatLogprobs | null
  finish_reason: ChatFinishReason | null
}

/** Never has `content` and `reasoning_content` at once. */
export interface ChatDelta {
  role?: 'assistant'
  content?: string
  reasoning_content?: string
  /** Ours, with `reasoning_content`: whether the text is thinking or a check of it. */
  reasoning_kind?: ReasoningKind
}

export interface ChatLogprobs {
  /** Of tokens of the answer; not of thinking and tags. */
  content: ChatLogprob[]
  refusal: null
}

export interface ChatLogprob {
  token: string
  logprob: number
  /** UTF-8; null where a token is a part of a character. */
  bytes: number[] | null
  top_logprobs: { token: string; logprob: number; bytes: number[] | null }[]
}

export interface ChatUsage {
  prompt_tokens: number
  /** Thinking, answer and tags. */
  completion_tokens: number
  total_tokens: number
  /** Of the prompt, those that were in the KV cache. */
  prompt_tokens_details: { cached_tokens: number }
  /** Thinking and checks. */
  completion_tokens_details: { reasoning_tokens: number }
}
