import { isRecord } from '../../core/check-data.ts'
import type { Engine } from '../../core/engine.ts'
import { ReflectionError, type ErrorCode } from '../../core/errors.ts'
import { optionsFor, type ConversationOptions } from '../reply/conversation-for.ts'
import { completeChat, streamChat } from './create-chat-completion.ts'
import { completeResponse, streamResponse } from './create-response.ts'
import { invalid, type Fields } from './read-settings.ts'

/**
 * A `fetch` that an engine answers instead of a server, for software that speaks OpenAI's interface: give it to the official client as
 * its `fetch`, with any address and key. It knows `POST …/chat/completions`, `POST …/responses` and `GET …/models`; nothing leaves the page.
 */
export function createFetch(engine: Engine, options: ConversationOptions = {}): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal } = request
    signal.throwIfAborted()
    try {
      return await answer(engine, options, request)
    } catch (error) {
      signal.throwIfAborted()
      return errorAnswer(ReflectionError.from(error))
    }
  }
}

async function answer(engine: Engine, given: ConversationOptions, request: Request): Promise<Response> {
  const { method, signal } = request
  const { pathname } = new URL(request.url)
  if (method === 'GET' && pathname.endsWith('/models')) return Response.json(modelsOf(engine))
  const isChat = pathname.endsWith('/chat/completions')
  if (method !== 'POST' || (!isChat && !pathname.endsWith('/responses'))) {
    return errorAnswer(invalid(`${method} ${pathname} is not known here.`), 404)
  }
  const fields = await readBody(request)
  const options = await optionsFor(engine, given, signal)
  if (fields['stream'] !== true) {
    const complete = isChat ? completeChat : completeResponse
    return Response.json(await complete(engine, fields, options, { signal }))
  }
  const leaving = new AbortController() // the body is cancelled
  const control = { signal: AbortSignal.any([signal, leaving.signal]) }
  const events = isChat
    ? frames(streamChat(engine, fields, options, control), () => undefined, '[DONE]')
    : frames(streamResponse(engine, fields, options, control), ({ type }) => type)
  const first = await events.next() // so that what fails at once has a status of its own
  return new Response(bodyOf(first, events, leaving), {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
  })
}

async function readBody(request: Request): Promise<Fields> {
  const body: unknown = await request.json().catch(() => undefined)
  if (!isRecord(body)) throw invalid('The body of the request is no JSON object.')
  return body
}

/** Events as server-sent events. An error after the first of them is the last of them. */
async function* frames<Event extends object>(
  events: AsyncIterable<Event>,
  nameOf: (event: Event) => string | undefined,
  last?: string,
): AsyncGenerator<string, void, undefined> {
  let hasBegun = false
  try {
    for await (const event of events) {
      yield frame(JSON.stringify(event), nameOf(event))
      hasBegun = true
    }
  } catch (error) {
    if (!hasBegun || !ReflectionError.is(error)) throw error
    if (last === undefined) return // `response.failed` has told it
    yield frame(JSON.stringify({ error: errorBody(error) }), undefined)
    return
  }
  if (last !== undefined) yield frame(last, undefined)
}

function frame(data: string, name: string | undefined): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`
}

function bodyOf(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void, undefined>,
  leaving: AbortController,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const utf8 = new TextEncoder()
  let next: IteratorResult<string, void> | undefined = first
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = next ?? (await rest.next())
      next = undefined
      if (done === true) controller.close()
      else controller.enqueue(utf8.encode(value))
    },
    async cancel() {
      leaving.abort(new DOMException('The stream was cancelled.', 'AbortError'))
      await rest.return().catch(() => undefined)
    },
  })
}

function modelsOf({ state }: Engine) {
  const data =
    'modelId' in state ? [{ id: state.modelId, object: 'model', created: 0, owned_by: 'second-thought' }] : []
  return { object: 'list', data }
}

/** As OpenAI's servers would answer; what is not here is a failure of ours. */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  'request-invalid': 400,
  unsupported: 400,
  'prompt-too-long': 400,
  'model-not-loaded': 503,
}

function errorAnswer(error: ReflectionError, status = STATUS[error.code] ?? 500): Response {
  // Trying again changes nothing: what is wrong is on this machine.
  return Response.json({ error: errorBody(error) }, { status, headers: { 'x-should-retry': 'false' } })
}

function errorBody({ code, message }: ReflectionError) {
  const isRequest = (STATUS[code] ?? 500) < 500
  return {
    message,
    type: isRequest ? 'invalid_request_error' : 'server_error',
    code: code === 'prompt-too-long' ? 'context_length_exceeded' : code,
    param: null,
  }
}
