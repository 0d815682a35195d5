import { ReflectionError } from '../errors.ts'
import { fetchAllowed, type Fetch } from '../fetch-allowed.ts'

export interface FetchJsonOptions {
  readonly signal?: AbortSignal
  /** Default: the one of the platform. */
  readonly fetch?: Fetch
  /** Makes the error for an answer that is not JSON, such as a web page. */
  readonly notJson: (cause: unknown) => ReflectionError
}

/** What is larger is not read to its end, bytes. */
const LARGEST_BYTES = 16_777_216

/**
 * Fetches a small JSON file.
 * @returns Its value, of a shape that nobody has checked.
 * @throws The signal's reason when aborted.
 * @throws {ReflectionError} `host-forbidden`; `download-failed`, with the `status` of the server if it answered, also for more than 16 MiB; and what `notJson` makes.
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<unknown> {
  const { signal, fetch: get, notJson } = options
  let response: Response
  let body: string
  try {
    response = await fetchAllowed(url, signal ? { signal } : {}, get)
    body = await smallText(response, url)
  } catch (cause) {
    signal?.throwIfAborted()
    if (ReflectionError.is(cause)) throw cause
    throw new ReflectionError(
      'download-failed',
      `${url} could not be fetched. Check the address, the connection, and that its server allows other sites (CORS).`,
      { cause, details: { url } },
    )
  }
  if (!response.ok) {
    throw new ReflectionError(
      'download-failed',
      `${url} was refused by its server with status ${response.status}. Check the address.`,
      { details: { url, status: response.status } },
    )
  }
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw notJson(cause)
  }
}

async function smallText(response: Response, url: string): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done || value === undefined) return text + decoder.decode()
    bytes += value.length
    if (bytes > LARGEST_BYTES) {
      await reader?.cancel()
      throw new ReflectionError(
        'download-failed',
        `${url} has more than ${LARGEST_BYTES} bytes, so it does not describe a model. Check the address.`,
        { details: { url } },
      )
    }
    text += decoder.decode(value, { stream: true })
  }
}
