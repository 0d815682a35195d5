import * as Comlink from 'comlink'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { GenerateRequest, LoadProgress, RunEvent } from '../../../src/core/engine.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { WireError } from '../../../src/protocol/wire-error.ts'
import type { WorkerApi } from '../../../src/protocol/worker-api.ts'
import {
  createGate,
  createScriptedWorkers,
  nextTask,
  STORED_MODEL,
  type ScriptedWorkersOptions,
} from './support/scripted-worker.ts'

const QUESTION: GenerateRequest = { messages: [{ role: 'user', content: 'hi' }] }

/** What is sent over ports comes soon, but nobody says when. */
const PATIENCE = { timeout: 60_000, interval: 5 }

/** The worker's interface as a page has it: over a message channel. */
function setUp(options: ScriptedWorkersOptions = {}) {
  const scripted = createScriptedWorkers(options)
  const worker = scripted.start()
  onTestFinished(() => worker.terminate())
  const api = Comlink.wrap<WorkerApi>(worker)
  return { ...scripted, api, load: () => api.load(STORED_MODEL, 'gpu', listener<LoadProgress>().tell) }
}

/** A callback that keeps what it is told, and knows whether the other end has let it go. */
function listener<Value>() {
  const heard: Value[] = []
  const state = { isReleased: false }
  const listen = Object.assign((value: Value) => void heard.push(value), {
    [Comlink.finalizer]: () => void (state.isReleased = true),
  })
  return { heard, state, tell: Comlink.proxy(listen) }
}

/** Starts a run and gathers its events. */
function run(api: Comlink.Remote<WorkerApi>, name: string, request = QUESTION) {
  const { heard, state, tell } = listener<readonly RunEvent[]>()
  return { events: () => heard.flat(), batches: heard, state, usage: api.generate(name, request, tell) }
}

const textOf = (events: readonly RunEvent[]) =>
  events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('')

describe('loading', () => {
  test('says what was loaded, tells how far it is, and lets the listener go', async () => {
    const { api, models } = setUp({ contextWindow: 77 })
    const { heard, state, tell } = listener<LoadProgress>()
    const loaded = await api.load(STORED_MODEL, 'gpu', tell)
    expect(loaded).toMatchObject({ id: STORED_MODEL.id, revision: STORED_MODEL.revision, contextWindow: 77 })
    expect(loaded.downloadedBytes).toBe(0)
    expect(loaded.limits).toEqual(['output-schema']) // this model cannot be held to one
    await expect.poll(() => state.isReleased, PATIENCE).toBe(true)
    expect(heard).toEqual([{ phase: 'upload', share: 0.5 }])
    expect(models).toHaveLength(1)
  })

  test('is over once the page has heard the last of how far it is', async () => {
    const { api } = setUp()
    const gate = createGate()
    const order: string[] = []
    const tell = Comlink.proxy(async () => {
      await gate.opened
      order.push('heard')
    })
    const loading = api.load(STORED_MODEL, 'gpu', tell).then(() => order.push('loaded'))
    for (let task = 0; task < 20; task += 1) await nextTask()
    gate.open()
    await loading
    expect(order).toEqual(['heard', 'loaded'])
  })

  test('does not fail where who listens does', async () => {
    const { api } = setUp()
    const tell = Comlink.proxy(() => {
      throw new Error('who listens failed')
    })
    await expect(api.load(STORED_MODEL, 'gpu', tell)).resolves.toMatchObject({ id: STORED_MODEL.id })
  })

  test('gives the model up that was loaded before, after its runs have been stopped', async () => {
    const gate = createGate()
    const { api, load, models } = setUp({ onCall: () => gate.opened })
    await load()
    const first = run(api, 'first')
    await nextTask()
    const loading = load()
    await nextTask()
    expect(models.map(({ isDisposed }) => isDisposed)).toEqual([false])
    gate.open()
    expect(await first.usage).toMatchObject({ finishReason: 'abort' })
    await loading
    expect(models.map(({ isDisposed }) => isDisposed)).toEqual([true, false])
  })

  test('that fails leaves no model, says why as plain data, and lets the listener go', async () => {
    const errors = [undefined, new ReflectionError('memory-short', 'Too big.', { cause: new Error('inner') })]
    const { api, load, models } = setUp({
      onOpen: async () => {
        const error = errors.shift()
        if (error !== undefined) throw error
      },
    })
    await load()
    const { state, tell } = listener<LoadProgress>()
    await expect(api.load(STORED_MODEL, 'gpu', tell)).rejects.toEqual({
      wire: 'second-thought.error',
      code: 'memory-short',
      message: 'Too big.',
      details: {},
      causes: ['Error: inner'],
    })
    await expect.poll(() => state.isReleased, PATIENCE).toBe(true)
    expect(models[0]?.isDisposed).toBe(true)
    await expect(api.countTokens('a')).rejects.toMatchObject({ code: 'model-not-loaded' })
  })
})

test('a model that is deleted while it is being opened is said to be gone, not broken', async () => {
  const { api, load } = setUp({
    async onOpen() {
      await api.dropStored(STORED_MODEL.folderUrl)
      throw new ReflectionError('model-broken', 'A file is missing.')
    },
  })
  await expect(load()).rejects.toMatchObject({ code: 'model-not-loaded' })
})

describe('a run', () => {
  test('needs a model, and lets its listener go also where there is none', async () => {
    const { api } = setUp()
    const { usage, events, state } = run(api, 'one')
    await expect(usage).rejects.toMatchObject({ wire: 'second-thought.error', code: 'model-not-loaded' })
    await expect.poll(() => state.isReleased, PATIENCE).toBe(true)
    expect(events()).toEqual([])
  })

  test('has delivered its last event when it resolves, each batch with how it stands', async () => {
    const { api, load } = setUp({ onCall: nextTask })
    await load()
    const { usage, events, batches, state } = run(api, 'one')
    const { completionTokens } = await usage
    expect(completionTokens).toBe('<yes>'.length) // two tags, three letters
    expect(events().at(-1)).toEqual({ type: 'finish', reason: 'stop', unclosed: [] })
    expect(textOf(events())).toBe('yes')
    for (const batch of batches) expect(batch[0]).toMatchObject({ type: 'progress' })
    const counts = events().flatMap((event) => (event.type === 'progress' ? [event.tokens.output] : []))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts.at(-1)).toBe('yes'.length)
    await expect.poll(() => state.isReleased, PATIENCE).toBe(true)
  })

  test('is stopped by its name while it waits, at once and without an event; the one before it goes on', async () => {
    const gate = createGate()
    const { api, load, models } = setUp({ onCall: () => gate.opened })
    await load()
    const [first, second] = [run(api, 'first'), run(api, 'second')]
    expect(await api.cancel('second')).toBe(false)
    expect(await second.usage).toMatchObject({ finishReason: 'abort', completionTokens: 0 })
    expect(second.events()).toEqual([])
    expect(models[0]?.calls).toHaveLength(1)
    gate.open()
    expect(await first.usage).toMatchObject({ finishReason: 'stop' })
  })

  test('is told by its name to answer now', async () => {
    const gate = createGate()
    const { api, load } = setUp({
      reply: '<thinking>yes</output><|eot_id|>',
      onCall: (_, drawn) => (drawn === 1 ? gate.opened : undefined),
    })
    await load()
    const { usage, events } = run(api, 'one')
    await api.answerNow('one')
    gate.open()
    await usage
    expect(events().find(({ type }) => type === 'answer-forced')).toMatchObject({ cause: 'answer-now' })
  })

  test('that is refused says so as plain data, and the next one works', async () => {
    const { api, load } = setUp({ contextWindow: 60 })
    await load()
    const long = run(api, 'long', { messages: [{ role: 'user', content: 'x'.repeat(100) }] })
    await expect(long.usage).rejects.toMatchObject({
      wire: 'second-thought.error',
      code: 'prompt-too-long',
      details: { limit: 59 },
    })
    expect(long.events()).toEqual([])
    expect(await run(api, 'short').usage).toMatchObject({ finishReason: 'stop' })
  })

  test('whose model fails ends its events before it rejects', async () => {
    const { api, load } = setUp({
      onCall: (_, drawn) => {
        if (drawn === 2) throw new ReflectionError('model-broken', 'It broke.')
      },
    })
    await load()
    const { usage, events } = run(api, 'one')
    await expect(usage).rejects.toMatchObject({ code: 'model-broken', message: 'It broke.' })
    expect(textOf(events())).toBe('y')
    expect(events().at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
  })
})

describe('what is read ahead', () => {
  const SYSTEM = { role: 'system', content: 'Be brief.' } as const
  const ASKED: GenerateRequest = { messages: [SYSTEM, ...QUESTION.messages] }

  test('is in the cache when a run comes, which says so', async () => {
    const { api, load } = setUp()
    await api.prepare({ messages: [SYSTEM] }) // there is no model yet
    await load()
    await api.prepare({ messages: [SYSTEM] })
    const { usage, events } = run(api, 'one', ASKED)
    expect((await usage).reusedTokens).toBeGreaterThan('Be brief.'.length)
    expect(textOf(events())).toBe('yes')
  })

  test('gives way to a run after the chunk that goes on', async () => {
    const gates = [createGate(), createGate()]
    let calls = 0
    const { api, load, models } = setUp({ onCall: () => gates[calls++]?.opened })
    await load()
    const ahead = api.prepare({ messages: [SYSTEM] })
    await expect.poll(() => calls, PATIENCE).toBe(1)
    const { usage } = run(api, 'one', ASKED)
    await api.ping()
    gates.forEach(({ open }) => open())
    expect(await usage).toMatchObject({ finishReason: 'stop', reusedTokens: 8 })
    expect(models[0]?.calls[0]).toMatchObject({ kind: 'feed' })
    expect(models[0]?.calls[1]).toMatchObject({ kind: 'next' })
    await ahead
  })

  test('gives way to another load, and to the end of the model', async () => {
    const gate = createGate()
    const { api, load, models } = setUp({ onCall: () => gate.opened })
    await load()
    const ahead = api.prepare({ messages: [SYSTEM] })
    await expect.poll(() => models[0]?.calls.length, PATIENCE).toBe(1)
    const loading = load()
    await api.ping() // by then the worker has heard of the load
    gate.open()
    await Promise.all([ahead, loading])
    expect(models[0]?.calls).toHaveLength(1)
    const again = api.prepare({ messages: [SYSTEM] })
    await api.unload()
    await again
    expect(models[1]?.isDisposed).toBe(true)
  })

  test('is no error where it fails', async () => {
    let isBroken = true
    const { api, load } = setUp({
      contextWindow: 80,
      onCall: () => {
        if (isBroken) throw new ReflectionError('model-broken', 'It broke.')
      },
    })
    await load()
    await api.prepare({ messages: [SYSTEM] })
    await api.prepare({ messages: [{ role: 'system', content: 'x'.repeat(100) }] })
    isBroken = false
    expect(await run(api, 'one').usage).toMatchObject({ finishReason: 'stop', reusedTokens: 0 })
  })
})

test('tokens are counted in the vocabulary of the model, tags as text', async () => {
  const { api, load } = setUp()
  await load()
  expect(await api.countTokens('<output>')).toBe('<output>'.length)
})

test('unloading stops the runs, frees the model, and may happen twice', async () => {
  const gate = createGate()
  const { api, load, models } = setUp({ onCall: () => gate.opened })
  await load()
  const { usage } = run(api, 'one')
  await nextTask()
  const unloaded = api.unload()
  await nextTask()
  gate.open()
  expect(await usage).toMatchObject({ finishReason: 'abort' })
  await unloaded
  expect(models[0]?.isDisposed).toBe(true)
  await expect(api.countTokens('a')).rejects.toMatchObject({ code: 'model-not-loaded' })
  await expect(api.unload()).resolves.toBeUndefined()
})

test('what is stored is counted and deleted', async () => {
  const { api } = setUp()
  expect(await api.storedBytes(STORED_MODEL)).toBe('library'.length)
  await api.deleteStored(STORED_MODEL)
  expect(await api.storedBytes(STORED_MODEL)).toBe(0)
})

test('the loss of the GPU is told as plain data', async () => {
  const { api, load, lose } = setUp()
  const { heard, tell } = listener<WireError>()
  await api.onLost(tell)
  await load()
  lose(new ReflectionError('device-lost', 'Gone.'))
  await expect
    .poll(() => heard, PATIENCE)
    .toEqual([{ wire: 'second-thought.error', code: 'device-lost', message: 'Gone.', details: {}, causes: [] }])
})
