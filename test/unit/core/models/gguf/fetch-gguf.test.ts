import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fetchGguf } from '../../../../../src/core/models/gguf/fetch-gguf.ts'
import type { FoundFile } from '../../../../../src/core/models/gguf/describe-imported.ts'
import { findGguf } from '../../../../../src/core/models/gguf/find-gguf.ts'
import { buildGguf, type Typed } from './support/build-gguf.ts'
import { MALFORMED_FILES } from './support/malformed-files.ts'

const text = (value: string): Typed => ['text', value]

function part(index: number, count: number): Uint8Array<ArrayBuffer> {
  const first = [
    ['general.architecture', text('llama')],
    ['tokenizer.ggml.tokens', ['list', 'text', Array.from({ length: 40_000 }, (_, id) => `token ${id}`)]],
  ] as const
  return buildGguf({
    metadata: [['split.no', ['u32', index]], ['split.count', ['u32', count]], ...(index === 0 ? first : [])],
    tensors: [{ name: `blk.${index}.a.weight`, shape: [32, 100_000], type: 8, data: new Uint8Array(34 * 100_000) }],
  })
}

type Answer = (bytes: Uint8Array, request: IncomingMessage, response: ServerResponse) => void

/** What a server answers that knows ranges. */
const inRanges: Answer = (bytes, { headers }, response) => {
  const [, from = '0', to = '0'] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  const some = bytes.subarray(Number(from), Number(to) + 1)
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${bytes.length}`, 'content-length': some.length })
  response.end(some)
}

async function serve(files: Readonly<Record<string, Uint8Array>>, answer: Answer) {
  let sent = 0
  const server = createServer((request, response) => {
    const bytes = files[request.url?.slice(1) ?? '']
    response.on('close', () => (sent += response.socket?.bytesWritten ?? 0))
    if (bytes === undefined) response.writeHead(404).end()
    else answer(bytes, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { address: (name: string) => `http://127.0.0.1:${port}/${name}`, sent: () => sent }
}

describe('a file on a server', () => {
  const file = part(0, 1)

  test('is described by its header, and no more than that is fetched', async () => {
    const requests: (string | undefined)[] = []
    const { address } = await serve({ 'a.gguf': file }, (bytes, request, response) => {
      requests.push(request.headers.range)
      inRanges(bytes, request, response)
    })
    const found = await fetchGguf(address('a.gguf'))
    expect(found).toMatchObject({ address: address('a.gguf'), bytes: [file.length] })
    expect(found.description).toMatchObject({ architecture: 'llama', parameters: 3_200_000, quantization: 'Q8_0' })
    expect(requests).toEqual(['bytes=0-262143', 'bytes=262144-1048575'])
    expect(file.length).toBeGreaterThan(3_000_000)
  })

  test('is looked into as well where the server knows no ranges', async () => {
    const { address } = await serve({ 'a.gguf': file }, (bytes, _, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    })
    expect(await fetchGguf(address('a.gguf'))).toMatchObject({ bytes: [file.length] })
  })

  test('has the size that another request tells where the answer to this one does not', async () => {
    const { address } = await serve({ 'a.gguf': file }, (bytes, request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': bytes.length }).end()
      else {
        const [, from = '0', to = '0'] = /(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
        response.writeHead(206).end(bytes.subarray(Number(from), Number(to) + 1))
      }
    })
    expect(await fetchGguf(address('a.gguf'))).toMatchObject({ bytes: [file.length] })
  })

  test('that comes in parts is described whole, whichever part is named', async () => {
    const names = ['b-00001-of-00002.gguf', 'b-00002-of-00002.gguf']
    const { address } = await serve({ [names[0]!]: part(0, 2), [names[1]!]: part(1, 2) }, inRanges)
    const found = await fetchGguf(address(names[1]!))
    expect(found.address).toBe(address(names[0]!))
    expect(found.bytes).toEqual([part(0, 2).length, part(1, 2).length])
    expect(found.description).toMatchObject({ parameters: 6_400_000, split: { count: 2 } })
  })

  test.each([
    ['nothing is there', 'missing.gguf', { code: 'download-failed', details: { status: 404 } }],
    ['there is a web page', 'page.gguf', { code: 'gguf-invalid' }],
    ['a part is missing', 'c-00001-of-00002.gguf', { code: 'download-failed', details: { status: 404 } }],
  ])('is refused when %s', async (_, name, problem) => {
    const page = new TextEncoder().encode('<!doctype html><title>Sign in</title>')
    const { address } = await serve({ 'page.gguf': page, 'c-00001-of-00002.gguf': part(0, 2) }, inRanges)
    await expect(fetchGguf(address(name))).rejects.toMatchObject(problem)
  })

  test.each(MALFORMED_FILES)('is refused where it is %s, and nothing is noted of it', async (_, bytes, why) => {
    const { address } = await serve({ 'a.gguf': bytes }, inRanges)
    const put: FoundFile[] = []
    const found = { get: async () => undefined, put: async (one: FoundFile) => void put.push(one) }
    const work = findGguf(address('a.gguf'), address(''), { found })
    await expect(work).rejects.toMatchObject({ code: 'gguf-invalid', message: expect.stringMatching(why) })
    expect(put).toEqual([])
  })

  test('is left alone when that is asked for', async () => {
    const { address } = await serve({ 'a.gguf': file }, () => undefined)
    const control = new AbortController()
    const work = fetchGguf(address('a.gguf'), { signal: control.signal })
    control.abort(new Error('enough'))
    await expect(work).rejects.toThrow('enough')
  })
})
