import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchVerified } from '../../../worker/fetch-verified.ts'

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/file': (response) => response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT),
  '/unknown-length': (response) =>
    response.write(CONTENT.subarray(0, 70_000), () => response.end(CONTENT.subarray(70_000))),
  '/page': (response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>hello'),
  '/broken': (response) => {
    response.writeHead(200, { 'content-length': CONTENT.length })
    response.write(CONTENT.subarray(0, 1000), () => setImmediate(() => response.destroy()))
  },
}

const server = createServer((request, response) => {
  const answer = ANSWERS[request.url ?? '']
  if (answer === undefined) response.writeHead(404).end('nothing')
  else answer(response)
})
let base = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

test('a file comes whole, counted as it comes, and is verified', async () => {
  let counted = 0
  let verified = 0
  const { bytes, address } = await fetchVerified(
    { address: `${base}/file`, bytes: CONTENT.length, sha256: SHA256 },
    (count) => (counted += count),
    () => (verified += 1),
  )
  expect(address).toBe(`${base}/file`)
  expect(CONTENT.equals(new Uint8Array(bytes))).toBe(true)
  expect([counted, verified]).toEqual([CONTENT.length, 1])
})

test('a file of unknown length comes whole', async () => {
  const { bytes } = await fetchVerified({ address: `${base}/unknown-length` })
  expect(CONTENT.equals(new Uint8Array(bytes))).toBe(true)
})

test.each([
  ['/missing', 'download-failed', /answered 404/],
  ['/page', 'download-failed', /web page instead of the file/],
  ['/broken', 'download-failed', /connection broke after/],
])('%s is a failure in words', async (path, code, message) => {
  const address = base + path
  await expect(fetchVerified({ address, bytes: CONTENT.length })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
    details: { file: address },
  })
})

test('a server that cannot be reached is a failed download with its cause', async () => {
  await expect(fetchVerified({ address: 'http://127.0.0.1:1/file' })).rejects.toMatchObject({
    code: 'download-failed',
    cause: expect.any(Error) as Error,
  })
})

test.each([-1, 1])('a length that differs by %i is the wrong file', async (difference) => {
  const request = { address: `${base}/file`, bytes: CONTENT.length + difference }
  await expect(fetchVerified(request)).rejects.toMatchObject({ code: 'download-corrupt' })
})

test('another SHA-256 is the wrong file', async () => {
  const request = { address: `${base}/file`, sha256: SHA256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }
  await expect(fetchVerified(request)).rejects.toMatchObject({ code: 'download-corrupt' })
})
