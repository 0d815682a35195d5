import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { createPausedDownloads } from '../../../src/state/paused-downloads.ts'
import { atom } from 'nanostores'
import type { EngineChoice } from '../../../src/core/engine.ts'
import { desktop, software } from '../core/models/support/devices.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'

describe('loading', () => {
  test('says what it is at and ends ready', async () => {
    const progress = { phase: 'download', share: 0.5, bytes: 5, totalBytes: 10 } as const
    const loader = createModelLoader(createScriptedEngine({ replies: [], loading: [progress] }))
    const seen: unknown[] = []
    loader.model.subscribe((state) => seen.push(state))
    await loader.load(async () => SCRIPTED_MODEL)
    expect(seen).toMatchObject([
      { status: 'none' },
      { status: 'loading', step: 'describe' },
      { status: 'loading', step: 'start', model: SCRIPTED_MODEL },
      { status: 'loading', step: 'list', model: SCRIPTED_MODEL },
      { status: 'loading', progress },
      { status: 'ready', model: SCRIPTED_MODEL },
    ])
  })

  test('that brings nothing new for a while is told to be quiet, until it does', async () => {
    const progress = { phase: 'compile', share: 0.5 } as const
    let goOn: () => void = () => undefined
    const pace = () => new Promise<void>((resolve) => (goOn = resolve))
    const engine = createScriptedEngine({ replies: [], loading: [progress], pace })
    const loader = createModelLoader(engine, { quietMs: 1 })
    const load = loader.load(SCRIPTED_MODEL)
    const seen: boolean[] = []
    loader.model.listen((state) => {
      seen.push(state.status === 'loading' && state.isQuiet === true)
      if (seen.at(-1) === true) goOn()
    })
    await load
    expect(seen).toContain(true)
    expect(loader.model.get().status).toBe('ready')
  })

  test('can be cancelled, and begun again', async () => {
    const progress = { phase: 'download', share: 0, bytes: 0, totalBytes: 10 } as const
    const loader = createModelLoader(createScriptedEngine({ replies: [], loading: [progress, progress] }))
    const load = loader.load(SCRIPTED_MODEL)
    loader.cancel()
    await load
    expect(loader.model.get()).toMatchObject({ status: 'cancelled', model: SCRIPTED_MODEL })
    await loader.reload()
    expect(loader.model.get().status).toBe('ready')
  })

  test('that fails keeps the error and works at the next try', async () => {
    const error = new ReflectionError('download-failed', 'The server said 503.')
    const loader = createModelLoader(createScriptedEngine({ replies: [], loadErrors: [error] }))
    await loader.load(SCRIPTED_MODEL)
    expect(loader.model.get()).toMatchObject({ status: 'failed', error })
    await loader.reload()
    expect(loader.model.get().status).toBe('ready')
  })

  test('does not begin on a device that cannot run the model, unless told to', async () => {
    const loader = createModelLoader(createScriptedEngine({ replies: [], capabilities: { features: [] } }))
    await loader.load({ ...SCRIPTED_MODEL, requiredFeatures: ['shader-f16'] })
    expect(loader.model.get()).toMatchObject({
      status: 'unfit',
      fit: { reasons: [{ code: 'feature-missing' }] },
      better: { requiredFeatures: [] },
    })
    await loader.reload({ anyway: true })
    expect(loader.model.get().status).toBe('ready')
  })

  test('onto a GPU that is not there says whether the processor would do', async () => {
    const capabilities = { ...desktop, webgpu: 'missing' } as const
    const choice = atom<EngineChoice>('gpu')
    const loader = createModelLoader(createScriptedEngine({ replies: [], capabilities }), { choice })
    await loader.load(SCRIPTED_MODEL)
    expect(loader.model.get()).toMatchObject({ status: 'unfit' })
    expect(loader.model.get()).not.toHaveProperty('canUseProcessor')
    await loader.load({ ...SCRIPTED_MODEL, gguf: { path: 'scripted.gguf', bytes: 2_000_000 } })
    expect(loader.model.get()).toMatchObject({ status: 'unfit', canUseProcessor: true })
    choice.set('auto')
    await loader.whenReady()
    expect(loader.model.get()).toMatchObject({ status: 'ready', engine: { engine: 'processor' } })
  })

  test('of another model takes the place of the one before', async () => {
    const loader = createModelLoader(createScriptedEngine({ replies: [] }))
    const first = loader.load(SCRIPTED_MODEL)
    await loader.load({ ...SCRIPTED_MODEL, id: 'second' })
    await first
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { id: 'second' } })
  })
})

describe('a download', () => {
  const progress = { phase: 'download', share: 0.25, bytes: 1_000_000, totalBytes: 4_000_000 } as const

  /** A mark that two loaders have, as two tabs do. */
  function sharedMarks() {
    let text: string | null = null
    const listeners: (() => void)[] = []
    return () => {
      const listener = { mine: () => {} }
      listeners.push(() => listener.mine())
      const me = listeners.at(-1)
      return {
        read: () => text,
        write(next: string) {
          text = next
          for (const other of listeners) if (other !== me) other()
        },
        listen: (next: () => void) => {
          listener.mine = next
          return () => (listener.mine = () => {})
        },
      }
    }
  }

  /** A loader whose download stands still once something has come, until it is let go. */
  function openHeld(mark: ReturnType<ReturnType<typeof sharedMarks>>) {
    let goOn = () => {}
    let isHeld = true
    const pace = () => (isHeld ? new Promise<void>((resolve) => (goOn = resolve)) : Promise.resolve())
    const stored = new Map([[SCRIPTED_MODEL.id, 1_000_000]])
    const engine = createScriptedEngine({ replies: [], loading: [progress, progress], pace, stored })
    const loader = createModelLoader(engine, { paused: createPausedDownloads(mark) })
    const step = async () => {
      goOn()
      await new Promise((resolve) => setTimeout(resolve))
    }
    return { loader, step, letGo: () => ((isHeld = false), goOn()) }
  }

  test('is paused and gone on with; the next visit finds it paused', async () => {
    const open = sharedMarks()
    const { loader, step } = openHeld(open())
    loader.pause() // there is nothing to pause
    const load = loader.load(SCRIPTED_MODEL, { resumes: false })
    await expect.poll(() => loader.model.get()).toMatchObject({ step: 'list' })
    await step()
    expect(loader.model.get()).toMatchObject({ status: 'loading', progress })
    loader.pause()
    await step()
    await load
    expect(loader.model.get()).toEqual({ status: 'paused', model: SCRIPTED_MODEL, progress })

    const later = openHeld(open())
    await later.loader.load(async () => SCRIPTED_MODEL, { resumes: false })
    expect(later.loader.model.get()).toMatchObject({ status: 'paused', progress: { bytes: 1_000_000 } })
    later.letGo()
    await later.loader.reload()
    expect(later.loader.model.get().status).toBe('ready')
    const latest = openHeld(open())
    latest.letGo()
    await latest.loader.load(SCRIPTED_MODEL, { resumes: false })
    expect(latest.loader.model.get().status).toBe('ready')
  })

  test('that one tab pauses is paused in the other one, and goes on there too', async () => {
    const open = sharedMarks()
    const [one, two] = [openHeld(open()), openHeld(open())]
    const loads = [one.loader.load(SCRIPTED_MODEL), two.loader.load(SCRIPTED_MODEL)]
    for (const { loader } of [one, two]) await expect.poll(() => loader.model.get()).toMatchObject({ step: 'list' })
    one.loader.pause()
    one.letGo()
    two.letGo()
    await Promise.all(loads)
    expect([one, two].map(({ loader }) => loader.model.get().status)).toEqual(['paused', 'paused'])
    await two.loader.reload()
    await one.loader.whenReady()
    expect([one, two].map(({ loader }) => loader.model.get().status)).toEqual(['ready', 'ready'])
  })
})

describe('the engine', () => {
  const model = { ...SCRIPTED_MODEL, gguf: { path: 'scripted.gguf', bytes: 2_000_000 } }
  const lost = new ReflectionError('device-lost', 'The GPU was taken away.')

  test('is the processor where there is no real GPU, and follows the choice of the user', async () => {
    const choice = atom<EngineChoice>('auto')
    const loader = createModelLoader(createScriptedEngine({ replies: [], capabilities: software }), { choice })
    await loader.load(model)
    expect(loader.model.get()).toMatchObject({
      engine: { engine: 'processor', why: 'software-gpu' },
      loaded: { engine: 'processor' },
    })
    choice.set('gpu')
    await loader.whenReady()
    expect(loader.model.get()).toMatchObject({ engine: { engine: 'gpu', why: 'chosen' }, loaded: { engine: 'gpu' } })
    const before = loader.model.get()
    choice.set('auto')
    choice.set('gpu') // what it runs on already
    await loader.whenReady()
    choice.set('gpu')
    expect(loader.model.get()).toMatchObject({ ...before, loaded: { engine: 'gpu' } })
  })

  test('that is a GPU is lost once: it comes back by itself; twice: the processor is offered, and taken for this visit', async () => {
    const engine = createScriptedEngine({ replies: [], capabilities: desktop })
    const loader = createModelLoader(engine)
    await loader.load(model)
    engine.crash(lost)
    expect(loader.model.get()).toMatchObject({ status: 'loading', model, returnsFrom: lost })
    await loader.whenReady()
    expect(loader.model.get()).toMatchObject({ status: 'ready' })
    engine.crash(lost)
    expect(loader.model.get()).toMatchObject({ status: 'failed', wasReady: true, canUseProcessor: true })
    await loader.useProcessor()
    expect(loader.model.get()).toMatchObject({ status: 'ready', loaded: { engine: 'processor' } })
    await loader.reload()
    expect(loader.model.get()).toMatchObject({ status: 'ready', loaded: { engine: 'processor' } })
  })

  test('comes back by itself once, and again only after it has finished a reply', async () => {
    const engine = createScriptedEngine({ replies: ['<output>yes</output>'], capabilities: desktop })
    const loader = createModelLoader(engine)
    const died = new ReflectionError('worker-died', 'The engine stopped.')
    await loader.load(SCRIPTED_MODEL)
    engine.crash(died)
    expect(await loader.whenReady()).toBe(SCRIPTED_MODEL)
    engine.crash(died)
    expect(loader.model.get()).toMatchObject({ status: 'failed', wasReady: true, error: died })
    await loader.reload()
    await engine.generate({ messages: [{ role: 'user', content: 'hi' }] }, () => undefined)
    engine.crash(died)
    expect(await loader.whenReady()).toBe(SCRIPTED_MODEL)
  })

  test('that cannot come back says so, as one that had stopped', async () => {
    const missing = new ReflectionError('adapter-missing', 'No usable GPU was found.')
    const script = { replies: [], capabilities: desktop, loadErrors: [undefined, missing] }
    const engine = createScriptedEngine(script)
    const loader = createModelLoader(engine)
    await loader.load(SCRIPTED_MODEL)
    engine.crash(lost)
    expect(await loader.whenReady()).toBeUndefined()
    expect(loader.model.get()).toMatchObject({ status: 'failed', wasReady: true, error: missing })
  })

  test('that cannot hold the model leads to the processor at once, where the model has a file for it', async () => {
    const short = new ReflectionError('memory-short', 'The GPU gave up.')
    const script = { replies: [], capabilities: desktop, loadErrors: [short, short] }
    const loader = createModelLoader(createScriptedEngine(script))
    await loader.load(model)
    expect(loader.model.get()).toMatchObject({ status: 'failed', canUseProcessor: true })
    await loader.load(SCRIPTED_MODEL)
    expect(loader.model.get()).toMatchObject({ status: 'failed', canUseProcessor: false })
  })
})
