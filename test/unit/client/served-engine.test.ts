import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createServedEngine } from '../../../src/client/served-engine.ts'
import { servedFolder } from '../../../src/client/served-files.ts'
import { VERSION } from '../../../src/core/version.ts'

let answer: Response | Error

beforeEach(() => {
  vi.stubGlobal('location', new URL('https://site.example/shop/page.html'))
  vi.stubGlobal('fetch', async () => {
    if (answer instanceof Error) throw answer
    return answer.clone()
  })
})
afterEach(() => vi.unstubAllGlobals())

test('the folder of assets is one of the site, or where the page says, with a slash at its end', () => {
  expect(servedFolder()).toBe('https://site.example/second-thought/')
  expect(servedFolder('assets')).toBe('https://site.example/shop/assets/')
  expect(servedFolder(new URL('https://cdn.example/a/'))).toBe('https://cdn.example/a/')
  expect(() => servedFolder('https://')).toThrow(expect.objectContaining({ code: 'request-invalid' }))
})

test.each([
  ['nothing is there', () => new Response('', { status: 404 })],
  ['the site answers with its page', () => new Response('<!doctype html>')],
  ['it is something else', () => Response.json({ package: 'other' })],
  ['the files are of another version', () => Response.json({ package: 'second-thought', version: `${VERSION}-older` })],
  ['it cannot be reached', () => new TypeError('Failed to fetch')],
])('a wrong place is told with the command that puts the files there: %s', async (_, respond) => {
  answer = respond()
  const engine = createServedEngine({ assets: '/wrong/' })
  const wrong = engine.load()
  await expect(wrong).rejects.toMatchObject({ code: 'assets-missing' })
  await expect(wrong).rejects.toThrow('npx second-thought assets public/second-thought')
  await expect(wrong).rejects.toThrow('https://site.example/wrong/')
  await expect(engine.capabilities()).rejects.toMatchObject({ code: 'assets-missing' })
})

test('an engine that was ended says so', async () => {
  const engine = createServedEngine({ worker: () => expect.fail('no worker is needed') })
  engine.dispose()
  await expect(engine.capabilities()).rejects.toMatchObject({ code: 'worker-died' })
})

test('what needs no worker starts none', async () => {
  const engine = createServedEngine({ worker: () => expect.fail('no worker is needed') })
  await engine.prepare({ messages: [] })
  await engine.unload()
  expect(await engine.stats()).toMatchObject({ runs: 0 })
  expect(engine.state).toEqual({ status: 'starting' })
})
