import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

/** What a request held. */
export interface ServerRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

export interface ReplayingServer {
  /** With `/v1`. */
  readonly address: string
  readonly requests: readonly ServerRequest[]
  /** How many of its connections were closed by the client in mid-stream. */
  readonly cutByClient: () => number
}

/**
 * A real HTTP server on this computer that answers as a test says. It stands for vLLM and its kin, none of which runs here: what it replays was
 * written after their protocols, not recorded from them.
 */
export async function startServer(
  answer: (request: ServerRequest, response: ServerResponse) => void | Promise<void>,
): Promise<ReplayingServer> {
  const requests: ServerRequest[] = []
  let cut = 0
  const server = createServer((incoming, response) => {
    let text = ''
    incoming.on('data', (bytes: Buffer) => (text += bytes.toString()))
    response.on('close', () => (cut += response.writableFinished ? 0 : 1))
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming
      const request = { method, path, headers, body: text === '' ? {} : JSON.parse(text) }
      requests.push(request)
      void answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return { address: `http://127.0.0.1:${port}/v1`, requests, cutByClient: () => cut }
}

/** The list of models of a server of a kind, with one model. */
export function models(owner: string, more: object = {}): object {
  return { object: 'list', data: [{ id: 'Reflection-70B', object: 'model', owned_by: owner, ...more }] }
}

export function sendJson(
  response: ServerResponse,
  body: object,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A chunk with a delta. */
export function chunk(delta: object, finish: string | null = null): object {
  return { object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] }
}

/** Sends chunks as server-sent events, each when the one before has left, and ends the stream as OpenAI's servers do. */
export async function sendChunks(
  response: ServerResponse,
  chunks: readonly object[],
  end = 'data: [DONE]\n\n',
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const one of chunks) {
    if (response.destroyed) return
    response.write(`data: ${JSON.stringify(one)}\n\n`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.end(end)
}

/** A text in pieces about as long as tokens. */
export function piecesOf(text: string): string[] {
  return text.match(/<\/?\w+>|\s*[^\s<]{1,8}|\s+|</g) ?? []
}

export const USAGE = {
  choices: [],
  usage: { prompt_tokens: 30, completion_tokens: 40, prompt_tokens_details: { cached_tokens: 10 } },
}
