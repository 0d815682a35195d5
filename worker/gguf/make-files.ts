import type { EngineKind } from '../../src/core/engine.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import type { GgufHeader } from '../../src/core/models/gguf/gguf-header.ts'
import { readGgufHeader } from '../../src/core/models/gguf/read-gguf-header.ts'
import { addedTokensDocument, tokenizerDocument } from '../../src/core/models/gguf/tokenizer-document.ts'
import type { ImportedFile, ModelDescription } from '../../src/core/models/model-description.ts'
import type { MakeFile } from '../weights/model-caches.ts'
import type { WeightStore } from '../weights/weight-store.ts'
import { checkRotation } from './check-rotation.ts'
import { planShards } from './plan-shards.ts'
import { repackShard, type ReadableTensor } from './repack.ts'

/** A part of a model, opened. */
interface Part {
  readonly blob: Blob
  readonly header: GgufHeader
}

/**
 * The files that an engine looks for in the folder of a model, made from a stored GGUF file when it wants them. For WebLLM these are all of
 * a folder, weights shard by shard, so that no more than one of each reading stands in memory; for llama.cpp the list of special tokens.
 * @returns By their addresses; undefined for models that come in WebLLM's own form.
 * @throws {ReflectionError} `gguf-invalid`; `model-broken` when no library takes its shape; `download-failed` when a part is not stored.
 */
export async function makeFiles(
  model: ModelDescription,
  engine: EngineKind,
  store: Pick<WeightStore, 'open'>,
): Promise<ReadonlyMap<string, MakeFile> | undefined> {
  const { imported, folderUrl, files = [] } = model
  if (imported === undefined) return undefined
  const { repack } = imported
  const tokenizerAddress = new URL('tokenizer.json', folderUrl).href
  const openParts = () => Promise.all(files.map(({ path }) => openPart(new URL(path, folderUrl).href, store)))
  if (engine === 'processor') {
    const [first] = await openParts()
    return new Map([[tokenizerAddress, json(first === undefined ? {} : addedTokensDocument(first.header))]])
  }
  if (repack === undefined) {
    throw new ReflectionError('model-broken', `${model.name} cannot run on the GPU: no model library takes its shape.`)
  }
  const parts = await openParts()
  const tensors = new Map(
    parts.flatMap((part) => part.header.tensors.map((tensor) => [tensor.name, readable(part, tensor)])),
  )
  const find = (name: string) => {
    const tensor = tensors.get(name)
    if (tensor !== undefined) return tensor
    throw new ReflectionError('gguf-invalid', `The GGUF file cannot be used on the GPU: it has no tensor ${name}.`, {
      details: { tensor: name },
    })
  }
  await checkRotation(tensors.get('rope_freqs.weight'), repack.shape)
  const shards = planShards(repack.shape, repack.layout)
  const [first] = parts
  const made: [string, MakeFile][] = [
    ['mlc-chat-config.json', json(chatConfig(model, repack))],
    ['tensor-cache.json', json({ metadata: {}, records: shards.map(({ shard }) => shard) })],
    ['tokenizer.json', json(first === undefined ? {} : tokenizerDocument(first.header))],
    ...shards.map((planned): [string, MakeFile] => [
      planned.shard.dataPath,
      async () => (await repackShard(planned, find, repack.layout)).buffer,
    ]),
  ]
  return new Map(made.map(([path, make]) => [new URL(path, folderUrl).href, make]))
}

function json(value: object): MakeFile {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return async () => bytes.slice().buffer
}

async function openPart(address: string, store: Pick<WeightStore, 'open'>): Promise<Part> {
  const blob = await store.open(address)
  if (blob === undefined) {
    throw new ReflectionError('download-failed', `${address} is not stored. Load the model again.`, {
      details: { file: address },
    })
  }
  const read = (offset: number, length: number) => bytesOf(blob, offset, length)
  return { blob, header: await readGgufHeader({ byteLength: blob.size, read }) }
}

function readable({ blob }: Part, tensor: ReadableTensor['tensor']): ReadableTensor {
  return { tensor, read: (offset, length) => bytesOf(blob, tensor.offset + offset, length) }
}

async function bytesOf(blob: Blob, offset: number, length: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
}

/** What WebLLM must be told; it does not write prompts here, so that the conversation has only to be well-formed. */
function chatConfig(
  { contextWindow, sampling, imported }: ModelDescription,
  { shape, layout }: NonNullable<ImportedFile['repack']>,
): object {
  const isSentencePiece = imported?.description.tokenizer.kind === 'llama'
  return {
    version: '0.1.0',
    model_type: 'llama',
    quantization: layout.float === 'float32' ? 'q4f32_1' : 'q4f16_1',
    model_config: {},
    vocab_size: shape.vocabulary,
    context_window_size: contextWindow,
    sliding_window_size: -1,
    attention_sink_size: -1,
    tensor_parallel_shards: 1,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    repetition_penalty: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    tokenizer_files: ['tokenizer.json'],
    tokenizer_info: {
      token_postproc_method: isSentencePiece ? 'byte_fallback' : 'byte_level',
      prepend_space_in_encode: isSentencePiece,
      strip_space_in_decode: false,
    },
    conv_template: {
      name: 'none',
      system_template: '{system_message}',
      system_message: '',
      roles: { user: 'user', assistant: 'assistant' },
      messages: [],
      seps: ['\n'],
      role_content_sep: '',
      role_empty_sep: '',
      stop_str: [],
      stop_token_ids: imported?.description.tokenizer.stops ?? [],
    },
  }
}
