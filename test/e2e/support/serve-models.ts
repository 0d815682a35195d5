import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EMBEDDED_FOLDER } from '../../embedded-folder.ts'

/** Of another origin, which lets every page read its answers. */
export interface ModelServer {
  readonly origin: string
  close(): Promise<void>
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
const REPLY = ['<thinking>', 'Nine and four.', '</thinking>', '<output>', 'It is 13.', '</output>']
const GGUF = `public/${EMBEDDED_FOLDER}reflection-tiny.gguf`

/** Serves a GGUF file as `/files/model.gguf`, whoever asks for `/moved.gguf` is sent on to it, and under `/v1` speaks for a model `Far`. */
export async function serveModels(): Promise<ModelServer> {
  const file = readFileSync(GGUF)
  const server = createServer((request, response) => {
    const json = (body: object) =>
      response.writeHead(200, { ...CORS, 'content-type': 'application/json' }).end(JSON.stringify(body))
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    if (request.method === 'OPTIONS') return response.writeHead(204, CORS).end()
    if (pathname === '/v1/models') return json({ data: [{ id: 'Far', owned_by: 'test' }] })
    if (pathname === '/moved.gguf') return response.writeHead(302, { ...CORS, location: '/files/model.gguf' }).end()
    if (pathname === '/v1/chat/completions') {
      response.writeHead(200, { ...CORS, 'content-type': 'text/event-stream' })
      for (const content of REPLY) {
        response.write(`data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: null }] })}\n\n`)
      }
      return response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    }
    if (pathname !== '/files/model.gguf') return response.writeHead(404, CORS).end()
    const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const last = end === '' ? file.length - 1 : Math.min(Number(end), file.length - 1)
    const headers = { ...CORS, 'accept-ranges': 'bytes', 'access-control-expose-headers': '*', etag: '"one"' }
    if (request.headers.range === undefined) return response.writeHead(200, headers).end(file)
    const range = `bytes ${start}-${last}/${file.length}`
    return response.writeHead(206, { ...headers, 'content-range': range }).end(file.subarray(Number(start), last + 1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
