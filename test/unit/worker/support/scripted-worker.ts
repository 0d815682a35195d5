import type { ReflectionError } from '../../../../src/core/errors.ts'
import { createWorkerApi, type WorkerParts } from '../../../../worker/create-worker-api.ts'
import { PortWorker } from '../../../fakes/port-worker.ts'
import { createScriptedModel, type ScriptedModel, type ScriptedModelOptions } from '../../../fakes/token-model.ts'
import { describeModel } from './descriptions.ts'
import { createMemoryPlaces } from './memory-weights.ts'

const LIBRARY = 'library'

/** A model whose one file is in the store of `createScriptedWorkers` already. */
export const STORED_MODEL = describeModel({
  libraryUrl: 'http://127.0.0.1/scripted/resolve/1/model.wasm',
  files: [{ path: 'model.wasm', bytes: LIBRARY.length }],
})

export interface ScriptedWorkersOptions extends ScriptedModelOptions {
  /** What each model that is opened will say, stop token included; by default a short answer. */
  readonly reply?: string
  /** Awaited before a model is open; what it rejects with, opening rejects with. */
  readonly onOpen?: () => Promise<void>
}

/** The whole worker but for WebLLM and IndexedDB: starts as many as are wanted, which share what is stored. */
export function createScriptedWorkers({ reply, onOpen, ...machine }: ScriptedWorkersOptions = {}) {
  const places = createMemoryPlaces({ [STORED_MODEL.libraryUrl]: LIBRARY })
  const workers: PortWorker[] = []
  const models: ScriptedModel[] = []
  let lose: (error: ReflectionError) => void = () => undefined

  function start(): PortWorker {
    const gpu = { begin: async () => undefined, take: async () => undefined }
    const openModel: WorkerParts['openModel'] = async (_description, _engine, { onProgress, onLost }) => {
      lose = onLost
      onProgress({ phase: 'upload', share: 0.5 })
      await onOpen?.()
      const model = createScriptedModel(machine)
      model.script(reply ?? '<output>yes</output><|eot_id|>')
      models.push(model)
      return model
    }
    const api = createWorkerApi({ places, gpu, openModel })
    const worker = new PortWorker(api)
    workers.push(worker)
    return worker
  }

  return {
    start,
    /** Those that were started, in order. */
    workers,
    /** Those that were opened, in order. */
    models,
    /** Takes the GPU away. */
    lose: (error: ReflectionError) => lose(error),
  }
}

export interface RepeatingWorkersOptions extends Pick<ScriptedWorkersOptions, 'onOpen'> {
  /** Awaited at each call of the model; by default for a task, so that someone can say something meanwhile. */
  readonly onCall?: () => Promise<unknown>
}

/** The same whose model says a text in each of its runs, stop token included. */
export function createRepeatingWorkers(text: string, { onCall = nextTask, ...options }: RepeatingWorkersOptions = {}) {
  let promptTokens = Infinity
  const scripted = createScriptedWorkers({
    ...options,
    reply: '',
    async onCall({ ids }) {
      const model = scripted.models.at(-1)
      if (model !== undefined && model.cache.length < promptTokens) {
        promptTokens = model.cache.length + ids.length
        model.forget()
        model.script(text) // anew for each run
      }
      await onCall()
    },
  })
  return scripted
}

/** Something to wait for, let go by hand. */
export function createGate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

/** Resolves when messages that were under way have arrived. */
export const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
