import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { PAGES } from './build-pages.mjs'

const SITE = fileURLToPath(new URL('../dist/site', import.meta.url))

/**
 * Serves the pages of the benchmark on 127.0.0.1 and, beside them, what the built site has: the models.
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} `url` ends with a slash.
 */
export async function servePages() {
  const pages = sirv(PAGES, { dev: true })
  const site = sirv(SITE, { dev: true })
  const server = createServer((request, response) => {
    const missing = () => void response.writeHead(404).end()
    pages(request, response, () => site(request, response, missing))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server for the benchmark has no port.')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
