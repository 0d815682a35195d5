import type { ReflectionError } from './errors.ts'
import type { ModelDescription, SelfCheck } from './models/model-description.ts'
import type { FinishReason, TagEvent } from './tags/tag-event.ts'

/** What a model runs on: the GPU with WebLLM, or the processor with llama.cpp. */
export type EngineKind = 'gpu' | 'processor'

/** Where a model runs: here, or elsewhere. */
export type RunsOn = EngineKind | 'server'

/** What the user wants a model to run on; `auto` is whatever suits model and device. */
export type EngineChoice = 'auto' | EngineKind

/**
 * What a page can ask of something that runs Reflection models. It names no GPU library: WebLLM and llama.cpp in a worker implement it, and
 * a remote server can.
 */
export interface Engine {
  /** Where the engine is; every change goes to the listeners of `subscribe`. */
  readonly state: EngineState
  /** @returns Ends the subscription. */
  subscribe(listener: (state: EngineState) => void): () => void
  /** What this device offers. Never rejects for a missing GPU: it says so. */
  capabilities(): Promise<Capabilities>
  /**
   * Fetches what is missing and makes the model ready; a model that was loaded before is given up. Aborting keeps the files that are
   * complete.
   * @throws {ReflectionError} `webgpu-missing`, `adapter-missing`, `feature-missing`, `memory-short`, `download-failed`, `host-forbidden`,
   * `download-corrupt`, `storage-full`, `storage-unreadable`, `files-damaged`, `manifest-invalid`, `gguf-invalid`, `model-broken`,
   * `model-not-loaded` (deleted meanwhile), `device-lost`, `worker-died`; of a server `server-unreachable`, `server-refused`, `request-invalid`.
   */
  load(model: ModelDescription, options?: LoadOptions): Promise<LoadedModel>
  /**
   * Lets the model reply. Runs wait for each other in the order of their calls. Nothing reaches the sink after the promise has
   * settled; what reached it before stays true, also after an error.
   * @throws The signal's reason when aborted, or `worker-died` when the engine did not obey and was started anew: the events then end
   * with a `finish` of reason `abort`.
   * @throws {ReflectionError} `model-not-loaded`, `prompt-too-long`, `request-invalid`, `unsupported`, `device-lost`, `worker-died`,
   * `model-broken`; of a server `server-unreachable`, `server-refused`, `stream-broken`, `host-forbidden`.
   */
  generate(request: GenerateRequest, sink: RunSink, options?: GenerateControl): Promise<Usage>
  /**
   * Lets the model read a conversation while nobody asks, so that the reply to the next question begins after the question's own tokens.
   * Changes no reply. It gives way to every other call, also to another one of its kind; what was read until then stays of use. Does
   * nothing without a model, and never rejects: what is wrong, the next run says.
   */
  prepare(request: PrepareRequest): Promise<void>
  /** Tokens of a text in the loaded model's tokenizer, and of the window. @throws {ReflectionError} `model-not-loaded`. */
  countTokens(text: string): Promise<number>
  /**
   * The model that is loaded or on its way, or that the next run would load; undefined where there is none. An engine need not tell:
   * whoever builds prompts for it then has to be told the model's tags.
   */
  describe?(signal?: AbortSignal): Promise<ModelDescription | undefined>
  /** Frees GPU and memory; stored files stay. */
  unload(): Promise<void>
  /** Bytes that are stored for a model, of what one engine takes or of all; 0 when none. */
  storedBytes(model: ModelDescription, engine?: EngineKind): Promise<number>
  /** Deletes what is stored for a model. */
  deleteStored(model: ModelDescription): Promise<void>
  /** Counts since the engine came up. */
  stats(): Promise<EngineStats>
  /** Ends everything, for good. Pending calls reject with `worker-died`. */
  dispose(): void
}

/**
 * The life of an engine.
 *
 * `starting` → `idle` (no model) → `loading` → `ready` ⇄ `running` → `stopping` → `ready`; from each of them → `lost`, which names the
 * error and goes on to `starting` by itself.
 */
export type EngineState =
  | { readonly status: 'starting' }
  | { readonly status: 'idle' }
  | { readonly status: 'loading'; readonly modelId: string }
  | {
      readonly status: 'ready'
      readonly modelId: string
      /** Name of the model that another tab uses at the moment in the place of this one, which comes back with the next run. */
      readonly displacedBy?: string
    }
  | { readonly status: 'running' | 'stopping'; readonly modelId: string }
  | { readonly status: 'lost'; readonly error: ReflectionError }

/** How a model is loaded. */
export interface LoadOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
  /** Told for what the load has to wait, whenever that changes; with nothing once it waits no longer. Engines that tabs do not share tell nothing. */
  readonly onWait?: ((reason: WaitReason | undefined) => void) | undefined
  /** Default: what the engine was made with. */
  readonly engine?: EngineChoice
}

/** What loading is at. */
export interface LoadProgress {
  readonly phase: 'download' | 'verify' | 'upload' | 'compile'
  /** 0 to 1 within the phase. */
  readonly share: number
  /** Done and to do in this phase; absent where the phase is not counted in bytes. */
  readonly bytes?: number
  readonly totalBytes?: number
  /** Over the last few seconds; absent until known. */
  readonly bytesPerSecond?: number
  readonly secondsLeft?: number
  /** How long a download has brought no byte, once that is some seconds; it goes on by itself when the server or the connection does. */
  readonly silentSeconds?: number
}

/** A model that is ready, and what it took. */
export interface LoadedModel {
  readonly id: string
  readonly revision: string
  readonly engine: RunsOn
  /** Tokens. */
  readonly contextWindow: number
  /** Seconds from the call to ready, and how many of the bytes came over the network. */
  readonly seconds: number
  readonly downloadedBytes: number
  /** Why the model's own chat template could not be rendered, in English, so that a known style is used; absent when all is well. */
  readonly templateProblem?: string
  /** Which of the engine's options change nothing with this model, where it runs, or are refused; absent when there is none. */
  readonly limits?: readonly EngineLimit[]
}

/** An option of a reply that not every engine can heed. All but the schema are passed over without a word. */
export type EngineLimit = 'think-budget' | 'answer-now' | 'self-check' | 'output-schema'

/** A message of a conversation. A reply's content is what the model wrote, tags and all. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** What the model is to reply to, and how. */
export interface GenerateRequest {
  /** Ends with a message of the user; or with a reply, which is then continued. At most one system message, first. */
  readonly messages: readonly ChatMessage[]
  readonly options?: GenerateOptions
}

/** A conversation before its next question. */
export interface PrepareRequest {
  /** Nothing; or turns, with at most one system message, first. */
  readonly messages: readonly ChatMessage[]
  /** Those that the question will come with. */
  readonly options?: GenerateOptions
}

/** How a reply is written; all of it optional. */
export interface GenerateOptions {
  /** 0 (always the likeliest token) to 2. Default: the model's. */
  readonly temperature?: number
  /** Above 0, to 1. Default: the model's. */
  readonly topP?: number
  /** Whole number, at least 0; the same seed, model and request give the same reply on the same device. Default: random. */
  readonly seed?: number
  /** Most tokens of the reply, at least 1. Default: what the window leaves. */
  readonly maxTokens?: number
  /** Tokens of thinking (reflections included) after which the answer is asked for, at least 0. Default: no limit. */
  readonly thinkBudget?: number
  /** How readily the model checks itself. Default: `normal`. */
  readonly selfCheck?: SelfCheck
  /** Whether the model sees the thinking of its earlier replies. Default: `keep`, which reuses the KV cache. */
  readonly pastThinking?: 'keep' | 'drop'
  /**
   * A JSON schema, as plain data, to which the answer is held; the thinking stays free, and the answer begins once it has ended.
   * Default: none. An engine that cannot hold to it throws `unsupported` before the first event.
   */
  readonly outputSchema?: Readonly<Record<string, unknown>>
  /** How many likely tokens to tell for each token of the answer, beside the one that was drawn, 0 to 20. Default: nothing is told. */
  readonly logprobs?: number
}

/** What has to end before a run or a load begins: a reply of this page, one of another tab, or the loading of a model. */
export type WaitReason = 'reply-here' | 'reply-elsewhere' | 'model'

/** What may come to a run from outside while it goes on, and what it tells before. */
export interface GenerateControl {
  /** Stops the run; the weights stay on the GPU. */
  readonly signal?: AbortSignal
  /** Ends the thinking when it fires: the model answers with what it has thought so far. */
  readonly answerNow?: AbortSignal
  /** Told for what the run has to wait, whenever that changes; with nothing once it waits no longer. Engines that tabs do not share tell nothing. */
  readonly onWait?: ((reason: WaitReason | undefined) => void) | undefined
}

/** Events of a run, in order, several at a time. */
export type RunSink = (events: readonly RunEvent[]) => void

/** The parser's events as they are, and what the engine adds to them. */
export type RunEvent = TagEvent | RunNotice

/** What an engine adds to the events of the parser. */
export type RunNotice =
  | {
      readonly type: 'prompt'
      /** Tokens of the prompt; of these already in the KV cache; messages left out because the window is full. */
      readonly tokens: number
      readonly reusedTokens: number
      readonly droppedMessages: number
    }
  | {
      /** The engine closed the thinking and opened the answer. */
      readonly type: 'answer-forced'
      readonly cause: 'think-budget' | 'answer-now'
      /** Where in the raw reply what it wrote begins and ends, UTF-16 code units. */
      readonly start: number
      readonly end: number
    }
  | {
      /** At most one a batch: how the run stands. */
      readonly type: 'progress'
      readonly tokens: ChannelTokens
      /** Since the run left the queue, milliseconds. */
      readonly elapsedMs: number
    }
  | ({
      /** Where a block begins or ends, and where the run ends: text between two of these is of one block. */
      readonly type: 'checkpoint'
    } & Checkpoint)
  | { readonly type: 'usage'; readonly usage: Usage }
  /** Of tokens of the answer, in order; only when `logprobs` was asked for. */
  | { readonly type: 'logprobs'; readonly tokens: readonly TokenLogprob[] }

/** How likely a token was to the model itself: before temperature, dial and schema. */
export interface TokenLogprob {
  readonly text: string
  /** Natural logarithm. */
  readonly logprob: number
  /** The likeliest tokens in its place, likeliest first. */
  readonly top: readonly { readonly text: string; readonly logprob: number }[]
}

/** How a run stood at a place of its raw reply. The difference of two tells what the text between them cost. */
export interface Checkpoint {
  /** UTF-16 code units of the raw reply before the place. */
  readonly at: number
  readonly tokens: ChannelTokens
  /** Since the run left the queue, milliseconds. */
  readonly elapsedMs: number
}

/** Tokens of a reply by channel; those of tags are counted apart. */
export interface ChannelTokens {
  readonly thinking: number
  readonly reflection: number
  readonly output: number
  readonly markup: number
}

/** What a run cost. Times in milliseconds from the moment it left the queue. */
export interface Usage {
  readonly finishReason: FinishReason
  readonly promptTokens: number
  /** Of the prompt's tokens, those that were in the KV cache already. */
  readonly reusedTokens: number
  readonly completionTokens: number
  readonly tokens: ChannelTokens
  readonly timeToFirstTokenMs: number
  /** Absent when the reply has no such channel. */
  readonly timeToFirstThinkingMs?: number
  readonly timeToFirstOutputMs?: number
  readonly totalMs: number
  /** Tokens a second; absent when nothing was prefilled or fewer than two tokens were decoded, or faster than the clock tells. */
  readonly prefillTokensPerSecond?: number
  readonly decodeTokensPerSecond?: number
  /** Messages left out of the prompt because the window is full. */
  readonly droppedMessages: number
}

/** What a device offers, as far as its browser tells. */
export interface Capabilities {
  readonly webgpu: 'available' | 'missing' | 'no-adapter'
  readonly adapter?: {
    /** As the browser words it; may be empty. */
    readonly name: string
    readonly vendor: string
    readonly architecture: string
    /** Software that plays a GPU: works, 20 to 100 times slower. */
    readonly isFallback: boolean
  }
  readonly processor: ProcessorCapabilities
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
  /** Of the device, rounded by the browser and capped, at 8 GiB or in newer ones at 32; absent where it tells none. */
  readonly deviceMemoryBytes?: number
  /** Absent where the browser tells none. */
  readonly storage?: { readonly quotaBytes: number; readonly usedBytes: number }
  /** Whether the page may use WebGPU at all (https, or this computer). */
  readonly isSecureContext: boolean
}

/** What the processor offers. */
export interface ProcessorCapabilities {
  /** Whether this browser can run llama.cpp: WebAssembly with SIMD and memory of 64 bits. */
  readonly isUsable: boolean
  /** More than one only on a page that is isolated from other origins (`crossOriginIsolated`). */
  readonly threads: number
  /** Weights of 4 bits that one thread goes through in a second, from a short measurement; absent where nobody measured. */
  readonly weightsPerSecond?: number
}

/** Counts since an engine came up. */
export interface EngineStats {
  readonly runs: number
  readonly promptTokens: number
  readonly reusedTokens: number
  readonly completionTokens: number
  /** How often the worker had to be started anew. */
  readonly restarts: number
}
