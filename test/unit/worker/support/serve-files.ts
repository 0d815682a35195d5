import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FileServer {
  /** Of the folder, with a slash at its end. */
  readonly folderUrl: string
  /** Names of what was asked for, in order. */
  readonly requests: string[]
  /** How many requests were answered at the same time, at most. */
  mostAtOnce(): number
}

/** Serves files by their names, until the test is over; what is not there is a 404. Changes to the map are served as well. */
export async function serveFiles(
  files: ReadonlyMap<string, string>,
  { delayMs = 0 }: { readonly delayMs?: number } = {},
): Promise<FileServer> {
  const requests: string[] = []
  let underway = 0
  let most = 0
  const server = createServer(async (request, response) => {
    most = Math.max(most, ++underway)
    response.on('close', () => (underway -= 1))
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    const name = request.url?.split('/').at(-1) ?? ''
    requests.push(name)
    const content = files.get(name)
    if (content === undefined) response.writeHead(404).end('nothing')
    else response.writeHead(200, { 'content-length': Buffer.byteLength(content) }).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { folderUrl: `http://127.0.0.1:${port}/model/resolve/1/`, requests, mostAtOnce: () => most }
}
