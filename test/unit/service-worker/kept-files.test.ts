import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import type { createKeptFiles } from '../../../src/service-worker/kept-files.ts'

// What a service worker finds around it is played; a real one, with a real cache, is in test/e2e/offline.test.ts.

const SCOPE = 'https://site.example/chat/'
const FILES = [{ url: `${SCOPE}index.html`, revision: 'own', integrity: '', bytes: 1, part: 'page' }] as const
const OWN = `${SCOPE}index.html?__WB_REVISION__=own`
const OTHER = `${SCOPE}index.html?__WB_REVISION__=other`

const cached = new Map<string, Response>()
const registration: { scope: string; installing: object | null; waiting: object | null } = {
  scope: SCOPE,
  installing: null,
  waiting: null,
}
const cache = {
  keys: async () => [...cached.keys()].map((url) => ({ url })),
  match: async (key: string) => cached.get(key)?.clone(),
  put: async (key: string, response: Response) => void cached.set(key, response),
  delete: async ({ url }: { url: string }) => cached.delete(url),
}
const fetchFile = vi.fn<() => Promise<Response>>()

vi.stubGlobal('self', { registration, clients: { matchAll: async () => [] } })
vi.stubGlobal('location', new URL('service-worker.js', SCOPE))
vi.stubGlobal('caches', { open: async () => cache })
vi.stubGlobal('navigator', { locks: { query: async () => ({}) } })
vi.stubGlobal('fetch', fetchFile)
const create: typeof createKeptFiles = (await import('../../../src/service-worker/kept-files.ts')).createKeptFiles

beforeEach(() => {
  cached.clear()
  Object.assign(registration, { installing: null, waiting: null })
})
afterAll(() => vi.unstubAllGlobals())

test.each(['installing', 'waiting'] as const)(
  'a newer build that is %s keeps its files until it takes over',
  async (state) => {
    for (const key of [OWN, OTHER]) cached.set(key, new Response())
    const files = create(FILES)
    registration[state] = {}
    await files.dropOlder()
    expect([...cached.keys()]).toEqual([OWN, OTHER])
    registration[state] = null
    await files.dropOlder()
    expect([...cached.keys()]).toEqual([OWN])
  },
)

test('a page that comes with other rules by way of another address is kept so that browsers show it', async () => {
  const ruled = (policy: string) => new Response('the page', { headers: { 'Content-Security-Policy': policy } })
  cached.set(OWN, ruled('before'))
  fetchFile.mockImplementation(async () => Object.defineProperty(ruled('now'), 'redirected', { value: true }))
  await create(FILES).followRules()
  const kept = cached.get(OWN)
  expect(kept?.headers.get('content-security-policy')).toBe('now')
  expect(kept?.redirected).toBe(false) // else it answers no navigation
  expect(await kept?.text()).toBe('the page')
})
