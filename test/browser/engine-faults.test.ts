import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngine, type LocalEngine } from '../../src/client/create-engine.ts'
import type { EngineState, RunEvent } from '../../src/core/engine.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { askEngine, PROBLEM, rawOf, SYSTEM, user } from './support/ask-engine.ts'
import { FAULTS_CHANNEL, type Fault } from './support/faults-in-worker.ts'
import { describeTiny } from './support/tiny.ts'

// Faults inside the real worker, with the real engines: what was streamed stays, the code says what it was, and the same engine loads and answers again.
const faults = new BroadcastChannel(FAULTS_CHANNEL)
let model: ModelDescription
let engine: LocalEngine

/** Resolves when the worker has heard of it. */
function inject(fault: Fault): Promise<void> {
  return new Promise((resolve) => {
    faults.addEventListener('message', () => resolve(), { once: true })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    faults.postMessage(fault)
  })
}

beforeAll(async () => {
  model = await describeTiny()
  engine = createEngine({
    createWorker: () => new Worker(new URL('./support/faulty-worker.ts', import.meta.url), { type: 'module' }),
  })
})
afterAll(() => {
  engine.dispose()
  faults.close()
})

/** Asks, and injects a fault once the model thinks. @returns What came, and how the engine stood on the way. */
async function askWith(fault: Fault) {
  const events: RunEvent[] = []
  const states: EngineState['status'][] = []
  const unsubscribe = engine.subscribe(({ status }) => states.push(status))
  let isInjected = false
  const failure: unknown = await engine
    .generate({ messages: [SYSTEM, user(PROBLEM)], options: { temperature: 0 } }, (batch) => {
      events.push(...batch)
      if (isInjected || !batch.some(({ type }) => type === 'reasoning-delta')) return
      isInjected = true
      void inject(fault)
    })
    .catch((error: unknown) => error)
  unsubscribe()
  return { events, states, failure }
}

test.each([
  ['the GPU is lost', 'gpu', 'lose-device', 'device-lost', /GPU was taken away.+nothing that was written is lost/s],
  ['the model library aborts', 'gpu', 'abort', 'model-broken', /failed while it was writing\. What it wrote stays/],
  ['the worker crashes', 'processor', 'crash', 'worker-died', /The engine stopped.+Load the model again/s],
] as const)(
  'when %s in mid-answer, what came stays, and the engine comes up by itself',
  async (_, kind, fault, code, words) => {
    await engine.load(model, { engine: kind })
    const { events, states, failure } = await askWith(fault)
    expect(failure).toMatchObject({ code, message: expect.stringMatching(words) })
    expect(rawOf(events)).toContain('<thinking>')
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    expect(states).toEqual(['running', 'lost', 'starting'])
  },
)

test('a lack of memory is told while a model loads, on GPU and processor, and the next load answers', async () => {
  await engine.capabilities() // its worker is there and hears
  await inject('gpu-memory')
  const short = { code: 'memory-short', message: expect.stringMatching(/memory.+smaller model/s) }
  await expect(engine.load(model, { engine: 'gpu' })).rejects.toMatchObject(short)
  const window = 2 ** 22 // for which no memory of WebAssembly suffices
  await expect(engine.load({ ...model, contextWindow: window }, { engine: 'processor' })).rejects.toMatchObject(short)
  await engine.load(model, { engine: 'processor' })
  const { usage } = await askEngine(engine, [user(PROBLEM)], { maxTokens: 2 })
  expect(usage.completionTokens).toBe(2)
})
