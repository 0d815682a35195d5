import { ReflectionError } from './errors.ts'
import { noteRequest, plainAddress } from './request-notes.ts'
import { watchPolicy } from './watch-policy.ts'

/** What is told to `fetch` here. */
export interface FetchOptions extends Pick<
  RequestInit,
  'credentials' | 'referrerPolicy' | 'cache' | 'headers' | 'method' | 'body'
> {
  readonly signal?: AbortSignal
}

/** The platform's `fetch`, as far as it is used here. */
export type Fetch = (url: string, init: FetchOptions) => Promise<Response>

/**
 * Fetches, and says so when it was the page's own Content-Security-Policy that forbade it: the failed request does not tell, and whoever
 * reads of a network failure looks for it in the wrong place. Works in a page and in a worker.
 * @param url - Absolute.
 * @throws {ReflectionError} `host-forbidden`.
 * @throws Whatever `fetch` rejects with, for everything else.
 */
export async function fetchAllowed(url: string, init: FetchOptions, get: Fetch = fetch): Promise<Response> {
  const { origin } = new URL(url)
  const policy = watchPolicy(({ blockedURI }) => blockedURI.startsWith(origin))
  try {
    const response = await get(url, init)
    if (response.redirected) noteRedirect(url, response.url)
    return response
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    throw (await policy.isBroken()) ? forbidden(origin, error) : error
  } finally {
    policy.end()
  }
}

function forbidden(origin: string, cause: unknown): ReflectionError {
  return new ReflectionError(
    'host-forbidden',
    `This page may not fetch from ${origin}: its own Content-Security-Policy names the servers that it was built for. ` +
      `Build it with MODEL_HOSTS="${origin}" npm run build, or serve a model of yours beside the page: npm start -- --model path/to/folder.`,
    { cause, details: { host: origin } },
  )
}

/** The browser's own list tells only of the address that was asked first. */
function noteRedirect(from: string, to: string): void {
  const by = 'document' in globalThis ? 'page' : 'worker'
  noteRequest({ address: plainAddress(to), by, from: plainAddress(from), at: Date.now(), bytes: 0, end: 'answered' })
}
