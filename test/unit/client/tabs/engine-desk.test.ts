import { describe, expect, onTestFinished, test } from 'vitest'
import { createEngine, type LocalEngine } from '../../../../src/client/create-engine.ts'
import { createEngineDesk } from '../../../../src/client/tabs/engine-desk.ts'
import type { EngineState, GenerateControl, RunEvent, WaitReason } from '../../../../src/core/engine.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import {
  createGate,
  createRepeatingWorkers,
  nextTask,
  STORED_MODEL,
  type RepeatingWorkersOptions,
} from '../../worker/support/scripted-worker.ts'

const POLL = { timeout: 60_000, interval: 5 }
const OTHER_MODEL = { ...STORED_MODEL, id: 'other', name: 'Other' }
const REPLY = '<thinking>ab</thinking><output>yes</output><|eot_id|>'

/** A desk over the real worker's code with a scripted model. */
function openDesk(options: RepeatingWorkersOptions = {}) {
  const scripted = createRepeatingWorkers(REPLY, options)
  const desk = createEngineDesk(createEngine({ createWorker: scripted.start }))
  onTestFinished(() => desk.end(new ReflectionError('worker-died', 'The test is over.')))
  return { ...scripted, desk }
}

function run(tab: LocalEngine, control: GenerateControl = {}) {
  const events: RunEvent[] = []
  const waits: (WaitReason | undefined)[] = []
  const usage = tab.generate({ messages: [{ role: 'user', content: 'hi' }] }, (batch) => events.push(...batch), {
    onWait: (reason) => waits.push(reason),
    ...control,
  })
  usage.catch(() => undefined) // a test looks at it later
  return { events, waits, usage }
}

function statesOf(tab: LocalEngine): EngineState[] {
  const states: EngineState[] = []
  tab.subscribe((state) => states.push(state))
  return states
}

/** Holds the model's first call until it is let go. */
function holdFirst() {
  const gate = createGate()
  let isFirst = true
  const onCall = async () => {
    await nextTask()
    const holds = isFirst
    isFirst = false
    if (holds) await gate.opened
  }
  return { onCall, open: gate.open }
}

describe('a model that several tabs want', () => {
  test('is loaded once, also where the second asks while it is being loaded', async () => {
    const gate = createGate()
    const { desk, models } = openDesk({ onOpen: () => gate.opened })
    const [one, two, three] = [desk.join(), desk.join(), desk.join()]
    const first = one.load(STORED_MODEL)
    const told: number[] = []
    const second = two.load(STORED_MODEL, { onProgress: ({ share }) => told.push(share) })
    await expect.poll(() => told, POLL).toEqual([0.5])
    gate.open()
    expect((await first).id).toBe(STORED_MODEL.id)
    expect(await second).toMatchObject({ id: STORED_MODEL.id, downloadedBytes: 0 })
    expect(await three.load(STORED_MODEL)).toMatchObject({ id: STORED_MODEL.id, downloadedBytes: 0 })
    expect([one, two, three].map(({ state }) => state.status)).toEqual(['ready', 'ready', 'ready'])
    expect(models).toHaveLength(1)
  })

  test('goes on being loaded for one when the other does not want it any more', async () => {
    const gate = createGate()
    const { desk, models, workers } = openDesk({ onOpen: () => gate.opened })
    const [one, two] = [desk.join(), desk.join()]
    const control = new AbortController()
    const first = one.load(STORED_MODEL, { signal: control.signal })
    const second = two.load(STORED_MODEL)
    await expect.poll(() => workers.length, POLL).toBe(1)
    control.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    expect(one.state.status).toBe('idle')
    gate.open()
    await second
    expect([models.length, workers.length]).toEqual([1, 1])
    await expect(run(one).usage).rejects.toMatchObject({ code: 'model-not-loaded' })
  })

  test('is lost for all of them, and loaded again once', async () => {
    const { desk, models, lose } = openDesk()
    const [one, two] = [desk.join(), desk.join()]
    await Promise.all([one.load(STORED_MODEL), two.load(STORED_MODEL)])
    const states = [statesOf(one), statesOf(two)]
    lose(new ReflectionError('device-lost', 'The GPU is gone.'))
    await expect.poll(() => states.map(([first]) => first?.status), POLL).toEqual(['lost', 'lost'])
    await Promise.all([one.load(STORED_MODEL), two.load(STORED_MODEL)])
    expect(models).toHaveLength(2)
  })

  test('stays until the last of them gives it up', async () => {
    const { desk } = openDesk()
    const [one, two] = [desk.join(), desk.join()]
    await Promise.all([one.load(STORED_MODEL), two.load(STORED_MODEL)])
    await one.unload()
    expect(one.state.status).toBe('idle')
    expect(await two.countTokens('four')).toBe(4)
    await two.unload()
    await expect(two.countTokens('four')).rejects.toMatchObject({ code: 'model-not-loaded' })
  })
})

describe('runs of several tabs', () => {
  async function twoReady(options: RepeatingWorkersOptions = {}) {
    const parts = openDesk(options)
    const [one, two] = [parts.desk.join(), parts.desk.join()]
    await Promise.all([one.load(STORED_MODEL), two.load(STORED_MODEL)])
    return { ...parts, one, two }
  }

  test('take turns tab by tab, and are told what they wait for', async () => {
    const { onCall, open } = holdFirst()
    const { one, two } = await twoReady({ onCall })
    const order: string[] = []
    const named = (name: string, tab: LocalEngine) => {
      const begun = run(tab)
      void begun.usage.then(() => order.push(name))
      return begun
    }
    const first = named('one', one)
    const second = named('one again', one)
    const third = named('one for the third time', one)
    const other = named('two', two)
    expect([first.waits, second.waits, third.waits, other.waits]).toEqual([
      [],
      ['reply-here'],
      ['reply-here'],
      ['reply-elsewhere'],
    ])
    open()
    await Promise.all([first, second, third, other].map(({ usage }) => usage))
    expect(order).toEqual(['one', 'two', 'one again', 'one for the third time'])
    expect(second.waits).toEqual(['reply-here', 'reply-elsewhere', undefined])
  })

  test('are stopped one by one, waiting or not', async () => {
    const { onCall, open } = holdFirst()
    const { one, two } = await twoReady({ onCall })
    const [stopFirst, stopSecond] = [new AbortController(), new AbortController()]
    const first = run(one, { signal: stopFirst.signal })
    const second = run(two, { signal: stopSecond.signal })
    const third = run(two)
    stopSecond.abort(new Error('not this one'))
    await expect(second.usage).rejects.toThrow('not this one')
    expect(second.events).toEqual([{ type: 'finish', reason: 'abort', unclosed: [] }])
    stopFirst.abort(new Error('nor this one'))
    expect(one.state.status).toBe('stopping')
    open()
    await expect(first.usage).rejects.toThrow('nor this one')
    expect(await third.usage).toMatchObject({ finishReason: 'stop' })
    expect([one.state.status, two.state.status]).toEqual(['ready', 'ready'])
  })

  test('of a tab that goes are stopped, those of others go on', async () => {
    const { onCall, open } = holdFirst()
    const { one, two } = await twoReady({ onCall })
    const [going, waiting, other] = [run(one), run(one), run(two)]
    one.dispose()
    open()
    await expect(going.usage).rejects.toMatchObject({ code: 'worker-died' })
    await expect(waiting.usage).rejects.toMatchObject({ code: 'worker-died' })
    expect(going.events.at(-1)).toMatchObject({ type: 'finish', reason: 'abort' })
    expect(await other.usage).toMatchObject({ finishReason: 'stop' })
  })

  test('end with the reason for which the engine goes', async () => {
    const { onCall } = holdFirst()
    const { desk, one, two } = await twoReady({ onCall })
    const runs = [run(one), run(two)]
    desk.end(new ReflectionError('engine-moved', 'Elsewhere.'))
    for (const { usage } of runs) await expect(usage).rejects.toMatchObject({ code: 'engine-moved' })
    expect(two.state).toMatchObject({ status: 'lost', error: { code: 'engine-moved' } })
  })
})

describe('two tabs that want different models', () => {
  test('change between two replies, and each gets its own back with its next one', async () => {
    const { onCall, open } = holdFirst()
    const { desk, models } = openDesk({ onCall })
    const [one, two] = [desk.join(), desk.join()]
    await one.load(STORED_MODEL)
    const states = statesOf(one)
    const answer = run(one)
    const waits: (WaitReason | undefined)[] = []
    const loading = two.load(OTHER_MODEL, { onWait: (reason) => waits.push(reason) })
    await expect.poll(() => waits, POLL).toEqual(['reply-elsewhere'])
    open()
    expect(await answer.usage).toMatchObject({ finishReason: 'stop' })
    await loading
    expect(waits).toEqual(['reply-elsewhere', undefined])
    expect(one.state).toEqual({ status: 'ready', modelId: STORED_MODEL.id, displacedBy: 'Other' })
    expect(two.state).toEqual({ status: 'ready', modelId: 'other' })
    expect(models).toHaveLength(2)
    await one.prepare({ messages: [] }) // is no reason to change

    const next = run(one)
    expect(await next.usage).toMatchObject({ finishReason: 'stop' })
    expect(next.waits).toContain('model')
    expect(models).toHaveLength(3)
    expect(one.state).toEqual({ status: 'ready', modelId: STORED_MODEL.id })
    expect(two.state).toMatchObject({ displacedBy: STORED_MODEL.name })
    expect(states.map(({ status }) => status)).not.toContain('lost')
  })

  test('that cannot be loaded takes the place of none', async () => {
    let isBroken = false
    const onOpen = async () => {
      if (isBroken) throw new ReflectionError('memory-short', 'It does not fit.')
    }
    const { desk } = openDesk({ onOpen })
    const [one, two] = [desk.join(), desk.join()]
    await one.load(STORED_MODEL)
    const states = statesOf(one)
    isBroken = true
    await expect(two.load(OTHER_MODEL)).rejects.toMatchObject({ code: 'memory-short' })
    expect(states).toContainEqual({ status: 'ready', modelId: STORED_MODEL.id, displacedBy: 'Other' })
    expect(one.state).toEqual({ status: 'ready', modelId: STORED_MODEL.id })
    isBroken = false
    expect(await run(one).usage).toMatchObject({ finishReason: 'stop' })
  })

  test('are served although the one that asked first has gone', async () => {
    const { onCall, open } = holdFirst()
    const { desk } = openDesk({ onCall })
    const [one, two, three] = [desk.join(), desk.join(), desk.join()]
    await one.load(STORED_MODEL)
    const answer = run(one)
    const first = two.load(OTHER_MODEL)
    const second = three.load(OTHER_MODEL)
    await nextTask()
    two.dispose()
    await expect(first).rejects.toMatchObject({ code: 'worker-died' })
    open()
    await answer.usage
    expect(await second).toMatchObject({ id: 'other' })
  })

  test('are no loss for the one whose model was not there when the engine stopped', async () => {
    const { desk, lose } = openDesk()
    const [one, two] = [desk.join(), desk.join()]
    await one.load(STORED_MODEL)
    await two.load(OTHER_MODEL)
    const states = statesOf(two)
    lose(new ReflectionError('device-lost', 'The GPU is gone.'))
    await expect.poll(() => states.map(({ status }) => status), POLL).toContain('lost')
    expect(one.state).toMatchObject({ status: 'ready' })
    expect(await run(one).usage).toMatchObject({ finishReason: 'stop' })
  })
})
