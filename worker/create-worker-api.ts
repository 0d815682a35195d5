import * as Comlink from 'comlink'
import { NO_TOKENS } from '../src/core/channel-tokens.ts'
import { ReflectionError, type ErrorCode } from '../src/core/errors.ts'
import { oneTabAtATime } from '../src/protocol/one-tab-at-a-time.ts'
import { toWire } from '../src/protocol/wire-error.ts'
import type { WorkerApi } from '../src/protocol/worker-api.ts'
import type { EngineKind, LoadProgress, RunEvent, Usage } from '../src/core/engine.ts'
import { withFilesFor } from '../src/core/models/engine-files.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { choosePrompt } from './choose-prompt.ts'
import { createEventBatch } from './batch-events.ts'
import type { EarlyGpu } from './early-gpu.ts'
import { readCapabilities } from './capabilities.ts'
import { makeFiles } from './gguf/make-files.ts'
import { createReplyWriter, type ReplyWriter } from './reply-writer.ts'
import { createRunQueue, type RunControl } from './run-queue.ts'
import type { TokenModel } from './token-model.ts'
import type { OpenOptions } from './webllm-engine.ts'
import { deleteModel, downloadModel, storedBytes, type WeightPlaces } from './weights/download-model.ts'
import { exportModel } from './weights/export-model.ts'
import { listStoredModels, verifyModel } from './weights/model-storage.ts'
import { requireNoted } from './weights/weight-store.ts'

/** Failures behind which damaged files may be. */
const AT_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['model-broken', 'storage-unreadable', 'unexpected'])

/** What a run cost that was stopped before its turn. */
const UNBEGUN: Usage = {
  finishReason: 'abort',
  promptTokens: 0,
  reusedTokens: 0,
  completionTokens: 0,
  tokens: NO_TOKENS,
  timeToFirstTokenMs: 0,
  totalMs: 0,
  droppedMessages: 0,
}

interface Loaded {
  readonly model: TokenModel
  readonly writer: ReplyWriter
}

/** What the worker is made of. */
export interface WorkerParts {
  readonly places: WeightPlaces
  readonly gpu: EarlyGpu
  readonly openModel: (model: ModelDescription, engine: EngineKind, options: OpenOptions) => Promise<TokenModel>
}

export function createWorkerApi({ places, gpu, openModel }: WorkerParts): WorkerApi {
  const { store } = places
  const queue = createRunQueue()
  let loaded: Loaded | undefined
  let tellLost: (error: ReflectionError) => void = () => undefined

  async function unload(): Promise<void> {
    await queue.drain()
    const { model } = loaded ?? {}
    loaded = undefined
    await model?.dispose()
  }

  const api: WorkerApi = {
    ping: () => undefined,
    capabilities: () => readCapabilities(),

    async load(described, engine, onProgress) {
      const begin = performance.now()
      const description = withFilesFor(described, engine)
      await unload()
      let heard: unknown // a promise where the page listens
      const tell = (progress: LoadProgress) => void (heard = onProgress(progress))
      try {
        const downloadedBytes = await oneTabAtATime(() =>
          downloadModel(description, places, {
            described,
            onProgress: tell,
            ...(engine === 'gpu' && { onLibrary: gpu.begin }),
          }),
        )
        const model = await openChecked(description, engine, tell)
        const { render, templateProblem } = await choosePrompt(description, model.vocabulary.added.keys())
        loaded = { model, writer: createReplyWriter(model, description, render) }
        void store.noteUse(description.folderUrl).catch(() => undefined) // it works without
        const { id, revision } = description
        const seconds = (performance.now() - begin) / 1000
        const problem = templateProblem === undefined ? {} : { templateProblem }
        const limits = model.binding === undefined ? { limits: ['output-schema'] as const } : {}
        await Promise.allSettled([heard]) // what is returned takes another way, and could come before
        return {
          id,
          revision,
          engine,
          contextWindow: model.contextWindow,
          seconds,
          downloadedBytes,
          ...problem,
          ...limits,
        }
      } finally {
        release(onProgress)
      }
    },

    async generate(run, request, onEvents) {
      try {
        const work = async (control: RunControl) => {
          const { writer } = requireLoaded()
          const batch = createEventBatch<RunEvent>(onEvents, () => [{ type: 'progress', ...writer.progress() }])
          try {
            return await writer.write(request, batch.add, control)
          } finally {
            await batch.end()
          }
        }
        return await queue.add(run, work, UNBEGUN)
      } finally {
        release(onEvents)
      }
    },

    cancel: (run) => queue.cancel(run),
    answerNow: (run) => queue.answerNow(run),
    async prepare(request) {
      const { writer } = loaded ?? {}
      if (writer === undefined) return
      // A run that follows will fail in the same way, and says so.
      await queue.addAside((isCancelled) => writer.prepare(request, isCancelled)).catch(() => undefined)
    },

    countTokens: (text) => requireLoaded().writer.countTokens(text),
    unload,
    storedBytes: (description, engine) => storedBytes(withFilesFor(description, engine), places),
    deleteStored: (description) => deleteModel(withFilesFor(description), places),
    storedModels: () => listStoredModels(store),
    dropStored: (folderUrl) => store.dropModel(folderUrl),
    exportStored: (folderUrl) => exportModel(folderUrl, store),
    async verifyStored(folderUrl, onProgress) {
      try {
        return await verifyModel(folderUrl, store, onProgress)
      } finally {
        release(onProgress)
      }
    },
    async describeFiles(files, base) {
      const { areGgufFiles, describeGgufFiles } = await import('./gguf/import-gguf.ts')
      return areGgufFiles(files) ? describeGgufFiles(files, base) : undefined
    },
    async importModel(files, base, onProgress) {
      try {
        const { areGgufFiles, importGguf } = await import('./gguf/import-gguf.ts')
        if (areGgufFiles(files)) return await oneTabAtATime(() => importGguf(files, store, base, onProgress))
        const { importModel } = await import('./weights/import-model.ts')
        return await oneTabAtATime(() => importModel(files, store, base, onProgress))
      } finally {
        release(onProgress)
      }
    },
    onLost(listener) {
      tellLost = (error) => listener(toWire(error))
    },
  }

  /** Opens a model; where its library or its files are at fault, all of its bytes are looked at. */
  async function openChecked(
    description: ModelDescription,
    engine: EngineKind,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<TokenModel> {
    try {
      const made = await makeFiles(description, engine, store)
      const onLost = (error: ReflectionError) => tellLost(error)
      return await openModel(description, engine, { store, ...(made && { made }), gpu, onProgress, onLost })
    } catch (error) {
      if (!ReflectionError.is(error) || !AT_FAULT.has(error.code)) throw error
      await requireNoted(description, store)
      const damaged = await verifyModel(description.folderUrl, store, onProgress)
      throw damaged.length === 0 ? error : damagedFiles(damaged, error)
    }
  }

  function requireLoaded(): Loaded {
    if (loaded === undefined) throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
    return loaded
  }

  return throwingWireErrors(api)
}

function damagedFiles(names: readonly string[], cause: ReflectionError): ReflectionError {
  return new ReflectionError(
    'files-damaged',
    `Stored files of the model were damaged: ${names.join(', ')}. Load it again: they are fetched anew, the rest is still here.`,
    { cause, details: { file: names.join(', ') } },
  )
}

/** Every method, with what it throws turned into plain data that arrives whole. */
function throwingWireErrors(api: WorkerApi): WorkerApi {
  const wrapped = Object.entries(api).map(([name, method]: [string, (...values: never[]) => unknown]) => [
    name,
    async (...values: never[]) => {
      try {
        return await method(...values)
      } catch (error) {
        throw toWire(error)
      }
    },
  ])
  return Object.fromEntries(wrapped) as WorkerApi
}

/** Callbacks come over ports of their own, which stay open until they are released. */
function release(callback: unknown): void {
  ;(callback as Partial<Comlink.ProxyMethods>)[Comlink.releaseProxy]?.()
}
