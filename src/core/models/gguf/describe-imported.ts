import { DIALECTS } from '../../tags/dialect.ts'
import type { ChatTemplate, ImportedFile, ModelDescription } from '../model-description.ts'
import { recognizeChat } from './chat-marks.ts'
import type { GgufDescription } from './describe-gguf.ts'
import { GPU_LIBRARIES, type GpuLibrary } from './gpu-libraries.ts'
import { hasShape } from './llama-shape.ts'
import { isRepackable } from './tensor-types.ts'
import { splitNames } from './split-name.ts'

/** A GGUF file that was looked into, and where it is. */
export interface FoundFile {
  /** Absolute; of the first part of a split model. */
  readonly address: string
  /** Of each part, in order. */
  readonly bytes: readonly number[]
  readonly description: GgufDescription
  /** The library that the site had for it when it was asked last; absent where it had none. */
  readonly siteLibrary?: GpuLibrary
}

/** Most tokens of a window here: what is beyond costs memory that few devices have. */
const MOST_CONTEXT = 4096

/** Where a file does not say. */
const USUAL_CONTEXT = 2048

/**
 * Describes the model of a GGUF file like any other.
 * @param baseUrl - Of the page, whose own library serves files of its shape.
 * @param libraries - That may serve it, the best first.
 */
export function describeImported(
  found: FoundFile,
  baseUrl: string,
  libraries: readonly GpuLibrary[] = GPU_LIBRARIES,
): ModelDescription {
  const { address, bytes, description } = found
  const { tokenizer, chatTemplate: source } = description
  const canRepack = description.tensorTypes.every(isRepackable)
  const library = canRepack ? libraries.find(({ shape }) => hasShape(description, shape)) : undefined
  const chat = recognizeChat(tokenizer.marks, source)
  const contextWindow = Math.min(
    description.contextLength ?? USUAL_CONTEXT,
    library?.contextWindow ?? MOST_CONTEXT,
    MOST_CONTEXT,
  )
  const paths = splitNames(pathOf(address)).map((path) => `../../../${path.slice(path.lastIndexOf('/') + 1)}`)
  const query = new URL(address).search
  const template: ChatTemplate | undefined =
    source === undefined
      ? undefined
      : {
          source,
          bos: tokenizer.bos?.text ?? '',
          eos: tokenizer.eos?.text ?? '',
          addsBos: tokenizer.addsBos,
          opensThinking: chat.opensThinking,
        }
  const [first, ...others] = paths.map((path, index) => ({ path: `${path}${query}`, bytes: bytes[index] ?? 0 }))
  const files = first === undefined ? [] : [first, ...others]
  return {
    id: plainName(stemOf(address)),
    revision: plainName(revisionOf(address)),
    name: nameOf(found),
    summary: '',
    origin: 'user',
    // WebLLM insists on such an address; the file itself lies three levels above.
    folderUrl: `${pathOf(address)}/resolve/gguf/`,
    libraryUrl: library === undefined ? '' : new URL(library.url, baseUrl).href,
    files,
    ...(first && { gguf: first }),
    ...(others.length > 0 && { moreGguf: others }),
    dialect: chat.dialect ?? DIALECTS.reflection,
    tags: [],
    trainedToReflect: chat.dialect !== undefined,
    template: chat.style,
    ...(template && { chatTemplate: template }),
    imported: {
      description,
      ...(library && { repack: repackFor(library) }),
    },
    contextWindow,
    downloadBytes: bytes.reduce((sum, part) => sum + part, 0),
    ...memoryOf(description, library, contextWindow),
    requiredFeatures: library?.requiredFeatures ?? [],
    license: description.license ?? '',
    sampling: chat.dialect === DIALECTS.think ? { temperature: 0.6, topP: 0.95 } : { temperature: 0.7, topP: 0.95 },
    skills: [],
    languages: description.languages,
  }
}

function repackFor({ shape, layout, file }: GpuLibrary): NonNullable<ImportedFile['repack']> {
  return { shape, layout, ...(file && { library: file }) }
}

/** Bytes of the numbers that a GPU holds: four bits a weight and a scale for 32, the KV cache, a tenth for what is in between. */
function memoryOf(
  {
    parameters,
    weightBytes,
    layers = 0,
    keyValueHeads = 0,
    headSize = 0,
    vocabulary = 0,
    hiddenSize = 0,
  }: GgufDescription,
  library: GpuLibrary | undefined,
  contextWindow: number,
): Pick<ModelDescription, 'gpuMemoryBytes' | 'requiredLimits'> {
  const floatBytes = library?.layout.float === 'float16' ? 2 : 4
  const weights = library === undefined ? weightBytes : parameters * (0.5 + floatBytes / 32)
  const cache = layers * 2 * keyValueHeads * headSize * contextWindow * floatBytes
  const largestTensor = (vocabulary * hiddenSize) / 2
  return {
    gpuMemoryBytes: Math.ceil((weights + cache) * 1.1),
    requiredLimits:
      library === undefined ? {} : { maxBufferSize: largestTensor, maxStorageBufferBindingSize: largestTensor },
  }
}

/** An address without its query. */
function pathOf(address: string): string {
  const { origin, pathname } = new URL(address)
  return `${origin}${pathname}`
}

function stemOf(address: string): string {
  const path = decodeURIComponent(pathOf(address))
  return path.slice(path.lastIndexOf('/') + 1).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '')
}

/** With nothing in it that an address or a list might stumble over. */
function plainName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').slice(0, 200) || 'gguf'
}

/** Of `…/resolve/<revision>/<file>`; other addresses have none. */
function revisionOf(address: string): string {
  return /\/resolve\/([^/]+)\/[^/]+$/.exec(pathOf(address))?.[1] ?? 'gguf'
}

/** What the file calls itself, with how its numbers are stored: people often have several of one model. */
function nameOf({ address, description }: FoundFile): string {
  const { name = stemOf(address), quantization } = description
  return name.toLowerCase().includes(quantization.toLowerCase()) ? name : `${name} (${quantization})`
}
