import type { Engine, GenerateRequest, Usage } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { randomId } from '../../core/random-id.ts'
import type { ConversationOptions } from '../reply/conversation-for.ts'
import type { Channel } from '../reply/reply-pieces.ts'
import { runReply, wholeReply, type ReplyEnd } from '../reply/run-reply.ts'
import type { RequestControl } from './create-chat-completion.ts'
import { readResponseRequest } from './read-response-request.ts'
import type { Fields } from './read-settings.ts'
import type {
  Response,
  ResponseOutputItem,
  ResponseOutputText,
  ResponseReasoningText,
  ResponseStreamEvent,
  ResponseUsage,
} from './response.ts'

/** A reply as one object. @throws What `Engine.generate` throws; `request-invalid`, `unsupported`; the signal's reason. */
export async function completeResponse(
  engine: Engine,
  fields: Fields,
  options: ConversationOptions,
  { signal }: RequestControl = {},
): Promise<Response> {
  const request = readResponseRequest(fields, options)
  const response = emptyResponse(fields)
  const { end } = await wholeReply(engine, request, signal ? { signal } : {})
  signal?.throwIfAborted()
  if (end === undefined) throw new ReflectionError('unexpected', 'The run ended without a response.')
  const builder = createItems(response.output)
  for (const { channel, text } of end.parts) {
    builder.begin(channel)
    builder.grow(text)
    builder.endPart()
  }
  builder.endItem(itemStatusOf(end))
  finish(response, end)
  return response
}

/**
 * A reply in events. Every item comes whole in `response.output_item.done` and in the response at the end. What is wrong with the
 * request is thrown at once; when the engine fails on the way, `response.failed` comes before the error is thrown.
 */
export function streamResponse(
  engine: Engine,
  fields: Fields,
  options: ConversationOptions,
  control: RequestControl = {},
): AsyncGenerator<ResponseStreamEvent, void, undefined> {
  return eventsOf(engine, fields, readResponseRequest(fields, options), control)
}

type EventBody = ResponseStreamEvent extends infer Event
  ? Event extends { sequence_number: number }
    ? Omit<Event, 'sequence_number'>
    : never
  : never

async function* eventsOf(
  engine: Engine,
  fields: Fields,
  request: GenerateRequest,
  { signal }: RequestControl,
): AsyncGenerator<ResponseStreamEvent, void, undefined> {
  let number = 0
  /** Numbered, and apart from what goes on growing. */
  const numbered = (body: EventBody): ResponseStreamEvent =>
    ({ ...structuredClone(body), sequence_number: number++ }) as ResponseStreamEvent
  const response = emptyResponse(fields)
  const builder = createItems(response.output)

  yield numbered({ type: 'response.created', response })
  yield numbered({ type: 'response.in_progress', response })
  try {
    for await (const pieces of runReply(engine, request, signal ? { signal } : {})) {
      for (const piece of pieces) {
        if (piece.type === 'part-start') yield* builder.begin(piece.channel).map(numbered)
        else if (piece.type === 'part-delta') yield numbered(builder.grow(piece.delta))
        else if (piece.type === 'part-end') yield* builder.endPart().map(numbered)
        else if (piece.type === 'finish') {
          if (piece.reason === 'abort') signal?.throwIfAborted()
          yield* builder.endItem(itemStatusOf(piece)).map(numbered)
          yield numbered(finish(response, piece))
        }
      }
    }
  } catch (error) {
    if (signal?.aborted === true) throw error
    const { code, message } = ReflectionError.from(error)
    response.status = 'failed'
    response.error = { code, message }
    yield* builder.endItem('incomplete').map(numbered)
    yield numbered({ type: 'response.failed', response })
    throw error
  }
}

/** Puts the parts of a reply into items: reasoning, however many parts it has, in one, and the answer in another. */
function createItems(output: ResponseOutputItem[]) {
  let item: ResponseOutputItem | undefined
  let part: ResponseReasoningText | ResponseOutputText | undefined

  const place = () => ({
    item_id: item?.id ?? '',
    output_index: output.length - 1,
    content_index: (item?.content.length ?? 1) - 1,
  })

  function begin(channel: Channel): EventBody[] {
    const events: EventBody[] = []
    const type = channel === 'output' ? 'message' : 'reasoning'
    if (item?.type !== type) {
      events.push(...endItem('completed'))
      item = emptyItem(type)
      output.push(item)
      events.push({ type: 'response.output_item.added', output_index: output.length - 1, item: structuredClone(item) })
    }
    if (item.type === 'reasoning') {
      const text: ResponseReasoningText = {
        type: 'reasoning_text',
        text: '',
        kind: channel === 'reflection' ? channel : 'thinking',
      }
      item.content.push(text)
      part = text
    } else {
      const text: ResponseOutputText = { type: 'output_text', text: '', annotations: [], logprobs: [] }
      item.content.push(text)
      part = text
    }
    events.push({ type: 'response.content_part.added', ...place(), part: { ...part } })
    return events
  }

  function grow(delta: string): EventBody {
    if (part !== undefined) part.text += delta
    return part?.type === 'output_text'
      ? { type: 'response.output_text.delta', ...place(), delta, logprobs: [] }
      : { type: 'response.reasoning_text.delta', ...place(), delta }
  }

  function endPart(): EventBody[] {
    if (part === undefined) return []
    const { text } = part
    const events: EventBody[] = [
      part.type === 'output_text'
        ? { type: 'response.output_text.done', ...place(), text, logprobs: [] }
        : { type: 'response.reasoning_text.done', ...place(), text },
      { type: 'response.content_part.done', ...place(), part: { ...part } },
    ]
    part = undefined
    return events
  }

  function endItem(status: 'completed' | 'incomplete'): EventBody[] {
    if (item === undefined) return []
    const ends = endPart()
    item.status = status
    const done: EventBody = { type: 'response.output_item.done', output_index: output.length - 1, item }
    item = undefined
    return [...ends, done]
  }

  return { begin, grow, endPart, endItem }
}

function emptyItem(type: ResponseOutputItem['type']): ResponseOutputItem {
  return type === 'message'
    ? { type, id: `msg_${randomId()}`, role: 'assistant', status: 'in_progress', content: [] }
    : { type, id: `rs_${randomId()}`, status: 'in_progress', summary: [], content: [] }
}

function itemStatusOf({ reason }: ReplyEnd): 'completed' | 'incomplete' {
  return reason === 'length' ? 'incomplete' : 'completed'
}

function finish(response: Response, { reason, usage }: ReplyEnd): EventBody {
  const isComplete = reason !== 'length'
  response.status = isComplete ? 'completed' : 'incomplete'
  response.incomplete_details = isComplete ? null : { reason: 'max_output_tokens' }
  response.usage = usage === undefined ? null : usageOf(usage)
  response.output_text = response.output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map(({ text }) => text)
    .join('')
  return { type: isComplete ? 'response.completed' : 'response.incomplete', response }
}

function usageOf({ promptTokens, reusedTokens, completionTokens, tokens }: Usage): ResponseUsage {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: reusedTokens, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: tokens.thinking + tokens.reflection },
    total_tokens: promptTokens + completionTokens,
  }
}

function emptyResponse({ model, instructions, temperature, top_p: topP }: Fields): Response {
  return {
    id: `resp_${randomId()}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    model: typeof model === 'string' ? model : 'loaded',
    output: [],
    output_text: '',
    incomplete_details: null,
    error: null,
    usage: null,
    instructions: typeof instructions === 'string' ? instructions : null,
    metadata: {},
    parallel_tool_calls: false,
    temperature: typeof temperature === 'number' ? temperature : null,
    top_p: typeof topP === 'number' ? topP : null,
    tool_choice: 'none',
    tools: [],
  }
}
