import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import type { FileToWrite } from './weight-store.ts'

const CHAT_CONFIG = 'mlc-chat-config.json'
const TENSOR_CACHE = 'tensor-cache.json'

/**
 * The files of a model, those first that say which others there are. They come from its description; where that lists none, from the
 * model's own index.
 * @param readIndex Gives a small file of the model, which may have to be fetched; undefined where it shall not be.
 * @returns Undefined where an index is not there.
 * @throws {ReflectionError} `model-broken`, `download-corrupt`; and what `readIndex` throws.
 */
export async function listFiles(
  model: ModelDescription,
  readIndex: (address: string) => Promise<ArrayBuffer | undefined>,
): Promise<readonly FileToWrite[] | undefined> {
  const address = (path: string) => new URL(path, model.folderUrl).href
  if (model.files !== undefined) {
    const listed = model.files.map(({ path, bytes, sha256 }) => ({
      address: address(path),
      bytes,
      ...(sha256 === undefined ? {} : { sha256 }),
    }))
    const hasLibrary = model.libraryUrl === '' || listed.some((file) => file.address === model.libraryUrl)
    return hasLibrary ? listed : [...listed, { address: model.libraryUrl, ...model.imported?.repack?.library }]
  }
  const config = await readIndex(address(CHAT_CONFIG))
  const index = config === undefined ? undefined : await readIndex(address(TENSOR_CACHE))
  if (config === undefined || index === undefined) return undefined
  const { tokenizer_files: tokenizers } = parseJson(address(CHAT_CONFIG), config)
  const { records } = parseJson(address(TENSOR_CACHE), index)
  if (!Array.isArray(tokenizers) || !Array.isArray(records)) throw noModel(model)
  const tokenizer = tokenizers.find((name) => name === 'tokenizer.json') ?? 'tokenizer.model'
  return [
    { address: address(CHAT_CONFIG) },
    { address: address(TENSOR_CACHE) },
    { address: address(String(tokenizer)) },
    { address: model.libraryUrl },
    ...records.map((record: unknown) => {
      const { dataPath, nbytes } = { ...(record as { dataPath?: unknown; nbytes?: unknown } | null) }
      if (typeof dataPath !== 'string' || !Number.isSafeInteger(nbytes) || Number(nbytes) < 0) throw noModel(model)
      return { address: address(dataPath), bytes: Number(nbytes) }
    }),
  ]
}

function noModel({ folderUrl }: ModelDescription): ReflectionError {
  return new ReflectionError(
    'model-broken',
    `The folder ${folderUrl} is not a model for WebLLM: ${CHAT_CONFIG} must list tokenizer_files, ${TENSOR_CACHE} must list records.`,
  )
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
