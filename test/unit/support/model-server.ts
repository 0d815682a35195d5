import { createServer, type Server } from 'node:http'
import type { BrowserCommand } from 'vitest/node'

const servers = new Map<string, Server>()

/**
 * Starts a server of OpenAI's protocol on a port of its own, which is another origin to the page: a browser decides by itself whether the
 * page may read its answers. Runs in Node, for tests that run in the page.
 */
export const startModelServer: BrowserCommand<[{ cors: boolean }]> = async (_, { cors }) => {
  const server = createServer((request, response) => {
    const allowed = cors ? { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' } : {}
    if (request.method === 'OPTIONS') return response.writeHead(204, allowed).end()
    if (request.method === 'GET') {
      response.writeHead(200, { ...allowed, 'content-type': 'application/json' })
      return response.end(JSON.stringify({ data: [{ id: 'Reflection-70B', owned_by: 'library' }] }))
    }
    response.writeHead(200, { ...allowed, 'content-type': 'text/event-stream' })
    for (const delta of [{ reasoning: 'hm' }, { content: '5' }]) {
      response.write(`data: ${JSON.stringify({ choices: [{ delta, finish_reason: null }] })}\n\n`)
    }
    return response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`
  servers.set(address, server)
  return address
}

/** Ends it; nothing answers at its address from then on. */
export const stopModelServer: BrowserCommand<[string]> = async (_, address) => {
  const server = servers.get(address)
  servers.delete(address)
  server?.closeAllConnections()
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
}
