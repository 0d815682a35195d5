import * as Comlink from 'comlink'
import type {
  Engine,
  EngineChoice,
  EngineKind,
  EngineStats,
  GenerateControl,
  GenerateRequest,
  LoadedModel,
  LoadOptions,
  RunSink,
  Usage,
} from '../core/engine.ts'
import { createEngineStates } from '../core/engine-states.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelStorage } from '../core/model-storage.ts'
import { chooseEngine } from '../core/models/choose-engine.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { randomId } from '../core/random-id.ts'
import { createPairedSink } from './paired-sink.ts'
import { startWorkerLife, type WorkerLife } from './worker-life.ts'

/** How long a worker may be silent when it should answer before it is ended, milliseconds: a slow GPU prefills a chunk in six seconds. */
const PATIENCE_MS = 30_000

/** Failures of a run after which the model library cannot be used any more. */
const FATAL: ReadonlySet<string> = new Set(['device-lost', 'model-broken', 'unexpected'])

export interface EngineOptions {
  /** Starts the worker; called again when one has ended. */
  readonly createWorker: () => Worker
  /** What models run on unless a load says otherwise. Default: `auto`. */
  readonly engine?: EngineChoice
  /** Milliseconds that the worker may leave a ping unanswered, or a run that was told to stop may go on without a word. Default: 30,000. */
  readonly patienceMs?: number
}

/** An engine that keeps the files of models on this device. */
export interface LocalEngine extends Engine {
  readonly storage: ModelStorage
}

/** An engine in a web worker. The worker starts now; a model comes with `load`. */
export function createEngine({
  createWorker,
  engine: choice = 'auto',
  patienceMs = PATIENCE_MS,
}: EngineOptions): LocalEngine {
  const states = createEngineStates({ status: 'starting' })
  const setState = states.set
  let stats: EngineStats = { runs: 0, promptTokens: 0, reusedTokens: 0, completionTokens: 0, restarts: 0 }
  let isDisposed = false
  let runs = 0 // waiting or going on
  let isCancelling = false // the load that goes on, by its caller
  let loading: Promise<unknown> = Promise.resolve()
  const endedByLoads = new WeakSet<WorkerLife>()
  let life = begin()

  function begin(): WorkerLife {
    const next = startWorkerLife(createWorker, patienceMs)
    next.ready.then(
      () => next === life && states.current.status === 'starting' && setState({ status: 'idle' }),
      () => undefined,
    )
    next.ended.addEventListener('abort', () => goOn(next.ended.reason as ReflectionError), { once: true })
    return next
  }

  /** A worker has ended: the next one begins; after one that never began, only when it is needed. */
  function goOn(reason: ReflectionError): void {
    if (!isCancelling) setState({ status: 'lost', error: reason })
    if (!isDisposed && !life.neverBegan) restart()
  }

  function restart(): void {
    stats = { ...stats, restarts: stats.restarts + 1 }
    setState({ status: 'starting' })
    life = begin()
  }

  /** The worker, started once more if the last one could not be. */
  function alive(): WorkerLife {
    if (!isDisposed && life.neverBegan && life.ended.aborted) restart()
    return life
  }

  /** Ends a worker in which a model was being loaded. */
  function endLoad(current: WorkerLife, reason: ReflectionError): void {
    if (!current.ended.aborted) endedByLoads.add(current)
    current.end(reason)
  }

  /** Does something with stored files. What a load takes down with its worker is done anew in the next one: it may be begun any number of times. */
  async function withStored<Value>(work: Parameters<typeof life.call<Value>>[0]): Promise<Value> {
    const current = alive()
    try {
      return await current.call(work)
    } catch (error) {
      if (isDisposed || error !== current.ended.reason || !endedByLoads.has(current)) throw error
      return withStored(work)
    }
  }

  async function loadNow(model: ModelDescription, { signal, onProgress, engine }: LoadOptions): Promise<LoadedModel> {
    signal?.throwIfAborted()
    const current = alive()
    let isOver = false
    setState({ status: 'loading', modelId: model.id })
    const cancel = () => {
      isCancelling = true
      endLoad(
        current,
        new ReflectionError('worker-died', 'Loading was cancelled, which ended the engine; it was started anew.'),
      )
      isCancelling = false
    }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const tell = Comlink.proxy((progress: Parameters<NonNullable<typeof onProgress>>[0]) => {
        if (!isOver) onProgress?.(progress)
      })
      const kind = await kindFor(model, engine ?? choice, current)
      const loaded = await current.call((api) => api.load(model, kind, tell))
      setState({ status: 'ready', modelId: model.id })
      return loaded
    } catch (error) {
      signal?.throwIfAborted()
      endLoad(current, ReflectionError.from(error)) // WebLLM cannot be used after a load that failed
      throw error
    } finally {
      isOver = true
      signal?.removeEventListener('abort', cancel)
    }
  }

  async function generate(
    request: GenerateRequest,
    sink: RunSink,
    { signal, answerNow }: GenerateControl = {},
  ): Promise<Usage> {
    signal?.throwIfAborted()
    const { modelId } = states.current as { modelId?: string }
    if (modelId === undefined || states.current.status === 'loading') {
      throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
    }
    const current = life
    const run = randomId()
    const paired = createPairedSink(sink)
    let deadline: ReturnType<typeof setTimeout> | undefined

    const expectEnd = () => {
      clearTimeout(deadline)
      deadline = setTimeout(() => {
        const message =
          'The engine did not stop when it was told to, and was started anew. Load the model again to go on.'
        current.end(new ReflectionError('worker-died', message))
      }, patienceMs)
    }
    const cancel = () => {
      if (runs === 1) setState({ status: 'stopping', modelId })
      // A run that waited ends at once. Until the worker has said that this one goes on, another one may be what keeps it busy.
      const goesOn = current.call((api) => api.cancel(run))
      goesOn.then((isTrue) => isTrue && expectEnd()).catch(() => undefined) // if the worker ends, that is told elsewhere
    }
    const hurry = () => void current.call((api) => api.answerNow(run)).catch(() => undefined)

    runs += 1
    setState({ status: 'running', modelId })
    signal?.addEventListener('abort', cancel, { once: true })
    answerNow?.addEventListener('abort', hurry, { once: true })
    try {
      const deliver = Comlink.proxy((batch: Parameters<RunSink>[0]) => {
        if (deadline !== undefined) expectEnd() // it is not silent
        paired.send(batch)
      })
      const work = current.call((api) => api.generate(run, request, deliver))
      if (answerNow?.aborted === true) hurry()
      const usage = await work
      stats = {
        ...stats,
        runs: stats.runs + 1,
        promptTokens: stats.promptTokens + usage.promptTokens,
        reusedTokens: stats.reusedTokens + usage.reusedTokens,
        completionTokens: stats.completionTokens + usage.completionTokens,
      }
      if (usage.finishReason === 'abort') signal?.throwIfAborted()
      return usage
    } catch (error) {
      if (ReflectionError.is(error) && FATAL.has(error.code)) current.end(error)
      throw error
    } finally {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', cancel)
      answerNow?.removeEventListener('abort', hurry)
      paired.close()
      runs -= 1
      const isBusy = states.current.status === 'running' || states.current.status === 'stopping'
      if (current === life && isBusy) setState({ status: runs === 0 ? 'ready' : 'running', modelId })
    }
  }

  return {
    get state() {
      return states.current
    },
    subscribe: states.subscribe,
    capabilities: () => alive().call((api) => api.capabilities()),
    load(model, options = {}) {
      const result = loading.then(() => loadNow(model, options)) // one at a time
      loading = result.catch(() => undefined)
      return result
    },
    generate,
    async prepare(request) {
      const { modelId } = states.current as { modelId?: string }
      if (modelId === undefined || states.current.status === 'loading') return
      await life.call((api) => api.prepare(request)).catch(() => undefined) // if the worker ends, that is told elsewhere
    },
    countTokens: (text) => life.call((api) => api.countTokens(text)),
    async unload() {
      await life.call((api) => api.unload())
      setState({ status: 'idle' })
    },
    storedBytes: (model, kind) => withStored((api) => api.storedBytes(model, kind)),
    deleteStored: (model) => withStored((api) => api.deleteStored(model)),
    storage: {
      models: () => withStored((api) => api.storedModels()),
      verify: (folderUrl, onProgress = () => undefined) =>
        withStored((api) => api.verifyStored(folderUrl, Comlink.proxy(onProgress))),
      delete: (folderUrl) => withStored((api) => api.dropStored(folderUrl)),
      export: (folderUrl) => withStored((api) => api.exportStored(folderUrl)),
      describe: (files) => withStored((api) => api.describeFiles(files, globalThis.location.href)),
      import: (files, onProgress = () => undefined) =>
        withStored((api) => api.importModel(files, globalThis.location.href, Comlink.proxy(onProgress))),
    },
    stats: async () => stats,
    dispose() {
      isDisposed = true
      life.end(new ReflectionError('worker-died', 'The engine was ended by the page.'))
    },
  }
}

/** What a model shall run on; the device is asked only where that matters. */
async function kindFor(model: ModelDescription, choice: EngineChoice, life: WorkerLife): Promise<EngineKind> {
  if (choice !== 'auto') return choice
  if (model.gguf === undefined) return 'gpu'
  return chooseEngine(model, await life.call((api) => api.capabilities()), choice).engine
}
