import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { fetchFile, type Patience } from '../../../../worker/weights/fetch-file.ts'
import { createWeightStore, PIECE_BYTES } from '../../../../worker/weights/weight-store.ts'
import { createMemoryRecords } from '../support/memory-weights.ts'

/** Three pieces and a bit, without a pattern that would hide a byte at the wrong place. */
const CONTENT = Buffer.alloc(3 * PIECE_BYTES + 12_345)
for (let at = 0; at < CONTENT.length; at += 4)
  CONTENT.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, Math.min(at, CONTENT.length - 4))
const OTHER = Buffer.from(CONTENT).map((byte) => byte ^ 1)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const SHA256 = sha256(CONTENT)

const PATIENCE: Patience = { stallMs: 60_000, tries: 3, waitMs: 1, longestWaitMs: 2 }

/** What the server does with the next requests; the last one stays. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void
let answers: Answer[] = []
/** The ranges that were asked for; empty for a whole file. */
let ranges: string[] = []
/** Bytes that the client has taken in. */
let received = 0

const firstOf = ({ headers }: IncomingMessage) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)

/** As servers should. */
const right =
  (content: Buffer | Uint8Array = CONTENT, etag = '"one"', { until = content.length, last = 'end' } = {}): Answer =>
  (request, response) => {
    const first = firstOf(request)
    const isPart = request.headers.range !== undefined
    if (isPart && first >= content.length) return void response.writeHead(416).end()
    response.writeHead(isPart ? 206 : 200, {
      'content-length': content.length - first,
      etag,
      ...(isPart ? { 'content-range': `bytes ${first}-${content.length - 1}/${content.length}` } : {}),
    })
    const stop = Math.max(first, until)
    response.write(content.subarray(first, stop), () => {
      if (stop === content.length) response.end()
      else if (last === 'cut') {
        const cutting = setInterval(() => {
          if (received < stop) return // it shall have all that was sent
          clearInterval(cutting)
          response.destroy()
        }, 2)
      }
    })
  }
const withoutRanges: Answer = (_, response) => void response.writeHead(200).end(CONTENT)
const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('no')

const server = createServer((request, response) => {
  ranges.push(request.headers.range ?? '')
  const answer = answers.length > 1 ? answers.shift() : answers[0]
  answer?.(request, response)
})
let address = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/params.bin`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  ranges = []
  received = 0
})

const FILE = () => ({ address, bytes: CONTENT.length, sha256: SHA256 })

function setUp(...next: Answer[]) {
  answers = next
  const records = createMemoryRecords()
  const store = createWeightStore(records)
  let counted = 0
  const onBytes = (count: number) => {
    counted += count
    received = counted
  }
  const fetch = (file: { address: string; bytes?: number; sha256?: string } = FILE(), patience = PATIENCE) =>
    fetchFile(store, file, { patience, onBytes })
  const stored = async () => {
    const blob = await store.open(address)
    return blob === undefined ? undefined : Buffer.from(await blob.arrayBuffer())
  }
  return { records, store, fetch, stored, counted: () => counted }
}

test('a file comes whole, counted as it comes, in pieces, with its SHA-256', async () => {
  const { fetch, stored, counted, store } = setUp(right())
  expect(await fetch()).toBe(CONTENT.length)
  expect(CONTENT.equals((await stored())!)).toBe(true)
  expect(counted()).toBe(CONTENT.length)
  expect(await store.file(address)).toMatchObject({ isComplete: true, pieces: 4, sha256: SHA256, validator: '"one"' })
})

test('a file of which nobody told anything comes whole, and its SHA-256 is learned', async () => {
  const { fetch, stored, store } = setUp(
    (_, response) => void response.write(CONTENT.subarray(0, 70_000), () => response.end(CONTENT.subarray(70_000))),
  )
  await fetch({ address })
  expect(CONTENT.equals((await stored())!)).toBe(true)
  expect((await store.file(address))?.sha256).toBe(SHA256)
})

test.each([0, 1, 1000, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, CONTENT.length - 1])(
  'a connection that breaks after %i bytes goes on at that byte',
  async (until) => {
    const { fetch, stored } = setUp(right(CONTENT, '"one"', { until, last: 'cut' }), right())
    expect(await fetch()).toBe(CONTENT.length)
    expect(ranges).toEqual(['', until === 0 ? '' : `bytes=${until}-`])
    expect(CONTENT.equals((await stored())!)).toBe(true)
  },
)

test('what the browser clears while the rest comes is fetched again', async () => {
  const setting = setUp((request, response) => {
    if (ranges.length === 2) setting.records.bytes.clear() // all of what was stored
    right()(request, response)
  })
  answers.unshift(right(CONTENT, '"one"', { until: PIECE_BYTES + 1000, last: 'cut' }))
  await setting.fetch()
  expect(ranges).toEqual(['', `bytes=${PIECE_BYTES + 1000}-`, ''])
  expect(CONTENT.equals((await setting.stored())!)).toBe(true)
})

test('a connection that stalls is dropped, and goes on at its byte', async () => {
  const { fetch, stored } = setUp(right(CONTENT, '"one"', { until: 600_000, last: 'stall' }), right())
  await fetch(FILE(), { ...PATIENCE, stallMs: 300, tries: 100 })
  expect(ranges.length).toBeGreaterThan(1)
  expect(ranges.at(-1)).toMatch(/^bytes=\d+-$/)
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('who is killed between any two pieces loses less than a piece, and the hash goes on', async () => {
  for (const until of [PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 77]) {
    const { fetch, store, stored } = setUp(right())
    ranges = []
    const killed = await store.begin(FILE())
    await killed.restart('"one"')
    await killed.write(CONTENT.subarray(0, until)) // and then nothing more is heard of it
    const kept = (await store.file(address))?.have ?? 0
    expect(until - kept).toBeLessThan(PIECE_BYTES)
    expect(await store.open(address)).toBeUndefined() // it exists, which says nothing
    expect(await fetch()).toBe(CONTENT.length - kept)
    expect(ranges).toEqual([kept === 0 ? '' : `bytes=${kept}-`])
    expect(CONTENT.equals((await stored())!)).toBe(true)
  }
})

test('a server without ranges sends the file from its beginning', async () => {
  const { fetch, stored, counted } = setUp(right(CONTENT, '"one"', { until: 600_000, last: 'cut' }), withoutRanges)
  expect(await fetch()).toBe(600_000 + CONTENT.length)
  expect(counted()).toBe(CONTENT.length)
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('a file that is another one by now begins anew: by its ETag', async () => {
  const { fetch, stored } = setUp(right(OTHER, '"old"', { until: 600_000, last: 'cut' }), right(), right())
  await fetch()
  expect(ranges).toEqual(['', 'bytes=600000-', ''])
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('a file that is another one by now begins anew: by its SHA-256, where no ETag tells', async () => {
  const old: Answer = (request, response) => {
    response.removeHeader('etag')
    right(OTHER, '', { until: 600_000, last: 'cut' })(request, response)
  }
  const { fetch, stored } = setUp(old, right(CONTENT, ''), right())
  await fetch()
  expect(ranges).toEqual(['', 'bytes=600000-', ''])
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('a file whose server has less of it than is stored begins anew', async () => {
  const { fetch, stored, store } = setUp(right())
  const writer = await store.begin({ address })
  await writer.restart('"one"')
  await writer.write(Buffer.concat([CONTENT, CONTENT]))
  await writer.keep()
  await fetch({ address })
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('a wrong place in the answer is not trusted', async () => {
  const shifted: Answer = (request, response) => {
    const first = Math.max(0, firstOf(request) - 1)
    response.writeHead(206, { 'content-range': `bytes ${first}-${CONTENT.length - 1}/${CONTENT.length}` })
    response.end(CONTENT.subarray(first))
  }
  const { fetch, stored } = setUp(right(CONTENT, '"one"', { until: 600_000, last: 'cut' }), shifted, right())
  await fetch()
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test.each([408, 425, 429, 500, 503])('status %i is tried again', async (code) => {
  const { fetch } = setUp(status(code), status(code), right())
  expect(await fetch()).toBe(CONTENT.length)
})

test('what does not get better is a failure in words, and what came stays for the next time', async () => {
  const { fetch, store } = setUp(right(CONTENT, '"one"', { until: 600_000, last: 'cut' }), status(503))
  await expect(fetch()).rejects.toMatchObject({
    code: 'download-failed',
    message: expect.stringMatching(/answered 503.*what came so far is kept/),
    details: { file: address },
  })
  expect(ranges).toHaveLength(1 + PATIENCE.tries - 1)
  expect((await store.file(address))?.have).toBe(600_000)
  answers = [right()]
  expect(await fetch()).toBe(CONTENT.length - 600_000)
})

test('a server that cannot be reached is a failed download with its cause', async () => {
  const { fetch } = setUp(right())
  await expect(fetch({ address: 'http://127.0.0.1:1/file' })).rejects.toMatchObject({
    code: 'download-failed',
    cause: expect.any(Error) as Error,
  })
})

test.each<[string, Answer, RegExp]>([
  ['an answer 404', status(404), /answered 404/],
  [
    'a web page',
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>hello'),
    /web page instead of the file/,
  ],
])('%s is refused at once, by name, and the file can be fetched afterwards', async (_, answer, message) => {
  const { fetch, stored } = setUp(answer)
  await expect(fetch()).rejects.toMatchObject({
    code: 'download-failed',
    message: expect.stringMatching(message),
    details: { file: address },
  })
  expect(ranges).toHaveLength(1)
  expect(await stored()).toBeUndefined()
  answers = [right()]
  expect(await fetch()).toBe(CONTENT.length)
})

test('a file without its end goes on where it ended', async () => {
  const short: Answer = (_, response) =>
    void response.writeHead(200, { etag: '"one"' }).end(CONTENT.subarray(0, 700_000))
  const { fetch, stored } = setUp(short, right())
  expect(await fetch()).toBe(CONTENT.length)
  expect(ranges).toEqual(['', 'bytes=700000-'])
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('a file that is as short again from its beginning is a wrong one, and nothing of it stays', async () => {
  const { fetch, stored, counted } = setUp(right(OTHER.subarray(0, 700_000)))
  await expect(fetch()).rejects.toMatchObject({ code: 'download-corrupt', message: expect.stringContaining('700000') })
  expect(ranges).toEqual(['', 'bytes=700000-', '']) // asked for the rest, the server has less of it than is stored
  expect(await stored()).toBeUndefined()
  expect(counted()).toBe(0)
})

test('a file that is too long is refused before all of it came', async () => {
  const { fetch, stored } = setUp(right(Buffer.concat([CONTENT, CONTENT])))
  await expect(fetch()).rejects.toMatchObject({ code: 'download-corrupt', details: { file: address } })
  expect(await stored()).toBeUndefined()
})

test('a wrong file is fetched once more, refused, and nothing of it stays', async () => {
  const { fetch, stored, records, counted } = setUp(right(OTHER))
  await expect(fetch()).rejects.toMatchObject({ code: 'download-corrupt', details: { file: address } })
  expect(ranges).toEqual(['', ''])
  expect(await stored()).toBeUndefined()
  expect(records.bytes.size).toBe(0)
  expect(counted()).toBe(0)
})

test('a wrong file is fetched once more, and kept when it is right then', async () => {
  const { fetch, stored } = setUp(right(OTHER), right())
  expect(await fetch()).toBe(2 * CONTENT.length)
  expect(CONTENT.equals((await stored())!)).toBe(true)
})

test('an ETag that looks like a SHA-256 is none: a file that is sent on to a CDN is stored with its own', async () => {
  const etag = `"${sha256(OTHER)}"`
  const sendOn: Answer = (_, response) =>
    void response.writeHead(302, { location: '/cdn', 'x-linked-etag': `"${SHA256}"` }).end()
  const { fetch, stored, store } = setUp(sendOn, right(CONTENT, etag))
  expect(await fetch({ address })).toBe(CONTENT.length)
  expect(CONTENT.equals((await stored())!)).toBe(true)
  expect(await store.file(address)).toMatchObject({ isComplete: true, sha256: SHA256, validator: etag })
})

test('an empty file is a file', async () => {
  const { fetch, store } = setUp((_, response) => void response.writeHead(200).end())
  await fetch({ address, bytes: 0 })
  expect((await store.open(address))?.size).toBe(0)
})
