import { ReflectionError } from '../../src/core/errors.ts'
import { fetchAllowed } from '../../src/core/fetch-allowed.ts'
import { pieceReader } from './piece-reader.ts'
import { corruptFile, type FileToWrite, type FileWriter, type WeightStore } from './weight-store.ts'

/** How long what goes wrong is borne. */
export interface Patience {
  /** Milliseconds without a byte after which a connection is dropped. */
  readonly stallMs: number
  /** How often a file is tried without one byte more. */
  readonly tries: number
  /** Before the second try, milliseconds; twice as long before each further one, up to `longestWaitMs`. */
  readonly waitMs: number
  readonly longestWaitMs: number
}

const PATIENCE: Patience = { stallMs: 20_000, tries: 5, waitMs: 500, longestWaitMs: 16_000 }

export interface FetchFileOptions {
  /** Told how many bytes each piece has that comes in; negative where bytes are given up, because the file begins anew. */
  readonly onBytes?: (count: number) => void
  /** Told how many bytes of the file are here, before more come. */
  readonly onKept?: (count: number) => void
  readonly patience?: Patience
}

/** What another try may mend. */
class Interruption extends Error {}

/** A server that sent a file from its beginning said that this was all of it, and it is too short. */
class ShortFile extends Interruption {}

/**
 * Fetches a file into the store, from the byte on that it was left at. A connection that breaks or stalls is begun anew where it stopped; a server
 * that cannot do that, or that has another version of the file by now, sends this file from its beginning.
 * @returns Bytes that came over the network.
 * @throws {ReflectionError} `host-forbidden`, `download-failed`, `download-corrupt`, `storage-full`, `storage-unreadable`. What came of a file that
 * failed stays, for the next time; what came of a wrong one does not.
 */
export async function fetchFile(
  store: WeightStore,
  file: FileToWrite,
  { onBytes = () => undefined, onKept = () => undefined, patience = PATIENCE }: FetchFileOptions = {},
): Promise<number> {
  let received = 0
  const count = (bytes: number) => {
    if (bytes > 0) received += bytes
    onBytes(bytes)
  }
  for (let isAgain = false; ; isAgain = true) {
    const writer = await store.begin(file)
    onKept(writer.offset)
    await receive(writer, file, count, patience)
    try {
      await writer.finish()
      return received
    } catch (error) {
      onBytes(-writer.offset)
      // Parts of two versions make a third one, and what comes anew is of one. If that is wrong as well, it was published so.
      if (isAgain || !ReflectionError.is(error) || error.code !== 'download-corrupt') throw error
    }
  }
}

/** Writes all that is missing, however many connections that takes. */
async function receive(
  writer: FileWriter,
  file: FileToWrite,
  onBytes: (count: number) => void,
  patience: Patience,
): Promise<void> {
  let shortAt: number | undefined
  for (let failures = 0; file.bytes === undefined || writer.offset < file.bytes || file.bytes === 0;) {
    const before = writer.offset
    try {
      await connect(writer, file, onBytes, patience.stallMs)
      return
    } catch (error) {
      if (!(error instanceof Interruption)) throw error
      if (error instanceof ShortFile) {
        if (writer.offset === shortAt) {
          onBytes(-writer.offset)
          await writer.restart()
          throw corruptFile(file.address, `it has ${shortAt} bytes instead of ${file.bytes}`)
        }
        shortAt = writer.offset
      }
      await writer.keep()
      failures = writer.offset > before ? 1 : failures + 1
      if (failures >= patience.tries) throw failed(file.address, error.message, error.cause)
      const wait = Math.min(patience.longestWaitMs, patience.waitMs * 2 ** (failures - 1))
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)))
    }
  }
}

/** One connection, to its end. */
async function connect(
  writer: FileWriter,
  file: FileToWrite,
  onBytes: (count: number) => void,
  stallMs: number,
): Promise<void> {
  const control = new AbortController()
  let silence: ReturnType<typeof setTimeout> | undefined
  const hear = () => {
    clearTimeout(silence)
    silence = setTimeout(() => control.abort(new Interruption(`no byte came for ${stallMs / 1000} seconds`)), stallMs)
  }
  try {
    hear()
    const response = await ask(writer, file, control.signal)
    const length = await accept(response, writer, file, onBytes)
    const read = pieceReader(response.body)
    for (;;) {
      hear()
      const { done, value } = await read()
      if (done || value === undefined) break
      clearTimeout(silence) // storing may take its time
      if (length !== undefined && writer.offset + value.length > length) {
        throw corruptFile(file.address, `it has more than ${length} bytes`)
      }
      await writer.write(value)
      onBytes(value.length)
    }
    if (length !== undefined && writer.offset < length) {
      const Kind = response.status === 200 ? ShortFile : Interruption
      throw new Kind(`the connection ended after ${writer.offset} bytes`)
    }
  } catch (error) {
    control.abort()
    if (ReflectionError.is(error) || error instanceof Interruption) throw error
    const { reason } = control.signal as { reason: unknown }
    if (reason instanceof Interruption) throw reason
    throw new Interruption(
      writer.offset === 0
        ? 'the network or the server refused it'
        : `the connection broke after ${writer.offset} bytes`,
      { cause: error },
    )
  } finally {
    clearTimeout(silence)
  }
}

function ask(writer: FileWriter, { address, sha256 }: FileToWrite, signal: AbortSignal): Promise<Response> {
  const { offset, validator } = writer
  const isOurs = new URL(address).origin === globalThis.location?.origin
  const canTell = validator !== undefined || sha256 !== undefined // whether it is still the same file
  const headers: Record<string, string> = {}
  if (offset > 0 && canTell) {
    headers['range'] = `bytes=${offset}-`
    // To another server this header would have to be asked for first, which many forbid: there the answer's own ETag tells.
    if (isOurs && validator?.startsWith('"') === true) headers['if-range'] = validator
  }
  return fetchAllowed(address, {
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store', // the browser would keep every byte twice
    headers,
    signal,
  })
}

/**
 * Looks at what a server says before it sends.
 * @returns What the file will have when it is whole, as far as anyone knows.
 */
async function accept(
  response: Response,
  writer: FileWriter,
  { address, bytes }: FileToWrite,
  onBytes: (count: number) => void,
): Promise<number | undefined> {
  const { status, headers } = response
  const startAnew = async () => {
    onBytes(-writer.offset)
    await writer.restart()
  }
  if (status === 416) {
    await startAnew()
    throw new Interruption('the server has less of it than is stored')
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    throw new Interruption(`the server answered ${status}`)
  }
  if (!response.ok) throw failed(address, `the server answered ${status}`)
  if (headers.get('content-type')?.startsWith('text/html') === true) {
    throw failed(address, 'the server answered with a web page instead of the file')
  }
  const validator = headers.get('etag') ?? undefined // never a hash of the file: huggingface.co has one of its own kind there
  if (status !== 206) {
    onBytes(-writer.offset)
    await writer.restart(validator)
    const sent = Number(headers.get('content-length') ?? NaN)
    const isAsSent = headers.get('content-encoding') === null && new URL(address).origin === globalThis.location?.origin
    return bytes ?? (isAsSent && Number.isSafeInteger(sent) ? sent : undefined)
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? []
  const isOther = validator !== undefined && writer.validator !== undefined && validator !== writer.validator
  const isElsewhere = start !== undefined && Number(start) !== writer.offset
  const isLonger = total !== undefined && total !== '*' && bytes !== undefined && Number(total) !== bytes
  if (isOther || isElsewhere || isLonger) {
    await startAnew()
    throw new Interruption('the server has another version of it by now')
  }
  return bytes ?? (total === undefined || total === '*' ? undefined : Number(total))
}

function failed(address: string, why: string, cause?: unknown): ReflectionError {
  return new ReflectionError(
    'download-failed',
    `Could not fetch ${address}: ${why}. Check the connection and load again; what came so far is kept.`,
    { ...(cause === undefined ? {} : { cause }), details: { file: address } },
  )
}
