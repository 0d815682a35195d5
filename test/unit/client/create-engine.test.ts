import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createEngine } from '../../../src/client/create-engine.ts'
import type {
  ChatMessage,
  Engine,
  EngineState,
  GenerateControl,
  GenerateOptions,
  RunEvent,
} from '../../../src/core/engine.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { PortWorker } from '../../fakes/port-worker.ts'
import { loseHttps } from '../support/lose-https.ts'
import {
  createGate,
  createScriptedWorkers,
  nextTask,
  STORED_MODEL,
  type ScriptedWorkersOptions,
} from '../worker/support/scripted-worker.ts'

const POLL = { timeout: 60_000, interval: 5 }

const QUESTION: readonly ChatMessage[] = [{ role: 'user', content: 'hi' }]
const REPLY = '<thinking>ab</thinking><output>yes</output><|eot_id|>'

/** An engine over the real worker's code with a scripted model; only WebLLM and IndexedDB are not there. */
function setUp({ patienceMs = 600_000, ...options }: ScriptedWorkersOptions & { patienceMs?: number } = {}) {
  const scripted = createScriptedWorkers({ reply: REPLY, ...options })
  const engine = createEngine({ createWorker: scripted.start, patienceMs })
  onTestFinished(() => engine.dispose())
  const states: string[] = []
  engine.subscribe(({ status }) => states.push(status))
  return { ...scripted, engine, states }
}

async function setUpLoaded(options: ScriptedWorkersOptions & { patienceMs?: number } = {}) {
  const parts = setUp(options)
  await parts.engine.load(STORED_MODEL)
  parts.states.length = 0
  return parts
}

/** Starts a run and gathers its events. */
function ask(engine: Engine, control: GenerateControl = {}, options: GenerateOptions = {}) {
  const events: RunEvent[] = []
  const usage = engine.generate({ messages: QUESTION, options }, (batch) => events.push(...batch), control)
  usage.catch(() => undefined) // a test looks at it later
  return { events, usage }
}

const rawOf = (events: readonly RunEvent[]) =>
  events.map((event) => ('delta' in event ? event.delta : 'raw' in event ? event.raw : '')).join('')

/** A run held after so many tokens have been drawn, once. */
function holdAfter(tokens: number) {
  const gate = createGate()
  const onCall = async (_call: unknown, drawn: number) => {
    await nextTask()
    if (drawn === tokens) await gate.opened
  }
  return { onCall, open: gate.open }
}

describe('an engine', () => {
  test('is starting, then idle when its worker is there', async () => {
    const { engine, states, workers } = setUp()
    expect(engine.state).toEqual({ status: 'starting' })
    await expect.poll(() => engine.state, POLL).toEqual({ status: 'idle' })
    expect(states).toEqual(['idle'])
    expect(workers).toHaveLength(1)
  })

  test('tells its state to those who listen, as long as they do', async () => {
    const { engine } = setUp()
    const heard: EngineState[] = []
    const unsubscribe = engine.subscribe((state) => heard.push(state))
    await engine.load(STORED_MODEL)
    unsubscribe()
    await engine.unload()
    expect(heard.at(-1)).toEqual({ status: 'ready', modelId: STORED_MODEL.id })
  })

  test('knows what is stored and deletes it', async () => {
    const { engine } = setUp()
    const stored = await engine.storedBytes(STORED_MODEL)
    await engine.deleteStored(STORED_MODEL)
    expect([stored, await engine.storedBytes(STORED_MODEL)]).toEqual([STORED_MODEL.files?.[0]?.bytes, 0])
  })
})

describe('loading', () => {
  test('ends with a model that is ready', async () => {
    const { engine, states } = setUp()
    await expect.poll(() => engine.state.status, POLL).toBe('idle')
    const loaded = await engine.load(STORED_MODEL)
    expect(loaded).toMatchObject({ id: STORED_MODEL.id, downloadedBytes: 0 })
    expect(engine.state).toEqual({ status: 'ready', modelId: STORED_MODEL.id })
    expect(states).toEqual(['idle', 'loading', 'ready'])
    expect(await engine.countTokens('four')).toBe(4)
  })

  test('tells how far it is while it goes on', async () => {
    const gate = createGate()
    const { engine } = setUp({ onOpen: () => gate.opened })
    const told: number[] = []
    const loading = engine.load(STORED_MODEL, { onProgress: ({ share }) => told.push(share) })
    await expect.poll(() => told, POLL).toEqual([0.5])
    gate.open()
    await loading
  })

  test('that fails says why, and a new worker begins that can load', async () => {
    const errors = [new ReflectionError('memory-short', 'Too big.', { details: { bytes: 9 } })]
    const { engine, states, workers } = setUp({
      onOpen: async () => {
        const error = errors.shift()
        if (error !== undefined) throw error
      },
    })
    const failure = engine.load(STORED_MODEL)
    await expect(failure).rejects.toMatchObject({ code: 'memory-short', message: 'Too big.', details: { bytes: 9 } })
    expect(states.slice(-2)).toEqual(['lost', 'starting'])
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false])
    await engine.load(STORED_MODEL)
    expect(engine.state.status).toBe('ready')
    expect((await engine.stats()).restarts).toBe(1)
  })

  test('that is cancelled rejects with the reason, and loses nothing but the worker', async () => {
    const gate = createGate()
    const { engine, states, workers } = setUp({ onOpen: () => gate.opened })
    const cancelling = new AbortController()
    const reason = new Error('enough')
    const loading = engine.load(STORED_MODEL, { signal: cancelling.signal, onProgress: () => cancelling.abort(reason) })
    await expect(loading).rejects.toBe(reason)
    expect(states).not.toContain('lost')
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false])
    await expect.poll(() => engine.state.status, POLL).toBe('idle')
    gate.open()
    await engine.load(STORED_MODEL)
    expect(engine.state.status).toBe('ready')
  })

  test('that fails or is cancelled takes nothing down that is done with stored files meanwhile', async () => {
    const listings: Promise<unknown>[] = []
    const gate = createGate()
    const { engine, workers } = setUp({
      async onOpen() {
        if (listings.length > 0) return gate.opened
        listings.push(engine.storage.models())
        throw new ReflectionError('memory-short', 'Too big.')
      },
    })
    await expect(engine.load(STORED_MODEL)).rejects.toMatchObject({ code: 'memory-short' })
    const cancelling = new AbortController()
    const loading = engine.load(STORED_MODEL, { signal: cancelling.signal })
    await nextTask()
    listings.push(engine.storage.models())
    cancelling.abort(new Error('enough'))
    await expect(loading).rejects.toThrow('enough')
    const listed = [expect.objectContaining({ isComplete: true })]
    expect(await Promise.all(listings)).toEqual([listed, listed])
    expect(workers).toHaveLength(3)
  })

  test('that was cancelled before it began changes nothing', async () => {
    const { engine, states, workers } = setUp()
    await expect(engine.load(STORED_MODEL, { signal: AbortSignal.abort('no') })).rejects.toBe('no')
    expect(states).not.toContain('loading')
    expect(workers).toHaveLength(1)
  })

  test('waits for the load before it, also for one that fails', async () => {
    let opened = 0
    const { engine, models } = setUp({
      onOpen: async () => {
        opened += 1
        if (opened === 1) throw new ReflectionError('model-broken', 'Broken.')
      },
    })
    const other = { ...STORED_MODEL, id: 'other' }
    const [first, second] = await Promise.allSettled([engine.load(STORED_MODEL), engine.load(other)])
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'model-broken' } })
    expect(second).toMatchObject({ status: 'fulfilled', value: { id: 'other' } })
    expect(engine.state).toEqual({ status: 'ready', modelId: 'other' })
    expect(models).toHaveLength(1)
  })
})

describe('a run', () => {
  test('needs a model', async () => {
    const { engine } = setUp()
    const { usage, events } = ask(engine)
    await expect(usage).rejects.toMatchObject({ code: 'model-not-loaded' })
    expect(events).toEqual([])
  })

  test('brings events that join to the reply, and what it cost', async () => {
    const { engine, states } = await setUpLoaded()
    const { usage, events } = ask(engine)
    const { completionTokens, promptTokens, reusedTokens } = await usage
    expect(rawOf(events)).toBe('<thinking>ab</thinking><output>yes</output>')
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', unclosed: [] })
    expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1)
    expect(states).toEqual(['running', 'ready'])
    expect(await engine.stats()).toEqual({ runs: 1, promptTokens, reusedTokens, completionTokens, restarts: 0 })
  })

  test('needs nothing that browsers give only to pages with https', async () => {
    loseHttps()
    const { engine } = await setUpLoaded()
    expect(await ask(engine).usage).toMatchObject({ finishReason: 'stop' })
  })

  test('waits for the one before it; the engine is running until both are done', async () => {
    const { onCall, open } = holdAfter(2)
    const { engine, models } = await setUpLoaded({ onCall })
    models[0]?.script(REPLY)
    const [first, second] = [ask(engine), ask(engine)]
    await expect.poll(() => rawOf(first.events), POLL).toBe('<thinking>a')
    expect(second.events).toEqual([])
    open()
    await first.usage
    expect(engine.state.status).toBe('running')
    await second.usage
    expect(engine.state.status).toBe('ready')
    expect(rawOf(second.events)).toBe(rawOf(first.events))
    expect((await engine.stats()).runs).toBe(2)
  })

  test('that is refused says so with its code, ends properly and harms nobody', async () => {
    const { engine, workers, states } = await setUpLoaded()
    const { usage, events } = ask(engine, {}, { maxTokens: 0 })
    await expect(usage).rejects.toMatchObject({ code: 'request-invalid' })
    expect(events).toEqual([{ type: 'finish', reason: 'abort', unclosed: [] }])
    expect(states).toEqual(['running', 'ready'])
    expect(workers).toHaveLength(1)
    expect(await ask(engine).usage).toMatchObject({ finishReason: 'stop' })
  })

  test('answers at once when it is told to', async () => {
    const { onCall, open } = holdAfter(2)
    const { engine, models } = await setUpLoaded({ onCall, reply: '<thinking>ab' })
    models[0]?.script('yes</output><|eot_id|>')
    const hurrying = new AbortController()
    const { usage, events } = ask(engine, { answerNow: hurrying.signal })
    await expect.poll(() => rawOf(events), POLL).toBe('<thinking>a')
    hurrying.abort()
    await engine.countTokens('') // messages keep their order: the worker has read the one before
    open()
    await usage
    expect(events.find(({ type }) => type === 'answer-forced')).toMatchObject({ cause: 'answer-now' })
    expect(rawOf(events)).toBe('<thinking>ab\n</thinking>\n<output>yes</output>') // b was being drawn
  })

  test('answers as soon as it can when it was told to before it began', async () => {
    const { onCall, open } = holdAfter(0)
    const { engine } = await setUpLoaded({ onCall, reply: '<thinking>yes</output><|eot_id|>' })
    const { usage, events } = ask(engine, { answerNow: AbortSignal.abort() })
    await engine.countTokens('') // messages keep their order: the worker has read the ones before
    open()
    await usage
    expect(events.filter(({ type }) => type === 'answer-forced')).toMatchObject([{ cause: 'answer-now' }])
    expect(rawOf(events)).toBe('<thinking>\n</thinking>\n<output>yes</output>') // the first token was being drawn
  })
})

describe('stopping a run', () => {
  test('rejects with the reason after its events have ended; the model stays', async () => {
    const { onCall, open } = holdAfter(2)
    const { engine, states, workers, models } = await setUpLoaded({ onCall })
    const stopping = new AbortController()
    const { usage, events } = ask(engine, { signal: stopping.signal })
    await expect.poll(() => rawOf(events), POLL).toBe('<thinking>a')
    const reason = new Error('stopped')
    stopping.abort(reason)
    expect(engine.state).toEqual({ status: 'stopping', modelId: STORED_MODEL.id })
    await engine.countTokens('') // messages keep their order: the worker has read the one before
    open()
    await expect(usage).rejects.toBe(reason)
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'abort', unclosed: ['reasoning-0'] })
    expect(rawOf(events)).toBe('<thinking>ab') // the token that was being drawn
    expect(states).toEqual(['running', 'stopping', 'ready'])
    expect(workers).toHaveLength(1)
    models[0]?.forget()
    models[0]?.script(REPLY)
    expect(await ask(engine).usage).toMatchObject({ finishReason: 'stop' })
  })

  test('before it began sends nothing', async () => {
    const { engine, states, models } = await setUpLoaded()
    const { usage, events } = ask(engine, { signal: AbortSignal.abort('no') })
    await expect(usage).rejects.toBe('no')
    expect([events, states, models[0]?.calls]).toEqual([[], [], []])
  })

  test('that waits for another one rejects at once; the other goes on', async () => {
    const { onCall, open } = holdAfter(2)
    const { engine, workers } = await setUpLoaded({ onCall, patienceMs: 1000 })
    const stopping = new AbortController()
    const [first, second] = [ask(engine), ask(engine, { signal: stopping.signal })]
    await expect.poll(() => rawOf(first.events), POLL).toBe('<thinking>a')
    const reason = new Error('stopped')
    stopping.abort(reason)
    await expect(second.usage).rejects.toBe(reason)
    expect(second.events).toEqual([{ type: 'finish', reason: 'abort', unclosed: [] }])
    expect(engine.state.status).toBe('running')
    open()
    expect(await first.usage).toMatchObject({ finishReason: 'stop' })
    expect(workers).toHaveLength(1)
  })

  test('never ends a worker that has not said yet whether it goes on: another one may keep it busy', async () => {
    const heard = createGate()
    const never = () => new Promise(() => undefined)
    const cancel = () => {
      heard.open()
      return never()
    }
    const worker = new PortWorker({ onLost: () => undefined, load: async () => ({}), generate: never, cancel })
    const engine = createEngine({ createWorker: () => worker, patienceMs: 1000 })
    onTestFinished(() => engine.dispose())
    await engine.load(STORED_MODEL, { engine: 'gpu' })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const stopping = new AbortController()
    ask(engine, { signal: stopping.signal })
    stopping.abort()
    await heard.opened
    vi.advanceTimersByTime(1000)
    expect(worker.isTerminated).toBe(false)
  })

  test('that does not stop ends the worker, after the patience, and keeps what was said', async () => {
    const { onCall } = holdAfter(2)
    const { engine, states, workers } = await setUpLoaded({ onCall, patienceMs: 1000 })
    const stopping = new AbortController()
    const { usage, events } = ask(engine, { signal: stopping.signal })
    await expect.poll(() => rawOf(events), POLL).toBe('<thinking>a')
    stopping.abort()
    await expect(usage).rejects.toMatchObject({
      code: 'worker-died',
      message: expect.stringContaining('did not stop') as string,
    })
    expect(events.slice(-2)).toEqual([
      { type: 'reasoning-end', id: 'reasoning-0', cause: 'finish' },
      { type: 'finish', reason: 'abort', unclosed: ['reasoning-0'] },
    ])
    expect(states.slice(0, 4)).toEqual(['running', 'stopping', 'lost', 'starting'])
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true, false])
  })
})

test('a worker that never begins is told once, and tried again only when something needs it', async () => {
  const scripted = createScriptedWorkers({ reply: REPLY })
  let isBlocked = true
  let starts = 0
  const createWorker = () => {
    starts += 1
    if (!isBlocked) return scripted.start()
    const never = () => new Promise(() => undefined)
    const worker = new PortWorker({ onLost: never, capabilities: never, load: never })
    setTimeout(() => worker.fail('error'), 0)
    return worker
  }
  const engine = createEngine({ createWorker, patienceMs: 600_000 })
  onTestFinished(() => engine.dispose())
  const states: EngineState[] = []
  engine.subscribe((state) => states.push(state))
  await expect(engine.capabilities()).rejects.toThrow(
    'The engine could not be started: its file cannot be fetched or run.',
  )
  expect(states.map(({ status }) => status)).toEqual(['lost'])
  expect(starts).toBe(1)
  await expect(engine.load(STORED_MODEL)).rejects.toMatchObject({ code: 'worker-died' })
  expect(starts).toBe(2)
  isBlocked = false
  expect(await engine.load(STORED_MODEL)).toMatchObject({ id: STORED_MODEL.id })
  expect(starts).toBe(3)
})

describe('a worker that dies in mid-stream', () => {
  test('leaves events that pair, a rejection with a code, and an engine that can load again', async () => {
    const { onCall, open } = holdAfter(2)
    const { engine, workers, states } = await setUpLoaded({ onCall })
    const [first, second] = [ask(engine), ask(engine)]
    const counting = engine.countTokens('four')
    await expect.poll(() => rawOf(first.events), POLL).toBe('<thinking>a')
    expect(await counting).toBe(4)
    workers[0]?.fail('error', 'out of memory')
    await expect(first.usage).rejects.toMatchObject({ code: 'worker-died' })
    await expect(second.usage).rejects.toMatchObject({ code: 'worker-died' })
    expect(first.events.slice(-2)).toEqual([
      { type: 'reasoning-end', id: 'reasoning-0', cause: 'finish' },
      { type: 'finish', reason: 'abort', unclosed: ['reasoning-0'] },
    ])
    expect(second.events).toEqual([{ type: 'finish', reason: 'abort', unclosed: [] }])
    expect(states.slice(0, 4)).toEqual(['running', 'running', 'lost', 'starting'])
    await expect.poll(() => engine.state.status, POLL).toBe('idle')
    await expect(ask(engine).usage).rejects.toMatchObject({ code: 'model-not-loaded' })
    open()
    await engine.load(STORED_MODEL)
    expect(await ask(engine).usage).toMatchObject({ finishReason: 'stop' })
    expect(await engine.stats()).toMatchObject({ runs: 1, restarts: 1 })
  })

  test('without a word is noticed', async () => {
    const { onCall } = holdAfter(2)
    const { engine, workers } = await setUpLoaded({ onCall, patienceMs: 1000 })
    const { usage, events } = ask(engine)
    await expect.poll(() => rawOf(events), POLL).toBe('<thinking>a')
    workers[0]?.vanish()
    await expect(usage).rejects.toMatchObject({ code: 'worker-died' })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    expect(workers).toHaveLength(2)
  })

  test('for the GPU is gone says so to the run and to those who listen', async () => {
    const { onCall } = holdAfter(2)
    const { engine, lose, workers } = await setUpLoaded({ onCall })
    const heard: EngineState[] = []
    engine.subscribe((state) => heard.push(state))
    const { usage, events } = ask(engine)
    await expect.poll(() => rawOf(events), POLL).toBe('<thinking>a')
    lose(new ReflectionError('device-lost', 'Gone.'))
    await expect(usage).rejects.toMatchObject({ code: 'device-lost' })
    expect(heard.find(({ status }) => status === 'lost')).toMatchObject({ error: { code: 'device-lost' } })
    expect(workers).toHaveLength(2)
  })
})

test.each([
  ['model-broken', 2],
  ['device-lost', 2],
  ['unexpected', 2],
  ['storage-unreadable', 1],
] as const)('a run that fails with %s leaves %i workers behind, the last alive', async (code, count) => {
  const { engine, workers } = await setUpLoaded({
    onCall: (_call, drawn) => {
      if (drawn === 2) throw new ReflectionError(code, 'It broke.')
    },
  })
  const { usage, events } = ask(engine)
  await expect(usage).rejects.toMatchObject({ code, message: 'It broke.' })
  expect(rawOf(events)).toBe('<thinking>a')
  expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1)
  expect(workers).toHaveLength(count)
  expect(workers.at(-1)?.isTerminated).toBe(false)
})

describe('the end', () => {
  test('of the model leaves an idle engine', async () => {
    const { engine, models, states } = await setUpLoaded()
    await engine.unload()
    expect(models[0]?.isDisposed).toBe(true)
    expect(states).toEqual(['idle'])
    await expect(ask(engine).usage).rejects.toMatchObject({ code: 'model-not-loaded' })
    await expect(engine.countTokens('a')).rejects.toMatchObject({ code: 'model-not-loaded' })
  })

  test('of the engine rejects what is pending, closes its events and starts no other worker', async () => {
    const { onCall } = holdAfter(2)
    const { engine, workers } = await setUpLoaded({ onCall })
    const { usage, events } = ask(engine)
    await expect.poll(() => rawOf(events), POLL).toBe('<thinking>a')
    engine.dispose()
    await expect(usage).rejects.toMatchObject({ code: 'worker-died' })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    await expect(engine.countTokens('a')).rejects.toMatchObject({ code: 'worker-died' })
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true])
  })
})

describe('reading ahead', () => {
  const messages = [{ role: 'system', content: 'Be brief.' }] as const

  test('changes no state, and the next run finds what was read', async () => {
    const { engine, states } = await setUpLoaded()
    await engine.prepare({ messages })
    expect(states).toEqual([])
    const usage = await engine.generate({ messages: [...messages, ...QUESTION] }, () => undefined)
    expect(usage.reusedTokens).toBeGreaterThan('Be brief.'.length)
  })

  test('does nothing without a model', async () => {
    const { engine, models } = setUp()
    await engine.prepare({ messages })
    const loading = engine.load(STORED_MODEL)
    await engine.prepare({ messages })
    await loading
    expect(models[0]?.calls).toEqual([])
  })

  test('ends without a word when the worker does', async () => {
    const { engine, models } = await setUpLoaded({ onCall: () => new Promise<void>(() => undefined) })
    const ahead = engine.prepare({ messages })
    await expect.poll(() => models[0]?.calls.length, POLL).toBe(1)
    engine.dispose()
    await expect(ahead).resolves.toBeUndefined()
  })

  test('that never ends holds up no load that is cancelled, nor the one after it', async () => {
    let isStuck = true
    const { engine, models } = await setUpLoaded({
      onCall: () => (isStuck ? new Promise<void>(() => undefined) : undefined),
    })
    void engine.prepare({ messages })
    await expect.poll(() => models[0]?.calls.length, POLL).toBe(1)
    isStuck = false
    const stopping = new AbortController()
    const loading = engine.load(STORED_MODEL, { signal: stopping.signal })
    await nextTask()
    stopping.abort(new DOMException('enough', 'AbortError'))
    await expect(loading).rejects.toThrow('enough')
    await engine.load(STORED_MODEL)
    expect(engine.state).toEqual({ status: 'ready', modelId: STORED_MODEL.id })
  })
})
