import { describe, expect, onTestFinished, test } from 'vitest'
import { startWorkerLife } from '../../../src/client/worker-life.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { toWire, type WireError } from '../../../src/protocol/wire-error.ts'
import { PortWorker } from '../../fakes/port-worker.ts'

/** Long enough that no test waits for it, milliseconds. */
const PATIENT = 600_000
const POLL = { timeout: 60_000, interval: 5 }

const never = () => new Promise<never>(() => undefined)

interface Behaviour {
  readonly patienceMs?: number
  readonly ping?: () => unknown
  /** What a call of `unload` comes to. */
  readonly unload?: () => Promise<void>
}

/** The life of a worker that does what a test wants. */
function setUp({ patienceMs = PATIENT, ping = () => undefined, unload = never }: Behaviour = {}) {
  const heard = { pings: 0, tellLost: (_error: WireError) => undefined as unknown }
  const worker = new PortWorker({
    ping() {
      heard.pings += 1
      return ping()
    },
    onLost: (listener: (error: WireError) => unknown) => void (heard.tellLost = listener),
    countTokens: (text: string) => text.length,
    unload,
  })
  const life = startWorkerLife(() => worker, patienceMs)
  onTestFinished(() => life.end(new ReflectionError('worker-died', 'The test is over.')))
  return { life, worker, heard }
}

describe('a call', () => {
  test('brings what the worker answers', async () => {
    const { life } = setUp()
    await life.ready
    expect(await life.call((api) => api.countTokens('four'))).toBe(4)
    expect(life.ended.aborted).toBe(false)
  })

  test('that the worker refuses rejects with its error, whole, and the worker lives', async () => {
    const refusal = new ReflectionError('storage-full', 'No room.', { details: { bytes: 3 } })
    const { life } = setUp({ unload: () => Promise.reject(toWire(refusal)) })
    const failure = life.call((api) => api.unload())
    await expect(failure).rejects.toSatisfy(ReflectionError.is)
    await expect(failure).rejects.toMatchObject({ code: 'storage-full', message: 'No room.', details: { bytes: 3 } })
    expect(await life.call((api) => api.countTokens('a'))).toBe(1)
  })

  test.each(['error', 'messageerror'] as const)('rejects when the worker tells of an %s', async (type) => {
    const { life, worker } = setUp()
    await life.ready
    const call = life.call((api) => api.unload())
    worker.fail(type, 'x is not a function')
    await expect(call).rejects.toMatchObject({ code: 'worker-died', cause: expect.any(Event) as Event })
    await expect(call).rejects.toThrow('The engine stopped (x is not a function) and was started anew.')
    expect(life.ended.reason).toBe(await call.catch((error: unknown) => error))
    expect(worker.isTerminated).toBe(true)
  })

  test('rejects in words also where the fault has none', async () => {
    const { life, worker } = setUp()
    const call = life.call((api) => api.unload())
    worker.fail('messageerror')
    await expect(call).rejects.toThrow('The engine stopped and was started anew.')
  })

  test('to a worker that has ended rejects at once, with the reason', async () => {
    const { life } = setUp()
    const reason = new ReflectionError('worker-died', 'Enough.')
    life.end(reason)
    await expect(life.call((api) => api.countTokens('a'))).rejects.toBe(reason)
  })
})

describe('the end', () => {
  test('comes once: the first reason stays', async () => {
    const { life, worker } = setUp()
    const reason = new ReflectionError('worker-died', 'Enough.')
    const reasons: unknown[] = []
    life.ended.addEventListener('abort', () => reasons.push(life.ended.reason))
    life.end(reason)
    life.end(new ReflectionError('device-lost', 'Gone.'))
    worker.fail('error', 'late')
    expect(reasons).toEqual([reason])
    expect(life.ended.reason).toBe(reason)
  })

  test('comes when the worker tells that the GPU is gone', async () => {
    const { life, heard } = setUp()
    await life.ready
    const call = life.call((api) => api.unload())
    heard.tellLost(toWire(new ReflectionError('device-lost', 'Gone.')))
    await expect(call).rejects.toMatchObject({ code: 'device-lost', message: 'Gone.' })
    expect(life.ended.reason).toMatchObject({ code: 'device-lost' })
  })

  test('before the worker was ready is a worker that never will be', async () => {
    const { life, worker } = setUp()
    worker.fail('error', 'no such file')
    await expect(life.ready).rejects.toMatchObject({ code: 'worker-died' })
  })
})

describe('a worker that says nothing', () => {
  test('is ended when someone waits for it', async () => {
    const { life, worker } = setUp({ patienceMs: 200 })
    worker.vanish()
    await expect(life.call((api) => api.unload())).rejects.toThrow('it stopped answering')
    expect(life.ended.reason).toMatchObject({ code: 'worker-died' })
    expect(worker.isTerminated).toBe(true)
  })

  test('is ended while its messages arrive and it hangs', async () => {
    const { life } = setUp({ patienceMs: 200, ping: never })
    await expect(life.call((api) => api.unload())).rejects.toMatchObject({ code: 'worker-died' })
  })

  test('is left alone while nobody waits', async () => {
    const { life, heard } = setUp({ patienceMs: 60 })
    await life.ready
    await expect.poll(() => heard.pings, POLL).toBe(1) // the round that the first call began
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(heard.pings).toBe(1)
  })

  test('but gives signs of life may take as long as it likes', async () => {
    const work = { finish: () => undefined as void }
    const { life, heard } = setUp({
      patienceMs: 1000,
      unload: () => new Promise<void>((resolve) => (work.finish = resolve)),
    })
    const call = life.call((api) => api.unload())
    await expect.poll(() => heard.pings, POLL).toBeGreaterThan(3) // two seconds and more
    work.finish()
    await call
    expect(life.ended.aborted).toBe(false)
  })
})
