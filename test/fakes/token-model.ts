import type { Vocabulary } from '../../src/core/chat/encode-prompt.ts'
import type { Sampling, SchemaBinding, TokenModel } from '../../worker/token-model.ts'

/** Markers of the three templates. */
export const CONTROL_TEXTS = [
  '<|begin_of_text|>',
  '<|end_of_text|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|endoftext|>',
  '<｜begin▁of▁sentence｜>',
  '<｜end▁of▁sentence｜>',
  '<｜User｜>',
  '<｜Assistant｜>',
] as const

export const TAG_TEXTS = [
  '<thinking>',
  '</thinking>',
  '<reflection>',
  '</reflection>',
  '<output>',
  '</output>',
] as const

/** A tokenizer of 256 bytes, each its own id, and added tokens with the ids from 256 on. */
export interface ByteVocabulary extends Vocabulary {
  decode(ids: readonly number[]): string
}

export function createByteVocabulary(added: readonly string[] = [...CONTROL_TEXTS, ...TAG_TEXTS]): ByteVocabulary {
  const idOf = new Map(added.map((text, index) => [text, 256 + index]))
  const longestFirst = added.toSorted((a, b) => b.length - a.length)
  const bytesOf = new TextEncoder()
  const wholeText = new TextDecoder('utf-8', { ignoreBOM: true })

  function encode(text: string): number[] {
    const ids: number[] = []
    let plain = ''
    const endPlain = () => {
      ids.push(...bytesOf.encode(plain))
      plain = ''
    }
    for (let at = 0; at < text.length;) {
      const special = longestFirst.find((candidate) => text.startsWith(candidate, at))
      if (special === undefined) {
        plain += text[at]
        at += 1
        continue
      }
      endPlain()
      ids.push(idOf.get(special) ?? 0)
      at += special.length
    }
    endPlain()
    return ids
  }

  function decode(ids: readonly number[]): string {
    const bytes = ids.flatMap((id) => (id < 256 ? [id] : [...bytesOf.encode(added[id - 256])]))
    return wholeText.decode(Uint8Array.from(bytes))
  }

  return { encode, decode, added: idOf }
}

/** A call that puts tokens into the KV cache. */
export interface ModelCall {
  readonly kind: 'feed' | 'next'
  readonly ids: readonly number[]
  /** What was asked of the draw; absent for `feed`. */
  readonly sampling?: Sampling
}

export interface ScriptedModel extends TokenModel {
  readonly vocabulary: ByteVocabulary
  /** All calls so far, in order. */
  readonly calls: readonly ModelCall[]
  /** What is in the KV cache. */
  readonly cache: readonly number[]
  readonly seeds: readonly number[]
  readonly isDisposed: boolean
  /** Adds tokens to be drawn; texts of added tokens become such tokens. */
  script(reply: string | readonly number[]): void
  /** Forgets calls, seeds, and what was not drawn. */
  forget(): void
}

export interface ScriptedModelOptions {
  readonly added?: readonly string[]
  readonly contextWindow?: number
  readonly prefillChunk?: number
  readonly stopTexts?: readonly string[]
  /** Default: none, as in a library without a grammar engine. */
  readonly binding?: SchemaBinding
  /** Shown to whoever looks, at every draw. Default: it shows none. */
  readonly logits?: Float32Array
  /** Told before a call is done, with how many tokens have been drawn since the last `forget`; what it throws, or rejects with, the call throws. */
  readonly onCall?: (call: ModelCall, drawn: number) => void | Promise<void>
}

/** A model that draws what a test has scripted, and keeps account of its KV cache as strictly as a GPU would. */
export function createScriptedModel({
  added,
  contextWindow = 4096,
  prefillChunk = 512,
  stopTexts = ['<|eot_id|>', '<|im_end|>', '<｜end▁of▁sentence｜>'],
  binding,
  logits,
  onCall = () => undefined,
}: ScriptedModelOptions = {}): ScriptedModel {
  const vocabulary = createByteVocabulary(added)
  const cache: number[] = []
  const calls: ModelCall[] = []
  const seeds: number[] = []
  let waiting: number[] = [] // to be drawn
  let drawn = 0
  let isDisposed = false

  async function put(call: ModelCall): Promise<void> {
    const { ids } = call
    if (ids.length < 1 || ids.length > prefillChunk) throw new RangeError(`A call took ${ids.length} tokens.`)
    if (cache.length + ids.length > contextWindow) throw new RangeError('The KV cache is full.')
    calls.push(call)
    await onCall(call, drawn)
    cache.push(...ids)
  }

  return {
    vocabulary,
    contextWindow,
    prefillChunk,
    stopIds: new Set(stopTexts.flatMap((text) => vocabulary.added.get(text) ?? [])),
    decode: vocabulary.decode,
    ...(binding === undefined ? {} : { binding }),
    showsLogits: logits !== undefined,
    calls,
    cache,
    seeds,
    get isDisposed() {
      return isDisposed
    },
    feed: (ids) => put({ kind: 'feed', ids }),
    async next(ids, sampling) {
      await put({ kind: 'next', ids, sampling })
      if (logits !== undefined) sampling.onLogits?.(logits)
      const id = waiting.shift()
      if (id === undefined) throw new RangeError('The script has no more tokens.')
      drawn += 1
      return id
    },
    truncate(length) {
      cache.length = Math.min(cache.length, length)
      return cache.length
    },
    seed: (seed) => void seeds.push(seed),
    dispose: async () => void (isDisposed = true),
    script: (reply) => void waiting.push(...(typeof reply === 'string' ? vocabulary.encode(reply) : reply)),
    forget() {
      calls.length = 0
      seeds.length = 0
      waiting = []
      drawn = 0
    },
  }
}
