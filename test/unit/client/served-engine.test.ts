import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createServedEngine } from '../../../src/client/served-engine.ts'
import { servedFolder } from '../../../src/client/served-files.ts'
import type { EngineKind } from '../../../src/core/engine.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { VERSION } from '../../../src/core/version.ts'
import { PortWorker } from '../../fakes/port-worker.ts'
import { describeModel } from '../worker/support/descriptions.ts'

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

describe('a reply that finds no model', () => {
  const FIRST = describeModel({ id: 'first' })
  const OTHER = describeModel({ id: 'other' })

  /** An engine whose workers only note what they load, and whether they shall fail at it. */
  function setUp() {
    const loads: string[] = []
    const workers: PortWorker[] = []
    const faults = { isBroken: false }
    const api = {
      onLost: () => undefined,
      async load({ id }: ModelDescription, kind: EngineKind) {
        loads.push(`${id} on ${kind}`)
        if (faults.isBroken) throw new Error('It broke.')
      },
      generate: async () => ({ finishReason: 'stop' }),
      unload: () => undefined,
    }
    const worker = () => {
      const started = new PortWorker(api)
      workers.push(started)
      return started
    }
    const engine = createServedEngine({ worker, model: FIRST, engine: 'gpu' })
    onTestFinished(() => engine.dispose())
    const ask = () => engine.generate({ messages: [{ role: 'user', content: 'hi' }] }, () => undefined)
    return { engine, loads, workers, faults, ask }
  }

  test('loads that of the options, once', async () => {
    const { loads, ask } = setUp()
    await ask()
    await ask()
    expect(loads).toEqual(['first on gpu'])
  })

  test.each([
    ['its worker was lost', ({ workers }: ReturnType<typeof setUp>) => workers.at(-1)?.fail('error')],
    ['it was unloaded', ({ engine }: ReturnType<typeof setUp>) => engine.unload()],
  ])('loads the one that was asked for last, on what it ran on: %s', async (_, take) => {
    const parts = setUp()
    await parts.engine.load(OTHER, { engine: 'processor' })
    await take(parts)
    await parts.ask()
    expect(parts.loads).toEqual(['other on processor', 'other on processor'])
  })

  test('loads the one that the engine describes', async () => {
    const { engine, loads, ask } = setUp()
    expect(await engine.describe()).toBe(FIRST)
    expect(loads).toEqual([]) // telling needs no worker
    await engine.load(OTHER)
    expect(await engine.describe()).toBe(OTHER)
    await engine.unload()
    expect(await engine.describe()).toBe(OTHER)
    await ask()
    expect(loads).toEqual(['other on gpu', 'other on gpu'])
  })

  test('never answers with another model in the place of one that failed', async () => {
    const { engine, loads, faults, ask } = setUp()
    await ask()
    faults.isBroken = true
    await expect(engine.load(OTHER)).rejects.toThrow('It broke.')
    await expect(ask()).rejects.toThrow('It broke.')
    faults.isBroken = false
    await ask()
    expect(loads).toEqual(['first on gpu', 'other on gpu', 'other on gpu', 'other on gpu'])
    await engine.load()
    expect(loads.at(-1)).toBe('first on gpu')
  })
})
