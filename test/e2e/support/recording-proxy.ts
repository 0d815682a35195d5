import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordingProxy {
  /** For `--proxy-server`. */
  readonly address: string
  /** Addresses of all that was asked for, without what stands behind a question mark; of https `https://<host>` alone, as nobody can look into it. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

/** What Chromium asks for by itself, with whatever page: its updates, its accounts, its help with forms. */
const OF_CHROMIUM = /(^|\.)(google\.com|googleapis\.com|gvt1\.com)$/

/** An HTTP proxy that writes down what it is asked for. It passes on what is for this computer and refuses the rest, as if there were no network. */
export async function startRecordingProxy(): Promise<RecordingProxy> {
  const asked: string[] = []
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '')
    if (!OF_CHROMIUM.test(url.hostname)) asked.push(url.origin + url.pathname)
    if (url.hostname !== '127.0.0.1') {
      response.writeHead(502).end()
      return
    }
    const outgoing = request(url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.rawHeaders))
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })
  server.on('connect', ({ url = '' }, socket) => {
    const host = url.replace(/:443$/, '')
    if (!OF_CHROMIUM.test(host)) asked.push(`https://${host}`)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
