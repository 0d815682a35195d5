import { KNOWN_MARKS } from './chat-marks.ts'
import type { GgufHeader, GgufTensor, GgufValue } from './gguf-header.ts'

/** What a GGUF file says about the model in it. What it does not say, or says in another type than the format's, is absent. */
export interface GgufDescription {
  readonly name?: string
  /** As llama.cpp names it, such as `llama`; `unknown` where the file does not tell. */
  readonly architecture: string
  /** All numbers of all tensors. */
  readonly parameters: number
  /** Bytes of the tensors. */
  readonly weightBytes: number
  /** How the weights are stored, such as `Q4_K_M`; or the type that most of them have. */
  readonly quantization: string
  /** Every type that a tensor has, the one with the most weights first. */
  readonly tensorTypes: readonly string[]
  /** Tokens that the model was made to read at once. */
  readonly contextLength?: number
  readonly layers?: number
  readonly hiddenSize?: number
  readonly feedForwardSize?: number
  readonly heads?: number
  readonly keyValueHeads?: number
  /** Width of a head. */
  readonly headSize?: number
  /** Rows of the embedding. */
  readonly vocabulary?: number
  /** Whether the embedding doubles as the output projection. */
  readonly isTied: boolean
  readonly normEpsilon?: number
  readonly ropeTheta?: number
  /** Above 0 in a mixture of experts. */
  readonly experts: number
  /** Bytes of those that a token does not ask; absent where there are none, or the file does not tell how many a token asks. */
  readonly idleBytes?: number
  readonly tokenizer: GgufTokenizerFacts
  /** The Jinja template with which the model was trained to chat. */
  readonly chatTemplate?: string
  /** SPDX identifier, or however the file names it. */
  readonly license?: string
  /** BCP 47, as far as the file tells; may be empty. */
  readonly languages: readonly string[]
  /** Of a model that comes in several files. */
  readonly split?: { readonly index: number; readonly count: number }
}

/** Which tokenizer it has, and its tokens that mean something. Ids; absent where the file names none. */
export interface GgufTokenizerFacts {
  /** `gpt2` is byte-level BPE, `llama` SentencePiece. */
  readonly kind: string
  /** How text is cut before BPE, by llama.cpp's name. */
  readonly pre?: string
  readonly tokens: number
  readonly bos?: { readonly id: number; readonly text: string }
  readonly eos?: { readonly id: number; readonly text: string }
  /** Its tokens that tell how the model chats: `recognizeChat` reads them. */
  readonly marks: readonly string[]
  /** Ids that end a reply: the end of the text, of a turn, of a message. */
  readonly stops: readonly number[]
  /** Whether every text begins with `bos`. */
  readonly addsBos: boolean
}

/** Describes a file by its header, or a split model by those of all its parts, the first first. */
export function describeGguf(first: GgufHeader, ...others: readonly GgufHeader[]): GgufDescription {
  const { metadata } = first
  const tensors = [first, ...others].flatMap((header) => header.tensors)
  const read = createMetadataReader(metadata)
  const architecture = read.text('general.architecture') ?? 'unknown'
  const of = (key: string) => read.number(`${architecture}.${key}`)
  const heads = of('attention.head_count')
  const hiddenSize = of('embedding_length')
  const headSize = of('attention.key_length') ?? (hiddenSize !== undefined && heads ? hiddenSize / heads : undefined)
  const embedding = tensors.find(({ name }) => name === 'token_embd.weight')
  const types = weightsByType(tensors)
  const count = read.number('split.count') ?? 1
  return {
    ...given('name', read.text('general.name')?.trim() || undefined),
    architecture,
    parameters: tensors.reduce((sum, tensor) => sum + elementsOf(tensor), 0),
    weightBytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    quantization: quantizationOf(read.number('general.file_type'), types[0]),
    tensorTypes: types,
    ...given('contextLength', of('context_length')),
    ...given('layers', of('block_count')),
    ...given('hiddenSize', hiddenSize),
    ...given('feedForwardSize', of('feed_forward_length')),
    ...given('heads', heads),
    ...given('keyValueHeads', of('attention.head_count_kv') ?? heads),
    ...given('headSize', headSize),
    ...given('vocabulary', embedding?.shape[1]),
    isTied: !tensors.some(({ name }) => name === 'output.weight'),
    ...given('normEpsilon', of('attention.layer_norm_rms_epsilon')),
    ...given('ropeTheta', of('rope.freq_base')),
    experts: of('expert_count') ?? 0,
    ...given('idleBytes', idleBytes(tensors, of('expert_count') ?? 0, of('expert_used_count') ?? 0)),
    tokenizer: tokenizerFacts(read),
    ...given('chatTemplate', read.text('tokenizer.chat_template')),
    ...given('license', read.text('general.license') ?? read.text('general.license.name')),
    languages: read.texts('general.languages') ?? [],
    ...(count > 1 ? { split: { index: read.number('split.no') ?? 0, count } } : {}),
  }
}

/** Looks values up by key; those of another type than asked for count as absent. */
export function createMetadataReader(metadata: ReadonlyMap<string, GgufValue>) {
  const listOf = <Item extends GgufValue>(key: string, isItem: (item: GgufValue) => item is Item) => {
    const value = metadata.get(key)
    return Array.isArray(value) && value.every(isItem) ? (value as readonly Item[]) : undefined
  }
  return {
    number(key: string): number | undefined {
      const value = metadata.get(key)
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined
    },
    text(key: string): string | undefined {
      const value = metadata.get(key)
      return typeof value === 'string' ? value : undefined
    },
    yesOrNo(key: string): boolean | undefined {
      const value = metadata.get(key)
      return typeof value === 'boolean' ? value : undefined
    },
    numbers: (key: string) => listOf(key, (item) => typeof item === 'number'),
    texts: (key: string) => listOf(key, (item) => typeof item === 'string'),
  }
}

export type MetadataReader = ReturnType<typeof createMetadataReader>

function tokenizerFacts(read: MetadataReader): GgufTokenizerFacts {
  const kind = read.text('tokenizer.ggml.model') ?? 'none'
  const id = (name: string) => read.number(`tokenizer.ggml.${name}_token_id`)
  const own = read.numbers('reflection.stop_token_ids') ?? [] // the forge writes it: the standard keys name one of each
  const tokens = read.texts('tokenizer.ggml.tokens') ?? []
  const token = (name: string) => {
    const number = id(name)
    const text = number === undefined ? undefined : tokens[number]
    return number === undefined || text === undefined ? undefined : { id: number, text }
  }
  const stops = [id('eos'), id('eot'), id('eom'), ...own].filter((stop) => stop !== undefined)
  return {
    kind,
    ...given('pre', read.text('tokenizer.ggml.pre')),
    tokens: tokens.length,
    ...given('bos', token('bos')),
    ...given('eos', token('eos')),
    marks: tokens.filter((text) => KNOWN_MARKS.has(text)),
    stops: [...new Set(stops)].toSorted((one, other) => one - other),
    // As llama.cpp has it where the file does not say: SentencePiece begins every text with it, byte-level BPE does not.
    addsBos: read.yesOrNo('tokenizer.ggml.add_bos_token') ?? kind === 'llama',
  }
}

/** The name that whoever made the file gave to the mixture of its types, by llama.cpp's `general.file_type`. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  32: 'BF16',
}

/** What the file calls it, as long as most of its weights bear that out. */
function quantizationOf(fileType: number | undefined, most = 'unknown'): string {
  const named = fileType === undefined ? undefined : FILE_TYPES[fileType]
  return named?.startsWith(most) === true ? named : most
}

/** Experts share tensors that no others are in; all that has another name is of use to every token. */
function idleBytes(tensors: readonly GgufTensor[], experts: number, used: number): number | undefined {
  if (used < 1 || used >= experts) return undefined
  const ofExperts = tensors.filter(({ name }) => name.includes('_exps.'))
  return ofExperts.reduce((sum, { bytes }) => sum + bytes, 0) * (1 - used / experts)
}

function weightsByType(tensors: readonly GgufTensor[]): string[] {
  const weights = new Map<string, number>()
  for (const tensor of tensors) {
    weights.set(tensor.type.name, (weights.get(tensor.type.name) ?? 0) + elementsOf(tensor))
  }
  return [...weights].toSorted(([, one], [, other]) => other - one).map(([name]) => name)
}

function elementsOf({ shape }: GgufTensor): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

function given<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [Name in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [Name in Key]?: Value }
}
