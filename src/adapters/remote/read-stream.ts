import { createParser } from 'eventsource-parser'
import { isRecord, shorten } from '../../core/check-data.ts'
import type { TokenLogprob } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'

/** What one event of a server brings; what is absent it does not bring. */
export interface RemoteDelta {
  /** Of `reasoning_content` or `reasoning`. */
  readonly reasoning?: string
  readonly content?: string
  readonly finish?: 'stop' | 'length'
  readonly usage?: RemoteUsage
  readonly logprobs?: readonly TokenLogprob[]
}

export interface RemoteUsage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
}

/** Longest line of a stream that is waited for, UTF-16 code units: a server that never ends one is no server of this protocol. */
const LONGEST_LINE = 1_000_000

/**
 * The deltas of a chat completion, streamed or, from a server that does not stream, whole.
 * @throws {ReflectionError} `stream-broken` when it ends before it is finished or holds what is none of the protocol; `server-refused` when
 * the server tells an error in it.
 */
export async function* readStream(response: Response, host: string): AsyncGenerator<RemoteDelta, void, undefined> {
  if (response.headers.get('content-type')?.includes('application/json') === true) {
    const body: unknown = await response.json().catch(() => undefined)
    yield readDelta(body, 'message', host)
    return
  }
  let waiting: string[] = []
  let isTooLong = false
  const parser = createParser({
    maxBufferSize: LONGEST_LINE,
    onEvent: ({ data }) => void waiting.push(data),
    onError: ({ type }) => void (isTooLong ||= type === 'max-buffer-size-exceeded'),
  })
  let isFinished = false
  let lastData = ''
  for await (const text of textOf(response, host)) {
    try {
      parser.feed(text)
    } catch {
      isTooLong = true
    }
    for (const data of waiting) {
      lastData = data
      if (data === '[DONE]') return
      const delta = readDelta(parse(data, host), 'delta', host)
      isFinished ||= delta.finish !== undefined
      yield delta
    }
    waiting = []
    if (isTooLong) throw broken(host, 'one of its lines never ends')
  }
  if (!isFinished) throw broken(host, lastData === '' ? 'nothing came' : 'it ended before the reply did')
}

async function* textOf({ body }: Response, host: string): AsyncGenerator<string, void, undefined> {
  if (body === null) return
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        if (cause instanceof Error && cause.name === 'AbortError') throw cause
        throw broken(host, 'the connection was cut', cause)
      })
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function parse(data: string, host: string): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw broken(host, `it sent ${shorten(data)}`, cause)
  }
}

function readDelta(value: unknown, field: 'delta' | 'message', host: string): RemoteDelta {
  if (!isRecord(value)) throw broken(host, `it sent ${shorten(value)}`)
  const { error, choices, usage } = value
  if (error !== undefined && error !== null) {
    const said = isRecord(error) ? error['message'] : error
    throw new ReflectionError('server-refused', `${host} gave up while it was writing. It says: ${shorten(said)}`, {
      details: { host },
    })
  }
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const { [field]: delta, finish_reason: finish, logprobs } = isRecord(choice) ? choice : {}
  const { content, reasoning_content: older, reasoning: newer } = isRecord(delta) ? delta : {}
  const reasoning = newer ?? older
  const tokens =
    isRecord(logprobs) && Array.isArray(logprobs['content']) ? logprobs['content'].flatMap(readLogprob) : []
  return {
    ...(typeof reasoning === 'string' && reasoning !== '' ? { reasoning } : {}),
    ...(typeof content === 'string' && content !== '' ? { content } : {}),
    ...(typeof finish === 'string' ? { finish: finish === 'length' ? 'length' : 'stop' } : {}),
    ...(isRecord(usage) ? { usage: readUsage(usage) } : {}),
    ...(tokens.length > 0 ? { logprobs: tokens } : {}),
  }
}

function readUsage({
  prompt_tokens: prompt,
  completion_tokens: completion,
  prompt_tokens_details: details,
}: Record<string, unknown>): RemoteUsage {
  const count = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0)
  return {
    promptTokens: count(prompt),
    completionTokens: count(completion),
    cachedTokens: count(isRecord(details) ? details['cached_tokens'] : 0),
  }
}

function readLogprob(value: unknown): TokenLogprob[] {
  const one = (entry: unknown) => {
    const { token, logprob } = isRecord(entry) ? entry : {}
    return typeof token === 'string' && typeof logprob === 'number' ? [{ text: token, logprob }] : []
  }
  const top: unknown = isRecord(value) ? value['top_logprobs'] : undefined
  const [token] = one(value)
  return token === undefined ? [] : [{ ...token, top: Array.isArray(top) ? top.flatMap(one) : [] }]
}

function broken(host: string, what: string, cause?: unknown): ReflectionError {
  const message = `The answer of ${host} broke off: ${what}. What it wrote stays; let it go on, or ask again.`
  return new ReflectionError('stream-broken', message, { cause, details: { host } })
}
