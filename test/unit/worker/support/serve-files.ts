import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FileServer {
  /** Of the folder, with a slash at its end. */
  readonly folderUrl: string
  /** Names of what was asked for, in order. */
  readonly requests: readonly string[]
}

/** Serves files by their names, until the test is over; what is not there is a 404. Changes to the map are served as well. */
export async function serveFiles(files: ReadonlyMap<string, string>): Promise<FileServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
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
  return { folderUrl: `http://127.0.0.1:${port}/model/resolve/1/`, requests }
}
