import { stopTexts } from '../src/core/chat/render-prompt.ts'
import type { LoadProgress } from '../src/core/engine.ts'
import { ReflectionError } from '../src/core/errors.ts'
import { ggufFiles } from '../src/core/models/engine-files.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import { readAddedTokens } from './added-tokens.ts'
import { drawToken, type Candidates } from './llama-cpp/draw-token.ts'
import type { Field } from './llama-cpp/messages.ts'
import { pathOfPart, startLlamaCpp, type LlamaCpp } from './llama-cpp/program.ts'
import { createRandom } from './seeded-random.ts'
import type { Sampling, TokenModel } from './token-model.ts'

/** Tokens that one call takes: this thread does nothing else meanwhile, and whoever stops a run waits for it. */
const PREFILL_CHUNK = 64

/** Tokens of the first call, as long as nobody knows how fast this device is: some write one token a second. */
const FIRST_CHUNK = 8

export interface LlamaCppOptions {
  /** Bytes of a file of the model, by its address; undefined where it is not stored. */
  readonly read: (address: string) => Promise<ArrayBuffer | undefined>
  /** More than 1 only where threads can share memory. */
  readonly threads: number
  readonly onProgress: (progress: LoadProgress) => void
}

/**
 * Loads a model whose GGUF file is stored onto the processor, with llama.cpp in this very thread: its calls are done when they return, and
 * it ends with the worker.
 * @throws {ReflectionError} `download-failed`, `memory-short`, `model-broken`.
 */
export async function openLlamaCpp(
  model: ModelDescription,
  { read, threads, onProgress }: LlamaCppOptions,
): Promise<TokenModel> {
  const addressOf = (path: string) => new URL(path, model.folderUrl).href
  const files = ggufFiles(model)
  const weights: ArrayBuffer[] = []
  for (const { path } of files) {
    const bytes = await read(addressOf(path))
    if (bytes !== undefined) weights.push(bytes)
  }
  if (weights.length === 0 || weights.length < files.length) {
    throw new ReflectionError('model-broken', `${model.name} has no GGUF file, which the processor needs.`)
  }
  const added = readAddedTokens(model, await read(addressOf('tokenizer.json')))
  onProgress({ phase: 'upload', share: 0 })
  const llama = await startLlamaCpp(weights, threads).catch((cause: unknown) => {
    throw startError(cause)
  })
  try {
    const { list_tokens_eog: ends } = llama.call('load', loadRequest(model, threads), LOADED)
    onProgress({ phase: 'upload', share: 1 })
    return tokenModel(llama, model, added, Array.from(ends as Int32Array))
  } catch (cause) {
    llama.end()
    throw loadError(model, cause)
  }
}

/** A model that llama.cpp has loaded. */
export function tokenModel(
  llama: LlamaCpp,
  model: ModelDescription,
  added: ReadonlyMap<string, number>,
  ends: readonly number[],
): TokenModel {
  let fed = 0 // tokens in the KV cache
  let random = createRandom(0)
  const stopIds = stopTexts(model.template).map((text) => added.get(text))
  const decoder = new TextDecoder()

  /** Lets messages in afterwards: one of them may be to stop. */
  async function put(ids: readonly number[], drawsNext: boolean): Promise<void> {
    fed += ids.length // also when it fails: what is in the cache then has to be cleared
    guarded(() => llama.call('decode', DECODE(ids, !drawsNext), DECODED))
    await nextTask()
  }

  /** @returns Whether it did: models with a recurrent state, such as LFM2, Granite 4 or Mamba, cannot take back a part. */
  function removedAfter(length: number): boolean {
    try {
      llama.call('kv_remove', KEEP(length), KV_REMOVED)
      return true
    } catch {
      return false
    }
  }

  function clear(): 0 {
    guarded(() => llama.call('kv_clear', { name: 'kvcc_req', fields: [] }, KV_CLEARED))
    return 0
  }

  return {
    vocabulary: {
      added,
      encode: (text) =>
        Array.from(guarded(() => llama.call('tokenize', TOKENIZE(text), TOKENS))['tokens'] as Int32Array),
    },
    contextWindow: model.contextWindow,
    showsLogits: true,
    prefillChunk: PREFILL_CHUNK,
    firstChunk: FIRST_CHUNK,
    stopIds: new Set([...ends, ...stopIds.filter((id) => id !== undefined)]),
    decode: (ids) =>
      decoder.decode(guarded(() => llama.call('detokenize', DETOKENIZE(ids), PIECES))['buffer'] as Uint8Array),
    feed: (ids) => put(ids, false),

    async next(ids, sampling: Sampling) {
      await put(ids, true)
      const { tokens, probs } = guarded(() => llama.call('get_logits', LOGITS, CANDIDATES))
      const candidates = { ids: tokens as Int32Array, probabilities: probs as Float32Array }
      sampling.onLogits?.(logitsOf(candidates))
      return drawToken(candidates, sampling, random)
    },

    truncate(length) {
      if (length >= fed) return fed
      fed = length > 0 && removedAfter(length) ? length : clear()
      return fed
    },

    seed(seed) {
      random = createRandom(seed)
    },

    async dispose() {
      llama.end()
    },
  }
}

/** By id. They differ from those that the model computed by one number for all of them, which no probability depends on. */
function logitsOf({ ids, probabilities }: Candidates): Float32Array {
  const logits = new Float32Array(ids.length)
  for (const [index, id] of ids.entries()) logits[id] = Math.log(probabilities[index] ?? 0)
  return logits
}

/** The messages of wllama 2.4.0 (`src/glue/messages.ts`), as far as we use them. */
const int = (value?: number): Field => ({ kind: 'int', value })
const float = (value?: number): Field => ({ kind: 'float', value })
const bool = (value?: boolean): Field => ({ kind: 'bool', value })
const text = (value?: string): Field => ({ kind: 'text', value })
const ints = (value: readonly number[]): Field => ({ kind: 'ints', value })

const TOKENS = { name: 'tokn_res', fields: ['success', 'tokens'] }
const PIECES = { name: 'dtkn_res', fields: ['success', 'buffer'] }
const DECODED = { name: 'deco_res', fields: ['success', 'message', 'n_past'] }
const CANDIDATES = { name: 'glog_res', fields: ['success', 'tokens', 'probs'] }
const KV_REMOVED = { name: 'kvcr_res', fields: ['n_past', 'success'] }
const KV_CLEARED = { name: 'kvcc_res', fields: ['n_past', 'success'] }
const LOADED = {
  name: 'load_res',
  fields: (
    'success n_ctx n_batch n_ubatch n_vocab n_ctx_train n_embd n_layer ' +
    'metadata_key metadata_val token_bos token_eos token_eot list_tokens_eog'
  ).split(' '),
}

/** All tokens: only then is the sum of their probabilities one, whatever temperature and biases make of them. */
const LOGITS = { name: 'glog_req', fields: [int(-1)] }

/** Without special tokens: those, prompts have by their ids. */
const TOKENIZE = (value: string) => ({ name: 'tokn_req', fields: [text(value), bool(false)] })
const DETOKENIZE = (ids: readonly number[]) => ({ name: 'dtkn_req', fields: [ints(ids)] })
const DECODE = (ids: readonly number[], isFedOnly: boolean) => ({
  name: 'deco_req',
  fields: [ints(ids), bool(isFedOnly)],
})
const KEEP = (length: number) => ({ name: 'kvcr_req', fields: [int(length), int(-1)] })

function loadRequest(model: ModelDescription, threads: number) {
  const file: Field = { kind: 'texts', value: ggufFiles(model).map((_, index) => pathOfPart(index)) }
  const sizes = [int(model.contextWindow), int(threads), bool(), bool(), int(PREFILL_CHUNK), int(1)] // embeddings, offloading, batch, sequences
  const positions = [text(), text(), float(), float(), float(), float(), float(), float(), int()] // pooling, stretching, YaRN
  const cache = [text(), text(), bool(), bool(true)] // types of the KV cache, flash attention, all of a sliding window
  return {
    name: 'load_req',
    // The window as asked for, mapped, not locked, no GPU, a seed that nobody uses.
    fields: [file, bool(false), bool(true), bool(false), int(0), int(0), ...sizes, ...positions, ...cache],
  }
}

const channel = new MessageChannel()
channel.port1.start()

/** Resolves when what waits in the queue of this thread has been done. A timer would wait for four milliseconds. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    channel.port1.addEventListener('message', () => resolve(), { once: true })
    channel.port2.postMessage(undefined)
  })
}

function startError(cause: unknown): ReflectionError {
  const said = cause instanceof Error ? cause.message : String(cause)
  if (/memory|allocat/i.test(said)) return memoryShort(cause)
  return new ReflectionError(
    'download-failed',
    `llama.cpp could not be started: ${said} Check the connection and load again.`,
    { cause },
  )
}

function loadError({ name }: ModelDescription, cause: unknown): ReflectionError {
  if (ReflectionError.is(cause)) return cause
  const said = cause instanceof Error ? cause.message : String(cause)
  if (/memory|alloc|llama_context/i.test(said)) return memoryShort(cause)
  return new ReflectionError(
    'model-broken',
    `${name} could not be loaded onto the processor: ${said}. Delete it and load it again, or take another.`,
    { cause },
  )
}

function memoryShort(cause: unknown): ReflectionError {
  return new ReflectionError(
    'memory-short',
    'The browser has no memory for this model. Close other tabs, or take a smaller model.',
    { cause },
  )
}

function guarded<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    throw new ReflectionError(
      'model-broken',
      'The model failed while it was writing. What it wrote stays; load it again to go on.',
      { cause },
    )
  }
}
