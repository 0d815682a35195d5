import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is answered instead of a file: other content, a status, or the file itself once a promise has resolved. */
export type Change =
  | { readonly body: string | Buffer }
  | { readonly status: number }
  | { readonly after: Promise<void> }

export interface ChangedSite {
  /** Ends with a slash. */
  readonly url: string
  /** From now on, what a path gets; it must be relative to the site. Takes the place of all changes before. */
  change(changes: Readonly<Record<string, Change>>): void
  /** A file of the site as it is. */
  read(path: string): Buffer
  /** The path of a script by what its name begins with; what follows there is made of its content. */
  script(name: string): string
  close(): Promise<void>
}

const SITE = fileURLToPath(new URL('../../../dist/site', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/**
 * Serves a built site as the plainest of hosts does, without a header but the type, and some of its files changed.
 * @param keptFolder - Whose files a browser may keep, as their names say what is in them; then it also keeps what it made of the scripts.
 * None of them may be changed. Default: none.
 */
export async function serveChangedSite(folder = SITE, keptFolder?: string): Promise<ChangedSite> {
  let changes: Readonly<Record<string, Change>> = {}
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname).slice(1) || 'index.html'
    const change = changes[path]
    if (change !== undefined && 'after' in change) await change.after
    const type = { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }
    const isKept = keptFolder !== undefined && path.startsWith(`${keptFolder}/`)
    const kept = isKept ? { 'Cache-Control': 'max-age=3600, immutable' } : {}
    const file = join(folder, path)
    if (change !== undefined && 'body' in change) response.writeHead(200, type).end(change.body)
    else if (change !== undefined && 'status' in change) response.writeHead(change.status).end()
    else if (existsSync(file)) createReadStream(file).pipe(response.writeHead(200, { ...type, ...kept }))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    change: (next) => (changes = next),
    read: (path) => readFileSync(join(folder, path)),
    script(name) {
      const named = readdirSync(join(folder, 'assets')).filter(
        (file) => file.startsWith(`${name}-`) && file.endsWith('.js'),
      )
      if (named.length !== 1)
        throw new Error(`The site has ${named.length} scripts called ${name}: ${named.join(', ')}`)
      return `assets/${named[0]}`
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
