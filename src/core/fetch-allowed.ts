import { ReflectionError } from './errors.ts'

/** What is told to `fetch` here. */
export interface FetchOptions extends Pick<
  RequestInit,
  'credentials' | 'referrerPolicy' | 'cache' | 'headers' | 'method' | 'body'
> {
  readonly signal?: AbortSignal
}

/** The platform's `fetch`, as far as it is used here. */
export type Fetch = (url: string, init: FetchOptions) => Promise<Response>

/** A violation is told apart from the request that failed by it, and a little later; milliseconds. */
const WAIT_FOR_POLICY = 50

/**
 * Fetches, and says so when it was the page's own Content-Security-Policy that forbade it: the failed request does not tell, and whoever
 * reads of a network failure looks for it in the wrong place. Works in a page and in a worker.
 * @param url - Absolute.
 * @throws {ReflectionError} `host-forbidden`.
 * @throws Whatever `fetch` rejects with, for everything else.
 */
export async function fetchAllowed(url: string, init: FetchOptions, get: Fetch = fetch): Promise<Response> {
  if (!('addEventListener' in globalThis)) return get(url, init) // no page, no policy
  const { origin } = new URL(url)
  let isForbidden = false
  const onViolation = (event: Event) => {
    isForbidden ||= (event as SecurityPolicyViolationEvent).blockedURI.startsWith(origin)
  }
  globalThis.addEventListener('securitypolicyviolation', onViolation)
  try {
    return await get(url, init)
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    if (!isForbidden) await new Promise((resolve) => setTimeout(resolve, WAIT_FOR_POLICY))
    throw isForbidden ? forbidden(origin, error) : error
  } finally {
    globalThis.removeEventListener('securitypolicyviolation', onViolation)
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
