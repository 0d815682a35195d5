import { ReflectionError } from '../src/core/errors.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import type { ArtifactScope, ArtifactStore } from './artifact-store.ts'
import { fetchVerified, type FetchedFile } from './fetch-verified.ts'

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
 * model's own index, which is fetched if need be and stored when it makes sense.
 * @throws {ReflectionError} `download-failed`, `download-corrupt`, `storage-full`, `storage-unreadable`, `model-broken`.
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
  const fetched: (FetchedFile & Pick<ModelArtifact, 'scope'>)[] = []
  const read = async (artifact: ModelArtifact) => {
    const stored = await store.read(artifact.scope, artifact.address)
    if (stored !== undefined) return parseJson(artifact.address, stored)
    const file = await fetchVerified({ address: artifact.address })
    onFetched(file)
    fetched.push({ ...file, scope: artifact.scope })
    return parseJson(artifact.address, file.bytes)
  }
  const { tokenizer_files: tokenizers } = await read(config)
  const { records } = await read(index)
  if (!Array.isArray(tokenizers) || !Array.isArray(records)) {
    throw new ReflectionError(
      'model-broken',
      `The folder ${model.folderUrl} is not a model for WebLLM: ${CHAT_CONFIG} must list tokenizer_files, ${TENSOR_CACHE} must list records.`,
    )
  }
  for (const file of fetched) await store.write(file.scope, file.address, file.bytes)
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

/** What a small JSON file of a model holds; nothing where it is no object. */
function parseJson(address: string, bytes: ArrayBuffer): Record<string, unknown> {
  try {
    return { ...JSON.parse(new TextDecoder().decode(bytes)) }
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
