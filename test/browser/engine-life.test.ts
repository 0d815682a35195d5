import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import type { Engine, EngineState, RunEvent } from '../../src/core/engine.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import type { RequestNote } from '../../src/core/request-notes.ts'
import { REQUEST_CHANNEL } from '../../src/core/request-channel.ts'
import { askEngine, PROBLEM, rawOf, SYSTEM, user } from './support/ask-engine.ts'
import { describeTiny } from './support/tiny.ts'

// The life of the real worker: each test starts one, with nothing stored of the embedded model.
let model: ModelDescription

beforeAll(async () => {
  model = await describeTiny()
})

describe('loading', () => {
  let engine: Engine

  beforeEach(async () => {
    engine = createEngine({ createWorker: startWorker, engine: 'gpu' })
    await engine.deleteStored(model)
  })
  afterEach(() => engine.dispose())

  test('rejects a run before a model is there', async () => {
    await expect(askEngine(engine, [user(PROBLEM)])).rejects.toMatchObject({ code: 'model-not-loaded' })
  })

  test('refuses a file that is not the one that the manifest names, stores nothing of it and comes up again', async () => {
    const files =
      model.files?.map((file) => (file.path.endsWith('.bin') ? { ...file, sha256: '0'.repeat(64) } : file)) ?? []
    const states: EngineState['status'][] = []
    const unsubscribe = engine.subscribe(({ status }) => states.push(status))
    await expect(engine.load({ ...model, files })).rejects.toMatchObject({ code: 'download-corrupt' })
    unsubscribe()
    expect(states).toEqual(['loading', 'lost', 'starting'])
    // What came beside it, as it should, is kept: only the refused file is asked for, also in place of the library.
    const [refused, ...others] = files.filter(({ path }) => path.endsWith('.bin'))
    if (refused === undefined || others.length > 0) throw new Error('The model has more files than this test knows.')
    const libraryUrl = new URL(refused.path, model.folderUrl).href
    expect(await engine.storedBytes({ ...model, files: [refused], libraryUrl })).toBe(0)
  })

  test('names the file that a server does not have', async () => {
    const files = [{ path: 'missing.bin', bytes: 3 }, ...(model.files ?? [])]
    const loading = engine.load({ ...model, files })
    await expect(loading).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('missing.bin'),
    })
  })

  test('is cancelled at once, with the reason of the signal, and leaves an engine that can load', async () => {
    const cancelling = new AbortController()
    const loading = engine.load(model, {
      signal: cancelling.signal,
      onProgress: () => cancelling.abort(new DOMException('enough', 'AbortError')),
    })
    await expect(loading).rejects.toThrow('enough')
    await expect(engine.capabilities()).resolves.toMatchObject({ webgpu: 'available' })
  })

  test('loads from the network once, then from the store', async () => {
    const phases = new Set<string>()
    const loaded = await engine.load(model, { onProgress: ({ phase }) => phases.add(phase) })
    expect(loaded).toMatchObject({ id: 'reflection-tiny', contextWindow: 1024 })
    expect([...phases]).toEqual(['download', 'verify', 'upload', 'compile'])
    expect(await engine.storedBytes(model)).toBe(model.downloadBytes)
    expect((await engine.load(model)).downloadedBytes).toBe(0)
    expect(engine.state).toEqual({ status: 'ready', modelId: 'reflection-tiny' })
  })

  test('from an address with localhost in it fetches the library no more often', async () => {
    const notes = new BroadcastChannel(REQUEST_CHANNEL)
    const asked: string[] = []
    notes.addEventListener('message', ({ data }: MessageEvent<RequestNote>) => asked.push(data.address ?? ''))
    const files = model.files?.filter(({ path }) => !path.endsWith('.wasm')) ?? []
    const ofLocalhost = { ...model, libraryUrl: `${model.libraryUrl}?localhost`, files }
    await engine.load(ofLocalhost)
    await engine.load(model, { engine: 'processor' })
    await expect.poll(() => asked.some((address) => address.endsWith('.gguf'))).toBe(true) // so all before it are told
    expect(asked.filter((address) => address.endsWith('/reflection-tiny.wasm'))).toHaveLength(1)
    notes.close()
    await engine.deleteStored(ofLocalhost)
  })

  test('says what the device offers', async () => {
    const device = await engine.capabilities()
    expect(device).toMatchObject({ webgpu: 'available', isSecureContext: true })
    expect(device.limits['maxBufferSize']).toBeGreaterThan(2 ** 20)
    expect(device.storage?.quotaBytes).toBeGreaterThan(device.storage?.usedBytes ?? Infinity)
  })
})

test('a worker that is killed in mid-stream keeps what was streamed, and the next one loads and answers', async () => {
  const workers: Worker[] = []
  const mortal = createEngine({
    engine: 'gpu',
    patienceMs: 6000,
    createWorker: () => {
      const worker = new Worker(new URL('../../worker/main.ts', import.meta.url), { type: 'module' })
      workers.push(worker)
      return worker
    },
  })
  await mortal.load(model)
  const events: RunEvent[] = []
  const states: EngineState['status'][] = []
  mortal.subscribe(({ status }) => states.push(status))
  const run = mortal.generate({ messages: [SYSTEM, user(PROBLEM)], options: { temperature: 0 } }, (batch) => {
    events.push(...batch)
    if (batch.some(({ type }) => type === 'reasoning-delta')) workers[0]?.terminate()
  })
  await expect(run).rejects.toMatchObject({ code: 'worker-died' })
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort', unclosed: [expect.any(String)] })
  expect(events.filter(({ type }) => type === 'reasoning-end')).toHaveLength(1)
  expect(rawOf(events)).toContain('<thinking>')
  expect(states).toEqual(['running', 'lost', 'starting'])
  await mortal.load(model)
  const next = { messages: [user('Hello')], options: { maxTokens: 2 } }
  expect((await mortal.generate(next, () => undefined)).completionTokens).toBe(2)
  expect((await mortal.stats()).restarts).toBe(1)
  mortal.dispose()
})
