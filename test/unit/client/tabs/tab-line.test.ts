import { describe, expect, onTestFinished, test } from 'vitest'
import { createEngine } from '../../../../src/client/create-engine.ts'
import { borrowEngine } from '../../../../src/client/tabs/borrow-engine.ts'
import { createEngineDesk } from '../../../../src/client/tabs/engine-desk.ts'
import { serveTab } from '../../../../src/client/tabs/serve-tab.ts'
import type { RunEvent, WaitReason } from '../../../../src/core/engine.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { isHallMessage } from '../../../../src/protocol/hall-messages.ts'
import { isTabRequest } from '../../../../src/protocol/tab-messages.ts'
import { describeEngine } from '../../adapters/support/engine-contract.ts'
import {
  createGate,
  createRepeatingWorkers,
  STORED_MODEL,
  type RepeatingWorkersOptions,
} from '../../worker/support/scripted-worker.ts'

const POLL = { timeout: 60_000, interval: 5 }
const REQUEST = { messages: [{ role: 'user', content: 'hi' }] } as const

const LONG = Array.from({ length: 120 }, (_, index) => index).join(' ')
const REPLY = '<output>yes</output><|eot_id|>'

/** The engine of one tab over a channel to another one, which has the real worker's code with a scripted model. */
function openLine(text = REPLY, options: RepeatingWorkersOptions = {}) {
  const scripted = createRepeatingWorkers(text, options)
  const desk = createEngineDesk(createEngine({ createWorker: scripted.start }))
  const name = crypto.randomUUID()
  const borrowed = borrowEngine(new BroadcastChannel(name), { patienceMs: 600_000, onSilent: () => undefined })
  const served = serveTab(desk.join(), new BroadcastChannel(name))
  onTestFinished(() => {
    borrowed.dispose()
    served.close()
    desk.end(new ReflectionError('worker-died', 'The test is over.'))
  })
  return { desk, borrowed, served, name }
}

/** Another page of the same origin that knows the channel. */
function eavesdrop(name: string) {
  const channel = new BroadcastChannel(name)
  const heard: Record<string, unknown>[] = []
  channel.addEventListener('message', (event) => heard.push((event as MessageEvent).data as Record<string, unknown>))
  onTestFinished(() => channel.close())
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  return { heard, post: (message: unknown) => channel.postMessage(message) }
}

async function openReady(text: string) {
  const { borrowed, served } = openLine(text)
  served.greet()
  await borrowed.load(STORED_MODEL)
  return borrowed
}

describeEngine('the engine of another tab', {
  open: (text) => openReady(`${text}<|eot_id|>`),
  openFailing: openReady, // without a stop token the model has nothing more to draw
})

describe('over a channel', () => {
  test('what is called before the other tab is there is done when it is', async () => {
    const { borrowed, served } = openLine()
    expect(borrowed.state).toEqual({ status: 'starting' })
    const loaded = borrowed.load(STORED_MODEL)
    served.greet()
    expect(await loaded).toMatchObject({ id: STORED_MODEL.id })
    expect(borrowed.state).toMatchObject({ status: 'ready' })
  })

  test('errors with their codes, progress and what is waited for arrive', async () => {
    const [gate, door] = [createGate(), createGate()]
    const { borrowed, served, desk } = openLine(REPLY, { onCall: () => gate.opened, onOpen: () => door.opened })
    served.greet()
    expect(await borrowed.storedBytes(STORED_MODEL)).toBe(STORED_MODEL.files?.[0]?.bytes)
    expect(await borrowed.storage.models()).toEqual([])
    await expect(borrowed.storage.export('http://127.0.0.1/nothing/resolve/1/')).rejects.toMatchObject({
      code: 'model-not-loaded',
    })
    const shares: number[] = []
    const loaded = borrowed.load(STORED_MODEL, { onProgress: ({ share }) => shares.push(share) })
    await expect.poll(() => shares, POLL).toContain(0.5)
    door.open()
    await loaded
    const own = desk.join()
    await own.load(STORED_MODEL)
    const before = own.generate(REQUEST, () => undefined)
    const waits: (WaitReason | undefined)[] = []
    const run = borrowed.generate(REQUEST, () => undefined, { onWait: (reason) => waits.push(reason) })
    await expect.poll(() => waits, POLL).toEqual(['reply-elsewhere'])
    gate.open()
    await Promise.all([before, run])
    expect(waits.at(-1)).toBeUndefined()
  })

  test('calls reject, and runs end properly, when the other tab is gone', async () => {
    const gate = createGate()
    const { borrowed, served } = openLine(REPLY, { onCall: () => gate.opened })
    served.greet()
    await borrowed.load(STORED_MODEL)
    const events: RunEvent[] = []
    const run = borrowed.generate(REQUEST, (batch) => events.push(...batch))
    await expect.poll(() => borrowed.state.status, POLL).toBe('running')
    borrowed.end(new ReflectionError('engine-moved', 'Elsewhere.'))
    await expect(run).rejects.toMatchObject({ code: 'engine-moved' })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    await expect(borrowed.stats()).rejects.toMatchObject({ code: 'engine-moved' })
    gate.open()
  })

  test('a tab that never answers is told as silent, once someone waits for it', async () => {
    let silences = 0
    const onSilent = () => void (silences += 1)
    const borrowed = borrowEngine(new BroadcastChannel(crypto.randomUUID()), { patienceMs: 30, onSilent })
    onTestFinished(() => borrowed.dispose())
    borrowed.stats().catch(() => undefined)
    await expect.poll(() => silences, POLL).toBe(1)
  })

  test('a tab that takes nothing keeps no more than a few batches under way, and gets all of it at the end', async () => {
    const { name, served, desk } = openLine(`<output>${LONG}</output><|eot_id|>`)
    const own = desk.join()
    await own.load(STORED_MODEL)
    served.greet()
    const { heard, post } = eavesdrop(name)
    post({ type: 'call', id: 1, method: 'load', values: [STORED_MODEL] })
    await expect.poll(() => heard.find(({ type }) => type === 'done'), POLL).toBeDefined()
    post({ type: 'call', id: 2, method: 'generate', values: [REQUEST] })
    await expect.poll(() => heard.find(({ type, id }) => type === 'done' && id === 2), POLL).toBeDefined()
    const batches = heard.filter(({ type }) => type === 'events') as unknown as { events: RunEvent[] }[]
    expect(batches.length).toBeLessThanOrEqual(9)
    const text = batches.flatMap(({ events }) => events).map((event) => ('delta' in event ? event.delta : ''))
    expect(text.join('')).toBe(LONG)
  })
})

describe('what is not of our messages', () => {
  test.each([
    [undefined],
    ['call'],
    [{ type: '__proto__' }],
    [{ type: 'call', id: 1, method: 'dispose', values: [] }],
    [{ type: 'call', id: 1, method: 'constructor', values: [] }],
    [{ type: 'call', id: -1, method: 'stats', values: [] }],
    [{ type: 'call', id: 1, method: 'stats' }],
    [{ type: 'call', id: 1, method: 'load', values: [{ id: 'x' }] }],
    [{ type: 'call', id: 1, method: 'generate', values: [{ messages: 'hi' }] }],
    [{ type: 'call', id: 1, method: 'importModel', values: [['a path']] }],
    [{ type: 'taken', id: 1, count: 0.5 }],
  ])('is no request: %j', (message) => {
    expect(isTabRequest(message)).toBe(false)
    expect(isHallMessage(message)).toBe(false)
  })

  test('is passed over, and a flood of calls is refused', async () => {
    const gate = createGate()
    const { borrowed, served, name } = openLine(REPLY, { onCall: () => gate.opened })
    served.greet()
    await borrowed.load(STORED_MODEL)
    const { heard, post } = eavesdrop(name)
    for (const type of ['done', 'failed', 'events', 'state', 'nonsense']) post({ type, id: 1e9 })
    for (let id = 1000; id < 1100; id++) post({ type: 'call', id, method: 'generate', values: [REQUEST] })
    await expect.poll(() => heard.filter(({ type }) => type === 'failed').length, POLL).toBe(36)
    expect(heard.find(({ type }) => type === 'failed')).toMatchObject({ error: { code: 'request-invalid' } })
    for (let id = 1000; id < 1100; id++) post({ type: 'stop', id })
    gate.open()
    const hasEnded = ({ type, id }: Record<string, unknown>) =>
      Number(id) >= 1000 && (type === 'failed' || type === 'done')
    await expect.poll(() => heard.filter(hasEnded).length, POLL).toBe(100)
    expect(borrowed.state.status).toBe('ready')
    expect(await borrowed.generate(REQUEST, () => undefined)).toMatchObject({ finishReason: 'stop' })
  })
})
