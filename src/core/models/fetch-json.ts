import { ReflectionError } from '../errors.ts'
import { fetchAllowed, type Fetch } from '../fetch-allowed.ts'

export interface FetchJsonOptions {
  readonly signal?: AbortSignal
  /** Default: the one of the platform. */
  readonly fetch?: Fetch
  /** Makes the error for an answer that is not JSON, such as a web page. */
  readonly notJson: (cause: unknown) => ReflectionError
}

/**
 * Fetches a small JSON file.
 * @returns Its value, of a shape that nobody has checked.
 * @throws The signal's reason when aborted.
 * @throws {ReflectionError} `host-forbidden`; `download-failed`, with the `status` of the server if it answered; and what `notJson` makes.
 */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<unknown> {
  const { signal, fetch: get, notJson } = options
  let response: Response
  let body: string
  try {
    response = await fetchAllowed(url, signal ? { signal } : {}, get)
    body = await response.text()
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
