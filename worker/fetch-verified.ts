import { ReflectionError } from '../src/core/errors.ts'
import { fetchAllowed } from '../src/core/fetch-allowed.ts'

export interface FileRequest {
  readonly address: string
  /** What it must have; absent where nobody told. */
  readonly bytes?: number
  /** Lower-case hexadecimal. */
  readonly sha256?: string
}

export interface FetchedFile {
  readonly address: string
  readonly bytes: ArrayBuffer
}

/**
 * Fetches a file whole and checks that it is the one that was meant.
 * @param onBytes Told how many bytes each piece has that comes in.
 * @param onVerify Told before the hash is computed.
 * @throws {ReflectionError} `host-forbidden`, `download-failed`, `download-corrupt`.
 */
export async function fetchVerified(
  { address, bytes: expected, sha256 }: FileRequest,
  onBytes: (count: number) => void = () => undefined,
  onVerify: () => void = () => undefined,
): Promise<FetchedFile> {
  const bytes = await download(address, expected, onBytes)
  if (expected !== undefined && bytes.byteLength !== expected) {
    throw corrupt(address, `it has ${bytes.byteLength} bytes instead of ${expected}`)
  }
  if (sha256 !== undefined) {
    onVerify()
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    if (found !== sha256) throw corrupt(address, `its SHA-256 is ${found} instead of ${sha256}`)
  }
  return { address, bytes }
}

async function download(
  address: string,
  expected: number | undefined,
  onBytes: (count: number) => void,
): Promise<ArrayBuffer> {
  let response: Response
  try {
    response = await fetchAllowed(address, { credentials: 'omit', referrerPolicy: 'no-referrer' })
  } catch (error) {
    if (ReflectionError.is(error)) throw error
    throw failed(address, 'the network or the server refused it', error)
  }
  if (!response.ok || response.body === null) throw failed(address, `the server answered ${response.status}`)
  if (response.headers.get('content-type')?.startsWith('text/html') === true) {
    throw failed(address, 'the server answered with a web page instead of the file')
  }
  // One buffer of the final size where that is known: pieces and their join would need twice the memory.
  let buffer = new Uint8Array(expected ?? 65_536)
  let length = 0
  try {
    for await (const piece of piecesOf(response.body)) {
      if (length + piece.length > buffer.length) {
        const larger = new Uint8Array(Math.max(buffer.length * 2, length + piece.length))
        larger.set(buffer)
        buffer = larger
      }
      buffer.set(piece, length)
      length += piece.length
      onBytes(piece.length)
    }
  } catch (error) {
    throw failed(address, `the connection broke after ${length} bytes`, error)
  }
  return length === buffer.length ? buffer.buffer : buffer.buffer.slice(0, length)
}

/** Not every browser can iterate over a stream. */
async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

function failed(address: string, why: string, cause?: unknown): ReflectionError {
  return new ReflectionError(
    'download-failed',
    `Could not fetch ${address}: ${why}. Check the connection and load again; files that are complete are kept.`,
    { cause, details: { file: address } },
  )
}

function corrupt(address: string, why: string): ReflectionError {
  return new ReflectionError(
    'download-corrupt',
    `${address} is not the file that the model's description names: ${why}. It was not stored. Load again; if it stays so, the model was published wrongly.`,
    { details: { file: address } },
  )
}
