import { isRecord } from '../../core/check-data.ts'
import { ReflectionError } from '../../core/errors.ts'
import { fetchAllowed } from '../../core/fetch-allowed.ts'
import type { RemoteServer } from '../../core/models/remote-server.ts'

export interface ServerCall {
  readonly server: RemoteServer
  /** Begins with a slash; follows the server's address. */
  readonly path: string
  /** Sent as JSON; without it, something is asked for. */
  readonly body?: object
  readonly key?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks a server, and says in words what is wrong when that fails.
 * @throws {ReflectionError} `server-unreachable`, `server-refused`, `host-forbidden`, `prompt-too-long`, `request-invalid`; in `details` the
 * `host`, of an answer the `status`, `retryAfterSeconds` and what the server `said`, and where there was none `why` (`WhyUnreachable`).
 * @throws The signal's reason.
 */
export async function callServer({ server, path, body, key, signal }: ServerCall): Promise<Response> {
  const url = server.address + path
  let response: Response
  try {
    response = await fetchAllowed(url, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    signal?.throwIfAborted()
    if (ReflectionError.is(error)) throw error
    throw await unreachable(url, error)
  }
  if (response.ok) return response
  throw await refused(server, response)
}

/** Why no answer came. */
export type WhyUnreachable = 'local-access' | 'mixed-content' | 'cors' | 'absent'

/** Why no answer came: a failed `fetch` says nothing, so what can be found out is asked for. */
async function unreachable(url: string, cause: unknown): Promise<ReflectionError> {
  const { origin, host, protocol } = new URL(url)
  const fail = (why: WhyUnreachable, message: string) =>
    new ReflectionError('server-unreachable', message, { cause, details: { host, why } })
  if (await isLocalAccessDenied()) {
    return fail(
      'local-access',
      `The browser forbids this page to reach devices and programs of your own network, which ${host} may be. ` +
        'Allow it in the settings of this site (in Chrome: "Local network access") and try again.',
    )
  }
  if (globalThis.location?.protocol === 'https:' && protocol === 'http:' && !isLoopback(url)) {
    return fail(
      'mixed-content',
      `This page came over https, so the browser does not let it ask ${origin}. Serve the model over https.`,
    )
  }
  if (await answersSomebody(url)) {
    return fail(
      'cors',
      `${host} is there, but does not let this page read its answers. Allow the origin ${globalThis.location?.origin ?? 'of this page'} in ` +
        'its CORS settings (vLLM: --allowed-origins, Ollama: OLLAMA_ORIGINS, llama.cpp and LM Studio: turn CORS on).',
    )
  }
  return fail(
    'absent',
    `Nothing answers at ${host}. Check the address, and whether the server runs and can be reached from here.`,
  )
}

/** Whether the user has refused Local Network Access, which Chrome asks for since version 142, and in newer versions in two parts. */
async function isLocalAccessDenied(): Promise<boolean> {
  const names = ['local-network-access', 'local-network', 'loopback-network'] as const
  const asked = names.map(async (name) => {
    const status = await globalThis.navigator?.permissions?.query({ name: name as PermissionName })
    return status?.state === 'denied'
  })
  const answers = await Promise.allSettled(asked) // a browser that does not know a name refuses
  return answers.some((answer) => answer.status === 'fulfilled' && answer.value)
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)
}

/** Whether a server is there at all. Only a browser keeps answers from us, so elsewhere the first failure tells all. */
async function answersSomebody(url: string): Promise<boolean> {
  if (globalThis.location === undefined) return false
  try {
    await fetch(url, { mode: 'no-cors', credentials: 'omit', referrerPolicy: 'no-referrer' })
    return true
  } catch {
    return false
  }
}

async function refused(server: RemoteServer, response: Response): Promise<ReflectionError> {
  const { status } = response
  const { host } = new URL(server.address)
  const said = await wordsOf(response)
  const retryAfterSeconds = secondsUntil(response.headers.get('retry-after'))
  const details = {
    host,
    status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(said === '' ? {} : { said }),
  }
  const quoted = said === '' ? '' : ` It says: "${said}"`
  const fail = (message: string) => new ReflectionError('server-refused', message + quoted, { details })
  if (status === 401 || status === 403) return fail(`${host} wants a key that it knows. Check the key.`)
  if (status === 404)
    return fail(`${host} has no model "${server.model}" at this address. Check both; an address mostly ends with /v1.`)
  if (status === 429) {
    const wait = retryAfterSeconds === undefined ? 'a while' : `${retryAfterSeconds} seconds`
    return fail(`${host} has too much to do, or your share is used up. Wait ${wait} and try again.`)
  }
  if (/context.{0,20}(length|window|size)|maximum.{0,20}tokens/i.test(said)) {
    return new ReflectionError('prompt-too-long', `The conversation is longer than what the model can read.${quoted}`, {
      details,
    })
  }
  if (status < 500)
    return new ReflectionError('request-invalid', `${host} does not understand the request.${quoted}`, { details })
  return fail(`${host} failed (${status}). Look at the server, or try again.`)
}

/** The message of an error, shortened; empty where there is none. */
async function wordsOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  let found: unknown = text
  try {
    const body: unknown = JSON.parse(text)
    const { error, message, detail } = isRecord(body) ? body : {}
    found = isRecord(error) ? error['message'] : (error ?? message ?? detail ?? text)
  } catch {
    // no JSON: the text itself is what was said
  }
  return typeof found === 'string' ? found.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_QUOTE) : ''
}

const LONGEST_QUOTE = 300

/** @param header - Seconds, or a date. */
function secondsUntil(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000)
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}
