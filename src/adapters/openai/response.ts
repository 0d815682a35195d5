import type { ReasoningKind } from '../../core/tags/tag-event.ts'

/** What `responses.create` takes, as far as it is heeded. Nothing is stored: send the whole conversation each time. */
export interface ResponseRequest {
  /** Given back as it came; the model that replies is the one that the engine has loaded. */
  readonly model?: string
  /** A question, or items: messages, and the reasoning items that were given out before them. */
  readonly input: string | readonly ResponseInputItem[]
  readonly instructions?: string | null
  readonly stream?: boolean | null
  readonly temperature?: number | null
  readonly top_p?: number | null
  readonly max_output_tokens?: number | null
  readonly reasoning?: { readonly effort?: string | null } | null
  readonly text?: { readonly format?: ResponseTextFormat } | null
  /** Ours, as in Chat Completions. */
  readonly seed?: number | null
  readonly think_budget?: number | null
  readonly self_check?: 'never' | 'less' | 'normal' | 'more' | null
}

export type ResponseTextFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly name?: string; readonly schema: Readonly<Record<string, unknown>> }

export type ResponseInputItem =
  | {
      readonly type?: 'message'
      readonly role: string
      readonly content: string | readonly { readonly type: string; readonly text?: string }[]
    }
  | { readonly type: 'reasoning'; readonly content?: readonly { readonly type: string; readonly text: string }[] }

export interface Response {
  id: string
  object: 'response'
  /** Seconds since the epoch. */
  created_at: number
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  model: string
  /** Reasoning first, as the model wrote it; the answer is a message. */
  output: ResponseOutputItem[]
  /** All text of the messages. */
  output_text: string
  /** Why a response is incomplete. */
  incomplete_details: { reason: 'max_output_tokens' } | null
  error: { code: string; message: string } | null
  usage: ResponseUsage | null
  instructions: string | null
  metadata: Record<string, never>
  parallel_tool_calls: false
  temperature: number | null
  top_p: number | null
  tool_choice: 'none'
  tools: never[]
}

export type ResponseOutputItem = ResponseReasoningItem | ResponseMessageItem

export interface ResponseReasoningItem {
  type: 'reasoning'
  id: string
  status: 'in_progress' | 'completed' | 'incomplete'
  /** Always empty: the reasoning itself is in `content`. */
  summary: never[]
  /** One for each stretch of thinking and each check of it. */
  content: ResponseReasoningText[]
}

export interface ResponseReasoningText {
  type: 'reasoning_text'
  text: string
  /** Ours. */
  kind: ReasoningKind
}

export interface ResponseMessageItem {
  type: 'message'
  id: string
  role: 'assistant'
  status: 'in_progress' | 'completed' | 'incomplete'
  content: ResponseOutputText[]
}

export interface ResponseOutputText {
  type: 'output_text'
  text: string
  annotations: never[]
  logprobs: never[]
}

export interface ResponseUsage {
  input_tokens: number
  input_tokens_details: { cached_tokens: number; cache_write_tokens: number }
  output_tokens: number
  /** Thinking and checks. */
  output_tokens_details: { reasoning_tokens: number }
  total_tokens: number
}

/** Each has its number in the stream, from 0. */
export type ResponseStreamEvent = { sequence_number: number } & (
  | {
      type:
        | 'response.created'
        | 'response.in_progress'
        | 'response.completed'
        | 'response.incomplete'
        | 'response.failed'
      response: Response
    }
  | { type: 'response.output_item.added' | 'response.output_item.done'; output_index: number; item: ResponseOutputItem }
  | {
      type: 'response.content_part.added' | 'response.content_part.done'
      item_id: string
      output_index: number
      content_index: number
      part: ResponseReasoningText | ResponseOutputText
    }
  | ({ type: 'response.reasoning_text.delta'; delta: string } & ResponsePlace)
  | ({ type: 'response.reasoning_text.done'; text: string } & ResponsePlace)
  | ({ type: 'response.output_text.delta'; delta: string; logprobs: never[] } & ResponsePlace)
  | ({ type: 'response.output_text.done'; text: string; logprobs: never[] } & ResponsePlace)
)

export interface ResponsePlace {
  item_id: string
  output_index: number
  content_index: number
}
