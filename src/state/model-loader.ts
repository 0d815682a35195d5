import { atom, type ReadableAtom } from 'nanostores'
import type {
  Capabilities,
  Engine,
  EngineChoice,
  EngineKind,
  LoadedModel,
  LoadProgress,
  RunsOn,
  WaitReason,
} from '../core/engine.ts'
import { ReflectionError, type ErrorCode } from '../core/errors.ts'
import { bestModel, type Fit } from '../core/models/check-fit.ts'
import { choosePlace, type ChosenPlace } from '../core/models/choose-place.ts'
import { downloadBytesFor } from '../core/models/engine-files.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { prebuiltModels } from '../core/models/model-list.ts'
import { createPausedDownloads, type PausedDownloads } from './paused-downloads.ts'

/** A model, or how to find out about one. */
export type ModelSource = ModelDescription | ((signal: AbortSignal) => Promise<ModelDescription>)

/** How it stands with the model; `model` is absent as long as its description is not known. */
export type ModelState =
  | { readonly status: 'none' }
  | {
      readonly status: 'loading'
      readonly model?: ModelDescription
      /** What is done before there is progress to tell. */
      readonly step: LoadStep
      readonly progress?: LoadProgress
      /** Nothing new was told for some seconds: the page says what it waits for. */
      readonly isQuiet?: true
      /** What it is loaded onto; absent until that is known. */
      readonly engine?: RunsOn
      /** What has to end first; absent where nothing has. */
      readonly waitsFor?: WaitReason
      /** Why it stopped when it was ready; it is loaded again by itself. Absent for any other load. */
      readonly returnsFrom?: ReflectionError
    }
  /** The user paused its download. What came is kept, and `reload` goes on with it, in a later visit too. */
  | { readonly status: 'paused'; readonly model: ModelDescription; readonly progress: LoadProgress }
  | { readonly status: 'cancelled'; readonly model?: ModelDescription }
  /** The device cannot run it, or so it says; nothing was downloaded. */
  | {
      readonly status: 'unfit'
      readonly model: ModelDescription
      readonly fit: Fit
      readonly device: Capabilities
      /** The best of the prebuilt models that the device can run; absent when none can. */
      readonly better?: ModelDescription
      /** The user wanted the GPU, and the processor can run it; absent otherwise. */
      readonly canUseProcessor?: true
    }
  | {
      readonly status: 'failed'
      readonly model?: ModelDescription
      readonly error: ReflectionError
      /** Whether it was ready before, and stopped; else it could not be loaded. */
      readonly wasReady: boolean
      /** The GPU does not serve it, and the processor can: `useProcessor`. */
      readonly canUseProcessor: boolean
    }
  | {
      readonly status: 'ready'
      readonly model: ModelDescription
      readonly fit: Fit
      /** What it runs on, and why. */
      readonly engine: ChosenPlace
      readonly loaded: LoadedModel
      /** Name of the model that another tab uses in its place; it comes back with the next reply. */
      readonly displacedBy?: string
    }

/** Reading the model's description, starting the engine to ask about the device, finding out which files are missing. */
export type LoadStep = 'describe' | 'start' | 'list'

/** Loads one model at a time into an engine, and says how it stands with it. */
export interface ModelLoader {
  readonly model: ReadableAtom<ModelState>
  /**
   * Loads a model if it fits the device; another that is loading is cancelled. Never rejects: `model` says how it went.
   * @param options.anyway - Tries it although the device seems unfit.
   * @param options.resumes - Goes on with a download that the user paused, as whoever chooses a model wants it to. Default: true.
   */
  load(source: ModelSource, options?: { readonly anyway?: boolean; readonly resumes?: boolean }): Promise<void>
  /** Loads the last model again. */
  reload(options?: { readonly anyway?: boolean }): Promise<void>
  /** Loads the last model onto the processor, whatever the user chose, until that changes. */
  useProcessor(): Promise<void>
  cancel(): void
  /** Stops a download until the user goes on with it, in all tabs. Does nothing where none goes on. */
  pause(): void
  /** The model once it is ready; one that could not be loaded is tried again. Undefined when there is none, and `model` says why. Never rejects. */
  whenReady(): Promise<ModelDescription | undefined>
  /** Ends the load and the subscription to the engine; the engine itself stays. */
  dispose(): void
}

/** Failures of a load that another try on the same GPU does not mend. */
const GPU_FAILURES: ReadonlySet<ErrorCode> = new Set([
  'webgpu-missing',
  'adapter-missing',
  'feature-missing',
  'memory-short',
])

/** How often the GPU may be lost before the processor is offered: the first time may have been a driver's update, or sleep. */
const MOST_LOSSES = 1

/** Failures of an engine that was at work after which another one may do: of the GPU, the worker, the model library. */
const MAY_RETURN: ReadonlySet<ErrorCode> = new Set(['device-lost', 'worker-died', 'model-broken', 'unexpected'])

/**
 * An engine that came back by itself and stopped again before it had finished a reply does not come back by itself within this time,
 * milliseconds: what stops it again and again would never end.
 */
const STEADY_MS = 600_000

/** The reason of a load that is stopped to be gone on with. */
const PAUSED = new Error('The download was paused.')

/** How long nothing new may be told before that is said, milliseconds. */
const QUIET_MS = 8000

export interface ModelLoaderOptions {
  /** What models run on; a change of it loads the model anew where that means another engine. Default: `auto`. */
  readonly choice?: ReadableAtom<EngineChoice>
  /** Which downloads are paused. Default: noted as long as this loader lives. */
  readonly paused?: PausedDownloads
  readonly quietMs?: number
}

/** How a load differs from one that the user began. */
interface LoadManner {
  readonly anyway?: boolean
  readonly resumes?: boolean
  readonly returnsFrom?: ReflectionError
}

export function createModelLoader(
  engine: Engine,
  { choice = atom('auto'), paused = createPausedDownloads(), quietMs = QUIET_MS }: ModelLoaderOptions = {},
): ModelLoader {
  const $model = atom<ModelState>({ status: 'none' })
  let source: ModelSource | undefined
  let latest: AbortController | undefined
  let done: Promise<void> | undefined
  let device: Capabilities | undefined
  let isForced = false // onto the processor, by `useProcessor`
  let losses = 0 // of the GPU
  let returnedAt = -Infinity // by itself; since then no reply was finished
  let isRunning = false

  const wanted = (): EngineChoice => (isForced ? 'processor' : choice.get())

  function displacement(): { displacedBy?: string } {
    const { displacedBy } = engine.state as { displacedBy?: string }
    return displacedBy === undefined ? {} : { displacedBy }
  }

  /** Whether the processor may serve a model that has failed on an engine. */
  function canUseProcessor(model: ModelDescription | undefined, on: RunsOn | undefined, code: ErrorCode): boolean {
    if (on !== 'gpu' || model?.gguf === undefined || device?.processor.isUsable !== true) return false
    return losses > MOST_LOSSES || GPU_FAILURES.has(code)
  }

  const unsubscribe = engine.subscribe((state) => {
    const model = $model.get()
    if (isRunning && state.status === 'ready') returnedAt = -Infinity
    isRunning = state.status === 'running'
    if (model.status !== 'ready') return
    if (state.status === 'ready' && state.displacedBy !== model.displacedBy) {
      const { displacedBy: _, ...others } = model
      $model.set({ ...others, ...displacement() })
    }
    if (state.status !== 'lost') return
    const { error } = state
    if (error.code === 'engine-moved') return void load(model.model, { anyway: true }) // nothing is wrong with it
    if (error.code === 'device-lost') losses += 1
    const canGoOn = canUseProcessor(model.model, model.engine.engine, error.code)
    if (!canGoOn && MAY_RETURN.has(error.code) && performance.now() - returnedAt > STEADY_MS) {
      returnedAt = performance.now()
      return void load(model.model, { anyway: true, returnsFrom: error })
    }
    $model.set({ status: 'failed', model: model.model, error, wasReady: true, canUseProcessor: canGoOn })
  })
  const unwatch = paused.listen(() => {
    const state = $model.get()
    const isPaused = 'model' in state && state.model !== undefined && paused.has(state.model.folderUrl)
    if (isPaused) stopDownload()
    else if (state.status === 'paused') void load(state.model)
  })
  const unlisten = choice.listen(() => {
    isForced = false
    const state = $model.get()
    if (state.status === 'none' || source === undefined) return
    const isSame =
      state.status === 'ready' &&
      device !== undefined &&
      choosePlace(state.model, device, wanted()).engine === state.engine.engine
    if (!isSame) void load(source, { resumes: state.status !== 'paused' })
  })

  function load(next: ModelSource, manner: LoadManner = {}): Promise<void> {
    latest?.abort()
    source = next
    const control = new AbortController()
    latest = control
    done = run(next, control, manner)
    return done
  }

  /** Stops what goes on as long as files come, or are looked for. @returns The model that it was; undefined where it was nothing. */
  function stopDownload(): ModelDescription | undefined {
    const state = $model.get()
    if (state.status !== 'loading' || state.step !== 'list' || state.engine === 'server') return undefined
    if (state.progress !== undefined && state.progress.phase !== 'download') return undefined
    latest?.abort(PAUSED)
    return state.model
  }

  async function run(from: ModelSource, control: AbortController, manner: LoadManner): Promise<void> {
    const { signal } = control
    const { anyway = false, resumes = true, returnsFrom } = manner
    const isReturn = returnsFrom === undefined ? {} : { returnsFrom }
    let progress: LoadProgress | undefined
    let model: ModelDescription | undefined = typeof from === 'function' ? undefined : from
    const known = () => (model === undefined ? {} : { model })
    let silence: ReturnType<typeof setTimeout> | undefined
    const set = (state: ModelState) => {
      clearTimeout(silence)
      if (latest !== control) return
      $model.set(state)
      if (state.status !== 'loading' || state.isQuiet === true) return
      silence = setTimeout(() => set({ ...state, isQuiet: true }), quietMs)
    }
    set({ status: 'loading', step: 'describe', ...known(), ...isReturn })
    const asked = engine.capabilities() // while the description comes
    asked.catch(() => undefined) // a load whose description fails says that
    let kind: RunsOn | undefined
    try {
      const description = typeof from === 'function' ? await from(signal) : from
      model = description
      if (latest === control) source = description
      set({ status: 'loading', step: 'start', model: description, ...isReturn })
      const [found, gpu, processor] = await Promise.all([
        asked,
        engine.storedBytes(description, 'gpu'),
        engine.storedBytes(description, 'processor'),
      ])
      device = found
      const chosen = choosePlace(description, found, wanted(), { gpu, processor })
      const { fit } = chosen
      kind = chosen.engine
      signal.throwIfAborted()
      if (fit.verdict === 'does-not-fit' && !anyway) {
        const better = bestModel(prebuiltModels, found)
        const canGoOn = choosePlace(description, found, 'auto', { gpu, processor }).engine === 'processor'
        set({
          status: 'unfit',
          model: description,
          fit,
          device: found,
          ...(better === undefined ? {} : { better }),
          ...(canGoOn && { canUseProcessor: canGoOn }),
        })
        return
      }
      if (kind !== 'server') {
        progress = progressOf(description, kind, kind === 'gpu' ? gpu : processor)
        if (!resumes && progress.share < 1 && paused.has(description.folderUrl)) {
          set({ status: 'paused', model: description, progress })
          return
        }
        paused.set(description.folderUrl, false)
      }
      const listing = { status: 'loading', step: 'list', model: description, engine: kind, ...isReturn } as const
      set(listing)
      const onProgress = (next: LoadProgress) => {
        progress = next
        set({ ...listing, progress })
      }
      const onWait = (waitsFor?: WaitReason) => set({ ...listing, ...(waitsFor !== undefined && { waitsFor }) })
      const on = kind === 'server' ? {} : { engine: kind }
      const loaded = await engine.load(description, { signal, onProgress, onWait, ...on })
      set({ status: 'ready', model: description, fit, engine: chosen, loaded, ...displacement() })
    } catch (error) {
      const isMoved = ReflectionError.is(error) && error.code === 'engine-moved'
      if (isMoved && latest === control && !signal.aborted) return run(from, control, manner) // with the tab that has it now
      if (signal.reason === PAUSED && model !== undefined && progress !== undefined) {
        set({ status: 'paused', model, progress })
      } else if (signal.aborted) set({ status: 'cancelled', ...known() })
      else {
        const failure = ReflectionError.from(error)
        const canGoOn = canUseProcessor(model, kind, failure.code)
        const wasReady = returnsFrom !== undefined
        set({ status: 'failed', ...known(), error: failure, wasReady, canUseProcessor: canGoOn })
      }
    }
  }

  return {
    model: $model,
    load,
    async reload(options) {
      if (source !== undefined) await load(source, options)
    },
    async useProcessor() {
      isForced = true
      if (source !== undefined) await load(source)
    },
    cancel() {
      latest?.abort()
      const state = $model.get()
      if (state.status === 'paused') $model.set({ status: 'cancelled', model: state.model })
    },
    pause() {
      const model = stopDownload()
      if (model !== undefined) paused.set(model.folderUrl, true)
    },
    async whenReady() {
      const { status } = $model.get()
      if (status === 'loading') await done
      else if (status !== 'ready' && source !== undefined) await load(source)
      const state = $model.get()
      return state.status === 'ready' ? state.model : undefined
    },
    dispose() {
      latest?.abort()
      unsubscribe()
      unlisten()
      unwatch()
    },
  }
}

/** How much of a model is here before anything is fetched. */
function progressOf(model: ModelDescription, kind: EngineKind, bytes: number): LoadProgress {
  const totalBytes = Math.max(bytes, downloadBytesFor(model, kind))
  return { phase: 'download', share: totalBytes === 0 ? 1 : bytes / totalBytes, bytes, totalBytes }
}
