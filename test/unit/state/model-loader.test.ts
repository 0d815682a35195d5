import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
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

  test('of another model takes the place of the one before', async () => {
    const loader = createModelLoader(createScriptedEngine({ replies: [] }))
    const first = loader.load(SCRIPTED_MODEL)
    await loader.load({ ...SCRIPTED_MODEL, id: 'second' })
    await first
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { id: 'second' } })
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

  test('that is a GPU is lost once: it is loaded again; twice: the processor is offered, and taken for this visit', async () => {
    const engine = createScriptedEngine({ replies: [], capabilities: desktop })
    const loader = createModelLoader(engine)
    await loader.load(model)
    engine.crash(lost)
    expect(loader.model.get()).toMatchObject({ status: 'failed', wasReady: true, canUseProcessor: false })
    await loader.reload()
    engine.crash(lost)
    expect(loader.model.get()).toMatchObject({ status: 'failed', wasReady: true, canUseProcessor: true })
    await loader.useProcessor()
    expect(loader.model.get()).toMatchObject({ status: 'ready', loaded: { engine: 'processor' } })
    await loader.reload()
    expect(loader.model.get()).toMatchObject({ status: 'ready', loaded: { engine: 'processor' } })
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
