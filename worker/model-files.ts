import { ReflectionError } from '../src/core/errors.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import type { ArtifactScope, ArtifactStore } from './artifact-store.ts'
import { fetchFile, type FetchedFile } from './fetch-file.ts'

/** A file of a model and where WebLLM looks for it. */
export interface ModelArtifact {
  readonly scope: ArtifactScope
  readonly address: string
  /** Absent where nobody told. */
  readonly bytes?: number
  readonly sha256?: string
}

const CHAT_CONFIG = 'mlc-chat-config.json'
const TENSOR_CACHE = 'tensor-cache.json'

/**
 * The files of a model, those first that say which others there are. They come from its description; where that lists none, from the
 * model's own index, which is fetched and stored if need be.
 */
export async function listArtifacts(
  model: ModelDescription,
  store: ArtifactStore,
  onFetched: (file: FetchedFile) => void = () => undefined,
): Promise<ModelArtifact[]> {
  const address = (path: string) => new URL(path, model.folderUrl).href
  if (model.files !== undefined) {
    const listed = model.files.map(({ path, bytes, sha256 }) => ({
      scope: scopeOf(path),
      address: address(path),
      bytes,
      ...(sha256 === undefined ? {} : { sha256 }),
    }))
    const hasLibrary = listed.some((file) => file.address === model.libraryUrl)
    return hasLibrary ? listed : [...listed, { scope: 'webllm/wasm', address: model.libraryUrl }]
  }
  const config = { scope: 'webllm/config', address: address(CHAT_CONFIG) } as const
  const index = { scope: 'webllm/model', address: address(TENSOR_CACHE) } as const
  const { tokenizer_files: tokenizers } = await readJson(store, config, onFetched)
  const { records } = await readJson(store, index, onFetched)
  if (!Array.isArray(tokenizers) || !Array.isArray(records)) {
    throw new ReflectionError(
      'model-broken',
      `The folder ${model.folderUrl} is not a model for WebLLM: ${CHAT_CONFIG} must list tokenizer_files, ${TENSOR_CACHE} must list records.`,
    )
  }
  const tokenizer = tokenizers.find((name) => name === 'tokenizer.json') ?? 'tokenizer.model'
  return [
    config,
    index,
    { scope: 'webllm/model', address: address(String(tokenizer)) },
    { scope: 'webllm/wasm', address: model.libraryUrl },
    ...records.map((record: { dataPath: string; nbytes: number }) => ({
      scope: 'webllm/model' as const,
      address: address(record.dataPath),
      bytes: record.nbytes,
    })),
  ]
}

/** A small JSON file of a model, from the store or the network. */
async function readJson(
  store: ArtifactStore,
  { scope, address }: ModelArtifact,
  onFetched: (file: FetchedFile) => void,
): Promise<Record<string, unknown>> {
  let bytes = await store.read(scope, address)
  if (bytes === undefined) {
    const file = await fetchFile({ address })
    onFetched(file)
    await store.write(scope, address, file.bytes)
    bytes = file.bytes
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch (error) {
    throw new ReflectionError('download-corrupt', `${address} is not JSON. Check the address of the model.`, {
      cause: error,
      details: { file: address },
    })
  }
}

function scopeOf(path: string): ArtifactScope {
  if (path === CHAT_CONFIG) return 'webllm/config'
  return path.endsWith('.wasm') ? 'webllm/wasm' : 'webllm/model'
}
