import { MLCEngine, type ModelRecord } from '@mlc-ai/web-llm'
import { answerOfGpu } from '../src/core/answer-of-gpu.ts'
import { stopTexts } from '../src/core/chat/render-prompt.ts'
import type { LoadProgress } from '../src/core/engine.ts'
import { ReflectionError, type ErrorCode } from '../src/core/errors.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { readAddedTokens } from './added-tokens.ts'
import type { EarlyGpu } from './early-gpu.ts'
import { scatteredSeed } from './seeded-random.ts'
import type { Sampling, TokenModel } from './token-model.ts'
import { createModelCaches, type MakeFile } from './weights/model-caches.ts'
import type { WeightStore } from './weights/weight-store.ts'

/** A tensor on the GPU. */
interface Tensor {
  dispose(): void
}

interface Grammar {
  dispose(): void
}

/** Of the grammar engine: which tokens may come next. */
interface GrammarMatcher {
  acceptToken(id: number): boolean
  _acceptString(text: string): boolean
  dispose(): void
}

/**
 * What we use of WebLLM's pipeline. It is not its public interface: that one knows only whole chats (no tokens, no reply to go on with, KV
 * reuse all or nothing) or single tokens with fixed sampling. The version is pinned, and `requirePipeline` says so clearly if
 * another has other parts.
 */
interface Pipeline {
  readonly tvm: {
    getGlobalFunc(name: string): ((...values: unknown[]) => unknown) & { dispose(): void }
    scalar(value: number, dtype: string): unknown
    beginScope(): void
    endScope(): void
    detachFromCurrentScope<Value>(value: Value): Value
  }
  readonly tokenizer: { encode(text: string): Int32Array; decode(ids: Int32Array): string }
  readonly kvCache: unknown
  readonly stopTokens: readonly number[]
  readonly contextWindowSize: number
  readonly prefillChunkSize: number
  filledKVCacheLength: number
  /** Made by `prepareGrammarMatcherForSampling`, heeded by `sampleFromRawLogits` when its settings have a `response_format`. */
  grammarMatcher?: GrammarMatcher
  readonly grammarCompiler?: {
    compileJSONSchema(schema: string, anyWhitespace: boolean, indent: number): Promise<Grammar>
  }
  prepareGrammarMatcherForSampling(settings: object): Promise<void> | undefined
  updateLogitsOnCPU(logits: Tensor): { toArray(): Float32Array }
  forwardKnownTokens(ids: number[], isPrefill: boolean): Promise<Tensor>
  sampleFromRawLogits(logits: Tensor, settings: object): Promise<number>
  setSeed(seed: number): void
  resetChat(): void
  sync(): Promise<void>
}

/** How long after a failed call the GPU may take to say that it is gone, milliseconds. */
const LOSS_MS = 100

/**
 * Under which WebLLM finds the library of whatever model. It fetches one whose own address has `localhost` in it anew at each load, past what is
 * stored and checked, so that a page there would need a server.
 */
const LIBRARY_ADDRESS = 'https://library.invalid/model.wasm'

const PARTS = [
  'forwardKnownTokens',
  'sampleFromRawLogits',
  'setSeed',
  'resetChat',
  'sync',
  'prepareGrammarMatcherForSampling',
  'updateLogitsOnCPU',
] as const

export interface OpenOptions {
  readonly store: WeightStore
  /** Files of the model that are not stored but made when WebLLM wants them, by their addresses. Default: none. */
  readonly made?: ReadonlyMap<string, MakeFile>
  /** What the GPU has begun already. */
  readonly gpu: EarlyGpu
  /** How long the GPU may leave a question unanswered, milliseconds. Default: that of `answerOfGpu`. */
  readonly gpuPatienceMs?: number
  readonly onProgress: (progress: LoadProgress) => void
  /** Told when the GPU goes away after loading. */
  readonly onLost: (error: ReflectionError) => void
}

/**
 * Loads a model whose files are all in the store.
 * @throws {ReflectionError} `webgpu-missing`, `adapter-missing`, `feature-missing`, `memory-short`, `device-lost`, `model-broken`. After any of
 * them, WebLLM cannot be used again in this worker.
 */
export async function openWebLLM(
  model: ModelDescription,
  { store, made, gpu, gpuPatienceMs, onProgress, onLost }: OpenOptions,
): Promise<TokenModel> {
  const watch = watchDevice(gpu, onLost, gpuPatienceMs)
  const readLibrary = async () => {
    const bytes = await (made?.get(model.libraryUrl)?.() ?? store.read(model.libraryUrl))
    if (bytes === undefined) throw new Error(`${model.libraryUrl} was deleted before it was read.`)
    return bytes
  }
  const files = new Map([...(made ?? []), [LIBRARY_ADDRESS, readLibrary] as const])
  const readElsewhere = lendCaches(createModelCaches(store, files))
  const record: ModelRecord = {
    model: model.folderUrl,
    model_id: model.id,
    model_lib: LIBRARY_ADDRESS,
    required_features: [...model.requiredFeatures],
  }
  const engine = new MLCEngine({
    appConfig: { model_list: [record], cacheBackend: 'cache' },
    logLevel: 'SILENT',
    initProgressCallback: ({ progress, text }) => {
      const phase = /shader/i.test(text) ? 'compile' : 'upload'
      onProgress({ phase, share: Math.min(1, Math.max(0, progress)) })
    },
  })
  try {
    await engine.reload(model.id)
  } catch (error) {
    throw watch.lost ?? loadError(error)
  } finally {
    readElsewhere()
    watch.release()
  }
  if (watch.lost !== undefined) throw watch.lost
  watch.afterLoad()
  const pipeline = requirePipeline(engine, model)
  const tokenizer = new URL('tokenizer.json', model.folderUrl).href
  const added = readAddedTokens(model, await (made?.get(tokenizer)?.() ?? store.read(tokenizer)))
  return tokenModel({ engine, pipeline, watch }, added, model)
}

interface Loaded {
  readonly engine: MLCEngine
  readonly pipeline: Pipeline
  readonly watch: ReturnType<typeof watchDevice>
}

function tokenModel(
  { engine, pipeline, watch }: Loaded,
  added: ReadonlyMap<string, number>,
  model: ModelDescription,
): TokenModel {
  const { tokenizer, tvm } = pipeline
  const stopIds = stopTexts(model.template).map((text) => added.get(text))
  tvm.beginScope()
  const popTokens = tvm.detachFromCurrentScope(tvm.getGlobalFunc('vm.builtin.kv_state_popn'))
  tvm.endScope()
  let schemaFormat: { readonly type: 'json_object'; readonly schema: string } | undefined // that the binding holds to

  /** A GPU that goes away makes its calls fail a moment before it says so. */
  async function guarded<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, LOSS_MS))
      throw watch.lost ?? runError(error)
    }
  }

  /** Told before the draw, which changes them in place. */
  async function showLogits(logits: Tensor, show: (logits: Float32Array) => void): Promise<void> {
    tvm.beginScope()
    const onCpu = pipeline.updateLogitsOnCPU(logits)
    tvm.endScope()
    await pipeline.sync()
    show(onCpu.toArray())
  }

  async function forward(ids: readonly number[]): Promise<Tensor> {
    return pipeline.forwardKnownTokens([...ids], ids.length > 1)
  }

  return {
    vocabulary: { encode: (text) => Array.from(tokenizer.encode(text)), added },
    contextWindow: pipeline.contextWindowSize,
    prefillChunk: pipeline.prefillChunkSize,
    stopIds: new Set([...pipeline.stopTokens, ...stopIds.filter((id) => id !== undefined)]),
    decode: (ids) => tokenizer.decode(Int32Array.from(ids)),

    async feed(ids) {
      const logits = await guarded(() => forward(ids))
      logits.dispose()
      await guarded(() => pipeline.sync()) // else the GPU's queue fills and a cancelled run goes on
    },

    async next(ids, { temperature, topP, bias, isBound, onLogits }: Sampling) {
      return guarded(async () => {
        const logits = await forward(ids)
        try {
          if (onLogits !== undefined) await showLogits(logits, onLogits)
          const id = await pipeline.sampleFromRawLogits(logits, {
            temperature,
            top_p: topP,
            repetition_penalty: 1,
            frequency_penalty: 0,
            presence_penalty: 0,
            ...(bias === undefined ? {} : { logit_bias: bias }),
            ...(isBound === true ? { response_format: schemaFormat } : {}),
          })
          if (isBound === true) pipeline.grammarMatcher?.acceptToken(id)
          return id
        } finally {
          logits.dispose()
        }
      })
    },

    truncate(length) {
      const surplus = pipeline.filledKVCacheLength - length
      if (surplus <= 0) return pipeline.filledKVCacheLength
      try {
        if (length === 0) {
          pipeline.resetChat()
          return 0
        }
        tvm.beginScope()
        popTokens(pipeline.kvCache, tvm.scalar(0, 'int64'), tvm.scalar(surplus, 'int32'))
        tvm.endScope()
      } catch (error) {
        throw runError(error)
      }
      pipeline.filledKVCacheLength = length
      return length
    },

    showsLogits: true,
    binding: {
      async begin(schema) {
        schemaFormat = { type: 'json_object', schema }
        try {
          const made = pipeline.prepareGrammarMatcherForSampling({ response_format: schemaFormat })
          await made
          if (made !== undefined) await allowNoEmptySpace(pipeline, schema) // else it is the one of the last time
        } catch (error) {
          throw new ReflectionError(
            'unsupported',
            `The answer cannot be held to this JSON schema: ${causeOf(error)}. Write it in simpler terms.`,
            { cause: error },
          )
        }
      },
      accept: (text) => pipeline.grammarMatcher?.['_acceptString'](text) === true,
    },

    seed: (seed) => pipeline.setSeed(scatteredSeed(seed)),

    async dispose() {
      watch.beforeUnload()
      popTokens.dispose()
      await engine.unload()
    },
  }
}

/** Puts our store where WebLLM looks for the browser's Cache Storage. @returns Puts that back. */
function lendCaches(ours: object): () => void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'caches')
  Object.defineProperty(globalThis, 'caches', { value: ours, configurable: true })
  return () => {
    if (own === undefined) Reflect.deleteProperty(globalThis, 'caches')
    else Object.defineProperty(globalThis, 'caches', own)
  }
}

/** WebLLM asks for the GPU itself and keeps it to itself; this gives it the one that was begun early, and hears of the device that it gets. */
function watchDevice(gpu: EarlyGpu, onLost: (error: ReflectionError) => void, patienceMs?: number) {
  const state = { lost: undefined as ReflectionError | undefined, isLoaded: false, isUnloading: false }
  const { requestAdapter } = GPU.prototype
  const { requestDevice } = GPUAdapter.prototype
  const take = async (adapter: GPUAdapter, descriptor?: GPUDeviceDescriptor) =>
    (await gpu.take(descriptor)) ?? (await requestDevice.call(adapter, descriptor))
  GPU.prototype.requestAdapter = function (options) {
    return answerOfGpu(requestAdapter.call(this, options), patienceMs)
  }
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await answerOfGpu(take(this, descriptor), patienceMs).catch((cause: unknown) => {
      throw ReflectionError.is(cause) ? cause : deviceRefused(cause)
    })
    void device.lost.then(({ reason, message }) => {
      if (state.isUnloading) return
      const error = new ReflectionError(
        state.isLoaded ? 'device-lost' : 'memory-short',
        state.isLoaded
          ? 'The GPU was taken away (driver reset, sleep, memory, or another program). Load the model again to go on; nothing that was written is lost.'
          : 'The GPU gave up while the model was loaded; most often it has too little memory. Close other tabs and programs, or take a smaller model.',
        { cause: new Error(`GPUDevice lost: ${reason} ${message}`) },
      )
      state.lost = error
      if (state.isLoaded) onLost(error)
    })
    return device
  }
  return {
    get lost() {
      return state.lost
    },
    /** Asking for a GPU and its device is the browser's own again; the device that was got is still watched. */
    release() {
      GPU.prototype.requestAdapter = requestAdapter
      GPUAdapter.prototype.requestDevice = requestDevice
    },
    afterLoad() {
      state.isLoaded = true
    },
    /** The device goes, as it shall. */
    beforeUnload() {
      state.isUnloading = true
    },
  }
}

function requirePipeline(engine: MLCEngine, model: ModelDescription): Pipeline {
  const { loadedModelIdToPipeline: pipelines } = engine as unknown as {
    loadedModelIdToPipeline?: Map<string, Pipeline>
  }
  const pipeline = pipelines?.get(model.id)
  const lacks = PARTS.filter((part) => typeof pipeline?.[part] !== 'function')
  if (pipeline === undefined || lacks.length > 0) {
    throw new ReflectionError(
      'model-broken',
      `WebLLM loaded no model that we can use${pipeline === undefined ? '' : `: it lacks ${lacks.join(', ')}`}. Load it again.`,
    )
  }
  return pipeline
}

/** WebLLM has 68 classes of errors and no codes; these are told apart by name. */
const LOAD_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  WebGPUNotAvailableError: ['adapter-missing', 'No GPU can be used in this browser.'],
  WebGPUNotFoundError: ['webgpu-missing', 'This browser has no WebGPU.'],
  ShaderF16SupportError: ['feature-missing', 'The GPU lacks shader-f16. Take the q4f32 variant of the model.'],
  FeatureSupportError: ['feature-missing', 'The GPU lacks a feature that the model needs.'],
  DeviceLostError: [
    'memory-short',
    'The GPU gave up while the model was loaded. Take a smaller model, or close other tabs.',
  ],
}

/** An adapter that gives no device: the model has no part in it. */
function deviceRefused(cause: unknown): ReflectionError {
  return new ReflectionError(
    'adapter-missing',
    'The GPU refused to work for this page. Close other tabs and programs that use it and start the browser anew, then load the model again; if it stays so, update the graphics driver.',
    { cause },
  )
}

function loadError(error: unknown): ReflectionError {
  if (ReflectionError.is(error)) return error
  const name = error instanceof Error ? error.name : ''
  const [code, message] = LOAD_ERRORS[name] ?? [
    'model-broken',
    `The model could not be loaded: ${error instanceof Error ? error.message : String(error)}. Delete it and load it again, or take another.`,
  ]
  return new ReflectionError(code, message, { cause: error })
}

function runError(error: unknown): ReflectionError {
  if (ReflectionError.is(error)) return error
  return new ReflectionError(
    'model-broken',
    'The model failed while it was writing. What it wrote stays; load it again to go on.',
    { cause: error },
  )
}

/** The innermost message: WebLLM wraps what its grammar engine says. */
function causeOf(error: unknown): string {
  const { cause, message } = error as { cause?: unknown; message?: string }
  return cause === undefined ? (message ?? String(error)) : causeOf(cause)
}

/**
 * Puts a matcher in the place of the one that WebLLM made, which allows any white space between the parts of a JSON text: small models then
 * write nothing else.
 */
async function allowNoEmptySpace(pipeline: Pipeline, schema: string): Promise<void> {
  const { grammarMatcher: loose, grammarCompiler } = pipeline
  if (loose === undefined || grammarCompiler === undefined) return
  const { createGrammarMatcher } = loose.constructor as unknown as {
    createGrammarMatcher(grammar: Grammar): Promise<GrammarMatcher>
  }
  const grammar = await grammarCompiler.compileJSONSchema(schema, false, -1)
  try {
    pipeline.grammarMatcher = await createGrammarMatcher(grammar)
  } finally {
    grammar.dispose()
  }
  loose.dispose()
}
