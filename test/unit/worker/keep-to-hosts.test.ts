import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepToHosts, type WorkerScope } from '../../../worker/keep-to-hosts.ts'

// Real servers and the platform's own `fetch`; in a real worker: test/e2e/page-failures.test.ts.

/** Answers with its name, and sends on what asks for `/to?<address>`. */
async function serve(name: string): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url.startsWith('/to?')) response.writeHead(302, { Location: url.slice('/to?'.length) }).end()
    else response.end(name)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked }
}

let own: Awaited<ReturnType<typeof serve>>
let listed: typeof own
let other: typeof own

beforeAll(async () => {
  ;[own, listed, other] = await Promise.all([serve('own'), serve('listed'), serve('other')])
})
afterAll(async () => {
  for (const { server } of [own, listed, other]) await new Promise((resolve) => server.close(resolve))
})

/** A worker whose script the first server has, and what is told of its policy. */
function startWorker(connections: string) {
  const violations: string[] = []
  const events = new EventTarget()
  events.addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, blockedURI } = event as Event & Record<string, string>
    violations.push(`${effectiveDirective} ${blockedURI}`)
  })
  const scope: WorkerScope & { WebSocket?: unknown } = {
    location: { href: `${own.url}assets/worker.js` },
    fetch: (...parameters) => globalThis.fetch(...parameters),
    dispatchEvent: (event) => events.dispatchEvent(event),
    WebSocket: globalThis.WebSocket,
  }
  keepToHosts(connections, scope)
  const get = (address: string) => scope.fetch(new URL(address, own.url)).then((response) => response.text())
  return { scope, violations, get }
}

test('a worker reaches its own server and the listed hosts, and no others, which are not asked', async () => {
  const { scope, violations, get } = startWorker(`connect-src 'self' ${new URL(listed.url).origin}`)
  expect(await get('/a')).toBe('own')
  expect(await get(`${listed.url}b`)).toBe('listed')
  expect(violations).toEqual([])
  await expect(get(`${other.url}c`)).rejects.toThrow(TypeError)
  await expect(scope.fetch(new Request(`${other.url}d`))).rejects.toThrow(TypeError)
  await expect(scope.fetch('data:text/plain,hello')).rejects.toThrow(TypeError)
  expect(other.asked).toEqual([])
  expect(violations.slice(0, 2)).toEqual([`connect-src ${other.url}c`, `connect-src ${other.url}d`])
  expect('WebSocket' in scope).toBe(false)
})

test('what another server answers that a listed one sends on to is not given out', async () => {
  const { violations, get } = startWorker(`connect-src 'self' ${new URL(listed.url).origin}`)
  expect(await get(`/to?${listed.url}e`)).toBe('listed')
  await expect(get(`/to?${other.url}f`)).rejects.toThrow('does not allow')
  expect(violations).toEqual([`connect-src ${other.url}f`])
})

test('a path that is listed counts for what is asked for, and not for where a server sends on to', async () => {
  const { get } = startWorker(`connect-src 'self' ${new URL(listed.url).origin}/models/`)
  await expect(get(`${listed.url}g`)).rejects.toThrow('does not allow')
  expect(await get(`/to?${listed.url}g`)).toBe('listed')
})

test.each([
  ['https://*.hf.example', 'https://cdn.hf.example/a', true],
  ['https://*.hf.example', 'https://a.b.hf.example/a', true],
  ['https://*.hf.example', 'https://hf.example/a', false],
  ['https://*.hf.example', 'https://evilhf.example/a', false],
  ['https://hf.example', 'https://hf.example.evil.example/a', false],
  ['https://hf.example', 'http://hf.example/a', false],
  ['https://hf.example', 'https://hf.example:8443/a', false],
  ['http://hf.example', 'https://hf.example/a', true],
  ["'none'", 'https://hf.example/a', false],
  ["'none'", 'https://own.example:8443/a', false],
  ['hf.example', 'https://hf.example/a', true],
  ['HF.example', 'https://hf.example/a', true],
  ['hf.example', 'http://hf.example/a', false],
  ['https://hf.example:443', 'https://hf.example/a', true],
  ['http://hf.example:80', 'https://hf.example/a', true],
  ['https://hf.example:8443', 'https://hf.example/a', false],
  ['https://hf.example:*', 'https://hf.example:8443/a', true],
  ['http://[::1]:8000', 'http://[::1]:8000/a', true],
  ['https://hf.example/models/', 'https://hf.example/models/a', true],
  ['https://hf.example/models/', 'https://hf.example/a', false],
  ['https://hf.example/models', 'https://hf.example/models', true],
  ['https://hf.example/models', 'https://hf.example/models/a', false],
  ['https:', 'https://hf.example/a', true],
  ['https:', 'http://hf.example/a', false],
  ['*', 'https://hf.example/a', true],
  ['*', 'data:text/plain,a', false],
  ['data:', 'data:text/plain,a', true],
  ['https:;connect-src https://hf.example', 'https://hf.example/a', true],
  ['https:;connect-src https://hf.example', 'https://other.example/a', false],
])('%s lets a worker reach %s: %s', async (source, address, isAllowed) => {
  const scope: WorkerScope = {
    location: { href: 'https://own.example/' },
    fetch: async () => new Response('here'),
    dispatchEvent: () => true,
  }
  keepToHosts(`connect-src 'self' ${source}`, scope)
  const outcome = await scope.fetch(address).then(
    () => true,
    () => false,
  )
  expect(outcome).toBe(isAllowed)
})

test('where no policy is told, all stays as it is', async () => {
  const { scope, get } = startWorker('')
  expect(await get(`${other.url}g`)).toBe('other')
  expect('WebSocket' in scope).toBe(true)
})
