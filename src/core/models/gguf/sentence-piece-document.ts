import { ReflectionError } from '../../errors.ts'
import type { MetadataReader } from './describe-gguf.ts'

/** How GGUF marks tokens that are whole characters and words, and the one for what nothing else stands for. */
const NORMAL = 1
const UNKNOWN = 2

/** What SentencePiece writes for a space. */
const SPACE = '▁'

/**
 * The `tokenizer.json` for a SentencePiece vocabulary of GGUF's kind `llama` (Llama 2, Mistral), without its list of added tokens. The file has scores in place of merges: of
 * two neighbours that make a token together, those are joined first whose token has the highest score. Written as merges, each way to make a
 * token is one, in the order of the scores.
 * @param used - Ids of all tokens, by their texts.
 * @throws {ReflectionError} `gguf-invalid`.
 */
export function sentencePieceDocument(
  read: MetadataReader,
  used: ReadonlyMap<string, number>,
  types: readonly number[],
): object {
  const scores = read.numbers('tokenizer.ggml.scores') ?? []
  const count = read.texts('tokenizer.ggml.tokens')?.length ?? 0
  if (scores.length !== count) {
    throw new ReflectionError(
      'gguf-invalid',
      `The GGUF file cannot be used on the GPU: it has ${count} tokens but ${scores.length} scores of tokens.`,
    )
  }
  const isPiece = (text: string) => {
    const id = used.get(text)
    return id !== undefined && (types[id] ?? NORMAL) === NORMAL
  }
  const merges: { readonly pair: readonly [string, string]; readonly score: number }[] = []
  for (const [text, id] of used) {
    if (!isPiece(text)) continue
    for (let at = 1; at < text.length; at += 1) {
      if (isInsideCharacter(text, at)) continue
      const pair = [text.slice(0, at), text.slice(at)] as const
      if (isPiece(pair[0]) && isPiece(pair[1])) merges.push({ pair, score: scores[id] ?? 0 })
    }
  }
  merges.sort((one, other) => other.score - one.score)
  const unknown = [...used].find(([, id]) => types[id] === UNKNOWN)?.[0] ?? null
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: SPACE }
  const begins = read.yesOrNo('tokenizer.ggml.add_space_prefix') ?? true
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: {
      type: 'Sequence',
      normalizers: [...(begins ? [{ type: 'Prepend', prepend: SPACE }] : []), spaces],
    },
    pre_tokenizer: null,
    post_processor: null,
    // The space before the first word stays, as in llama.cpp: a reply is put together from pieces.
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(used),
      merges: merges.map(({ pair }) => pair),
    },
  }
}

/** Whether a place lies between the two halves of a character. */
function isInsideCharacter(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff
}
