import { ReflectionError } from '../../errors.ts'
import { fetchAllowed, type Fetch } from '../../fetch-allowed.ts'
import { describeGguf } from './describe-gguf.ts'
import type { FoundFile } from './describe-imported.ts'
import { readGgufHeader, type ByteSource } from './read-gguf-header.ts'
import { splitNames } from './split-name.ts'

export interface FetchGgufOptions {
  readonly signal?: AbortSignal
  /** Default: the one of the platform. */
  readonly fetch?: Fetch
}

/**
 * Looks into a GGUF file on a server: only its header is fetched, of a split model that of each part.
 * @param address - As `ggufAddress` gives it.
 * @throws The signal's reason when aborted.
 * @throws {ReflectionError} `gguf-invalid`; `host-forbidden`; `download-failed`, with the `status` of the server if it answered.
 */
export async function fetchGguf(address: string, options: FetchGgufOptions = {}): Promise<FoundFile> {
  const url = new URL(address)
  const addresses = splitNames(url.pathname).map((pathname) => {
    const part = new URL(url)
    part.pathname = pathname
    return part.href
  })
  const parts = await Promise.all(
    addresses.map(async (part) => {
      const source = openRemote(part, options)
      const header = await readGgufHeader(source)
      return { header, bytes: source.byteLength ?? (await sizeOf(part, options)) ?? header.fileBytes }
    }),
  )
  const headers = parts.map(({ header }) => header)
  return {
    address: addresses[0] ?? address,
    bytes: parts.map(({ bytes }) => bytes),
    description: describeGguf(...(headers as [(typeof headers)[number]])),
  }
}

/** A file on a server, by ranges of its bytes. A server that knows no ranges sends it from the start, and is stopped. */
function openRemote(address: string, { signal, fetch: get }: FetchGgufOptions): ByteSource {
  let byteLength: number | undefined
  return {
    get byteLength() {
      return byteLength
    },
    async read(offset, length) {
      const response = await ask(address, { range: `bytes=${offset}-${offset + length - 1}` }, signal, get)
      if (response.status === 416) return new Uint8Array()
      if (response.status === 206) {
        const total = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1])
        if (Number.isSafeInteger(total)) byteLength = total
        return new Uint8Array(await bytesOf(response.arrayBuffer(), address, signal))
      }
      const total = Number(response.headers.get('content-length') ?? NaN)
      if (Number.isSafeInteger(total) && response.headers.get('content-encoding') === null) byteLength = total
      const bytes = await bytesOf(readUpTo(response, offset + length), address, signal)
      return bytes.subarray(offset)
    },
  }
}

async function ask(
  address: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
  get: Fetch | undefined,
): Promise<Response> {
  const init = { credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store', headers } as const
  const response = await bytesOf(fetchAllowed(address, { ...init, ...(signal && { signal }) }, get), address, signal)
  if (response.ok || response.status === 416) return response
  throw new ReflectionError(
    'download-failed',
    `${address} was refused by its server with status ${response.status}. Check the address.`,
    { details: { url: address, status: response.status } },
  )
}

/** Not every server lets pages read how large the whole is when it sends a part. */
async function sizeOf(address: string, { signal, fetch: get = fetch }: FetchGgufOptions): Promise<number | undefined> {
  try {
    const init = { method: 'HEAD', credentials: 'omit', referrerPolicy: 'no-referrer' } as const
    const response = await get(address, { ...init, ...(signal && { signal }) })
    const told = response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null
    return response.ok && told !== null && Number.isSafeInteger(Number(told)) ? Number(told) : undefined
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

async function readUpTo(response: Response, length: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array()
  const bytes = new Uint8Array(length)
  let have = 0
  const reader = response.body.getReader()
  while (have < length) {
    const { done, value } = await reader.read()
    if (done) break
    bytes.set(value.subarray(0, length - have), have)
    have += Math.min(value.length, length - have)
  }
  await reader.cancel()
  return bytes.subarray(0, have)
}

async function bytesOf<Value>(work: Promise<Value>, address: string, signal: AbortSignal | undefined): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    signal?.throwIfAborted()
    if (ReflectionError.is(cause)) throw cause
    throw new ReflectionError(
      'download-failed',
      `${address} could not be fetched. Check the address, the connection, and that its server allows other sites (CORS).`,
      { cause, details: { url: address } },
    )
  }
}
