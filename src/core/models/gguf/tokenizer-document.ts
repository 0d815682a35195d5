import { ReflectionError } from '../../errors.ts'
import { createMetadataReader, type MetadataReader } from './describe-gguf.ts'
import type { GgufHeader } from './gguf-header.ts'
import { sentencePieceDocument } from './sentence-piece-document.ts'

/** How GGUF marks tokens that are no ordinary ones. */
const CONTROL = 3
const USER_DEFINED = 4
const UNUSED = 5

const LLAMA_3_SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" +
  '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

const byteLevel = (cutsWords: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cutsWords,
})

/** A way of cutting text before BPE, as tokenizer.json spells it. */
interface Cutting {
  readonly parts: readonly object[]
  /** Whether a piece that is a token as a whole is taken without merging. */
  readonly ignoresMerges: boolean
}

const LLAMA_3: Cutting = {
  parts: [{ type: 'Split', pattern: { Regex: LLAMA_3_SPLIT }, behavior: 'Isolated', invert: false }, byteLevel(false)],
  ignoresMerges: true,
}

/** By the name that llama.cpp has for it (`tokenizer.ggml.pre`). */
const CUTTINGS: ReadonlyMap<string, Cutting> = new Map([
  ['llama-bpe', LLAMA_3],
  ['llama3', LLAMA_3],
  ['llama-v3', LLAMA_3],
  ['smollm', { parts: [{ type: 'Digits', individual_digits: true }, byteLevel(true)], ignoresMerges: false }],
  ['gpt-2', { parts: [byteLevel(true)], ignoresMerges: false }],
])

/**
 * The `tokenizer.json` that gives the same tokens as a GGUF file's metadata: the one that the file holds, if it has the same tokens;
 * else one built from them.
 * @throws {ReflectionError} `gguf-invalid` for tokenizers that are neither byte-level BPE nor SentencePiece, or cut text in a way that we do not know.
 */
export function tokenizerDocument({ metadata }: GgufHeader): object {
  const read = createMetadataReader(metadata)
  const kind = read.text('tokenizer.ggml.model')
  if (kind !== 'gpt2' && kind !== 'llama') {
    throw invalid(
      `its tokenizer is of the kind ${kind ?? 'none'}; on the GPU byte-level BPE (gpt2) and SentencePiece (llama) can be used. It runs on the processor`,
    )
  }
  const tokens = read.texts('tokenizer.ggml.tokens') ?? []
  if (tokens.length === 0) throw invalid('it has no tokenizer.ggml.tokens')
  const types = read.numbers('tokenizer.ggml.token_type') ?? []
  if (types.length !== 0 && types.length !== tokens.length) {
    throw invalid(`it has ${tokens.length} tokens but ${types.length} types of tokens`)
  }
  const used = new Map<string, number>()
  for (const [id, token] of tokens.entries()) {
    if (types[id] === UNUSED) continue
    if (used.has(token)) throw invalid(`two of its tokens have the text ${JSON.stringify(token.slice(0, 60))}`)
    used.set(token, id)
  }
  const own = ownDocument(read, used)
  if (own !== undefined) return own
  const added = addedTokens(used, types)
  if (kind === 'llama') return { ...sentencePieceDocument(read, used, types), added_tokens: added }
  return { ...byteLevelDocument(read, used), added_tokens: added }
}

/** Of a `tokenizer.json` the list of special tokens alone, for an engine that has a tokenizer of its own. */
export function addedTokensDocument({ metadata }: GgufHeader): object {
  const read = createMetadataReader(metadata)
  const types = read.numbers('tokenizer.ggml.token_type') ?? []
  const tokens = read.texts('tokenizer.ggml.tokens') ?? []
  return {
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === CONTROL || types[id] === USER_DEFINED ? { id, content } : [],
    ),
  }
}

/** Some writers put the whole tokenizer.json into a file. Others change the tokens later, and leave it as it was. */
function ownDocument(read: MetadataReader, used: ReadonlyMap<string, number>): object | undefined {
  const text = read.text('tokenizer.huggingface.json')
  if (text === undefined) return undefined
  let document: { model?: { type?: unknown; vocab?: unknown }; added_tokens?: unknown }
  try {
    document = JSON.parse(text) as typeof document
  } catch {
    return undefined
  }
  const { model, added_tokens: added = [] } = document ?? {}
  const { vocab } = model ?? {}
  if (typeof vocab !== 'object' || vocab === null || !Array.isArray(added)) return undefined
  const found = new Map<string, unknown>(Object.entries(vocab))
  for (const token of added as readonly { content?: unknown; id?: unknown }[])
    found.set(String(token?.content), token?.id)
  const isSame = found.size === used.size && [...used].every(([token, id]) => found.get(token) === id)
  // WebLLM's tokenizer would apply both, and silently cut or pad a prompt.
  return isSame ? { ...document, truncation: null, padding: null } : undefined
}

function addedTokens(used: ReadonlyMap<string, number>, types: readonly number[]): object[] {
  return [...used].flatMap(([content, id]) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? {
          id,
          content,
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: types[id] === CONTROL,
        }
      : [],
  )
}

function byteLevelDocument(read: MetadataReader, used: ReadonlyMap<string, number>): object {
  const pre = read.text('tokenizer.ggml.pre') ?? 'none'
  const cutting = CUTTINGS.get(pre)
  if (cutting === undefined) {
    const known = [...CUTTINGS.keys()].join(', ')
    throw invalid(
      `it cuts text in a way that is not known for the GPU here: tokenizer.ggml.pre is ${pre.slice(0, 60)} (known: ${known}). It runs on the processor`,
    )
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: cutting.parts },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: cutting.ignoresMerges,
      // Entries, not assignments: a token may be spelled like a property that every object has. Added tokens are listed here too:
      // without that, the tokenizer numbers them by their position.
      vocab: Object.fromEntries(used),
      merges: read.texts('tokenizer.ggml.merges') ?? [],
    },
  }
}

function invalid(why: string): ReflectionError {
  return new ReflectionError('gguf-invalid', `The GGUF file cannot be used on the GPU: ${why}.`, { details: { why } })
}
