import { ReflectionError } from '../errors.ts'

export interface FetchJsonOptions {
  readonly signal?: AbortSignal
  /** Default: the one of the platform. */
  readonly fetch?: (url: string, init: { signal?: AbortSignal }) => Promise<Response>
  /** Makes the error for an answer that is not JSON, such as a web page. */
  readonly notJson: (cause: unknown) => ReflectionError
}

/**
 * Fetches a small JSON file.
 * @returns Its value, of a shape that nobody has checked.
 * @throws The signal's reason when aborted.
 * @throws {ReflectionError} `download-failed`, with the `status` of the server if it answered; and what `notJson` makes.
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<unknown> {
  const { signal, fetch: get = fetch, notJson } = options
  let response: Response
  let body: string
  try {
    response = await get(url, signal ? { signal } : {})
    body = await response.text()
  } catch (cause) {
    signal?.throwIfAborted()
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
