import type {
  Capabilities,
  Engine,
  EngineChoice,
  EngineStats,
  GenerateControl,
  GenerateRequest,
  LoadedModel,
  LoadOptions,
  PrepareRequest,
  RunEvent,
  RunSink,
  Usage,
} from '../core/engine.ts'
import { createEngineStates } from '../core/engine-states.ts'
import { ReflectionError } from '../core/errors.ts'
import { findModel } from '../core/models/find-model.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { embeddedModel } from '../core/models/model-list.ts'
import { startServedWorker } from '../core/start-served-worker.ts'
import { streamRun } from '../core/stream-run.ts'
import { untilAborted } from '../core/until-aborted.ts'
import { pageConnections } from './page-connections.ts'
import { checkServedFiles, servedFolder } from './served-files.ts'

/** Where an engine finds what it needs, and what it runs. */
export interface ServedEngineOptions {
  /**
   * Address of the folder that `npx second-thought assets` wrote and the site serves; relative to the page. One of another origin must
   * allow this one (CORS). Default: where the script of a page without a bundler lies, else `/second-thought/`.
   */
  readonly assets?: string | URL
  /** Address of the worker, or what starts it, where it is not in that folder. */
  readonly worker?: string | URL | (() => Worker)
  /**
   * What runs: the id of the embedded model or of one that the chat page lists, the address of a `manifest.json`, `<id>@<address>` for
   * Reflection-Llama with weights of your own, or a description. Default: the embedded model.
   */
  readonly model?: string | ModelDescription
  /**
   * On what it runs: the GPU with WebLLM, the processor with llama.cpp, or `auto`: the GPU where there is a real one that the model fits, else
   * the processor where the model has a file for it. Default: `auto`.
   */
  readonly engine?: EngineChoice
}

/** An engine that needs no call of `load`: a reply that finds no model loads the one that was asked for last, or else that of the options. */
export interface ServedEngine extends Engine {
  /** As `Engine.load`; without a model, or with a name, of the model that the options name or that has this name. */
  load(model?: string | ModelDescription, options?: LoadOptions): Promise<LoadedModel>
  /** The model that is loaded or on its way, else the one that the next run loads. @throws {ReflectionError} As `load`, where it has to be looked up. */
  describe(signal?: AbortSignal): Promise<ModelDescription>
  /**
   * A run as an async sequence of its events, which begins with the first pull. Events wait for whoever takes long over one; the model
   * writes on meanwhile. Leaving the loop stops the run.
   * @returns What the run cost, as the value of the generator.
   * @throws The signal's reason when aborted; what `generate` and `load` throw.
   */
  stream(request: GenerateRequest, control?: GenerateControl): AsyncGenerator<RunEvent, Usage, undefined>
}

const NO_RUNS: EngineStats = { runs: 0, promptTokens: 0, reusedTokens: 0, completionTokens: 0, restarts: 0 }

/**
 * An engine in a web worker that the site serves. Nothing is fetched before the first call that needs it, so this may be called anywhere,
 * also where there is no browser; its calls need one.
 * @throws {ReflectionError} From its calls, beside what they say themselves: `assets-missing` where the site does not serve the files, with
 * the command that puts them there.
 */
export function createServedEngine(options: ServedEngineOptions = {}): ServedEngine {
  const { model: wanted = embeddedModel.id } = options
  const states = createEngineStates({ status: 'starting' })
  const setState = states.set
  let opened: Engine | undefined
  let opening: Promise<Engine> | undefined
  let loading: Promise<LoadedModel> | undefined
  let latest: ModelDescription | undefined // of the loads; only the state says whether it is still there
  let asked: readonly [string | ModelDescription, LoadOptions] = [wanted, {}] // by the last load; a run that finds no model brings it back
  let isDisposed = false

  function open(): Promise<Engine> {
    opening ??= start().catch((error: unknown) => {
      opening = undefined // the files may be there the next time
      throw error
    })
    return opening
  }

  async function start(): Promise<Engine> {
    failWhenDisposed()
    const createWorker = await starterOf(options)
    const { createEngine } = await import('./create-engine.ts')
    failWhenDisposed()
    const engine = createEngine({ createWorker, ...(options.engine !== undefined && { engine: options.engine }) })
    opened = engine
    engine.subscribe(setState)
    setState(engine.state)
    return engine
  }

  function failWhenDisposed(): void {
    if (isDisposed) throw new ReflectionError('worker-died', 'The engine was ended by the page.')
  }

  async function loadNow(model: string | ModelDescription, loadOptions: LoadOptions): Promise<LoadedModel> {
    const [engine, description] = await Promise.all([open(), descriptionOf(model, loadOptions.signal)])
    latest = description
    return engine.load(description, loadOptions)
  }

  async function descriptionOf(model: string | ModelDescription, signal?: AbortSignal): Promise<ModelDescription> {
    return typeof model === 'string' ? describeServedModel(model, options.assets, signal) : model
  }

  async function describe(signal?: AbortSignal): Promise<ModelDescription> {
    const { current } = states
    return 'modelId' in current && current.modelId === latest?.id ? latest : descriptionOf(asked[0], signal)
  }

  function load(model: string | ModelDescription = wanted, loadOptions: LoadOptions = {}): Promise<LoadedModel> {
    const { engine } = loadOptions
    asked = [model, engine === undefined ? {} : { engine }]
    const mine = loadNow(model, loadOptions).finally(() => {
      if (loading === mine) loading = undefined
    })
    loading = mine
    return mine
  }

  /** The engine with a model: the one that it has or is loading, else what was asked for last, never silently another. */
  async function ready(signal?: AbortSignal): Promise<Engine> {
    signal?.throwIfAborted()
    const engine = await untilAborted(open(), signal)
    if (!('modelId' in engine.state) || loading !== undefined) await untilAborted(loading ?? load(...asked), signal)
    return engine
  }

  async function generate(request: GenerateRequest, sink: RunSink, control: GenerateControl = {}): Promise<Usage> {
    return (await ready(control.signal)).generate(request, sink, control)
  }

  return {
    get state() {
      return states.current
    },
    subscribe: states.subscribe,
    capabilities: async (): Promise<Capabilities> => (await open()).capabilities(),
    load,
    generate,
    stream: (request, control) => streamRun({ generate }, request, control),
    async prepare(request: PrepareRequest) {
      await opened?.prepare(request)
    },
    countTokens: async (text) => (await ready()).countTokens(text),
    describe,
    async unload() {
      await opened?.unload()
    },
    storedBytes: async (model, engine) => (await open()).storedBytes(model, engine),
    deleteStored: async (model) => (await open()).deleteStored(model),
    stats: async () => opened?.stats() ?? NO_RUNS,
    dispose() {
      isDisposed = true
      opened?.dispose()
    },
  }
}

/**
 * The model of a name, where the embedded one is among files that a site serves.
 * @throws {ReflectionError} `assets-missing`, and those of `findModel`.
 */
export async function describeServedModel(
  name: string,
  assets: string | URL | undefined,
  signal?: AbortSignal,
): Promise<ModelDescription> {
  const folder = servedFolder(assets)
  if (name === embeddedModel.id) await checkServedFiles(folder)
  return findModel(name, folder, signal)
}

/** What starts the worker, after a look whether its file is there: a worker that is not would only say that it failed. */
async function starterOf({ assets, worker }: ServedEngineOptions): Promise<() => Worker> {
  if (typeof worker === 'function') return worker
  const folder = servedFolder(assets)
  if (worker === undefined) await checkServedFiles(folder)
  const address = new URL(worker ?? 'worker.js', folder).href
  return () => startServedWorker(address, pageConnections())
}
