import { isUnfinished, parseGguf } from '../../../../../../src/core/models/gguf/parse-gguf.ts'
import { buildGguf, type BuiltFile } from './build-gguf.ts'

const ALIGNMENT = 32

/** What tokenizers of this kind were seen to disagree about: spaces, bytes, special tokens that are written out, characters of many codes. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '  two  spaces  and more   ',
  'Hello, world! What is 12 * 11?',
  '\n\n\tindented\r\n',
  '<s></s><unk>[INST] <<SYS>>',
  '<0x41><0x0A>',
  '▁▁',
  'naïve café, 中文, e\u0301, 👩🏽‍💻',
  '\u200b\u202e\ufeff\u0007',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'thinkingthinkingthink ingthe answer',
]

/** Bytes of the values that have a fixed size, by their kind. */
const BYTES_OF: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}
const TEXT = 8
const LIST = 9

const NORMAL = 1
const UNKNOWN = 2
const CONTROL = 3
const UNUSED = 5
const BYTE = 6

/**
 * The same weights with a tokenizer of another kind: SentencePiece with byte fallback, whose pieces are those of the file's own byte-level BPE. What such a model says makes
 * no sense, but how it cuts text can be compared.
 */
export function withSentencePiece(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = parseGguf(file, file.length)
  if (isUnfinished(header)) throw new Error('the file is cut short')
  const own = header.metadata.get('tokenizer.ggml.tokens') as readonly string[]
  const added = buildGguf({ metadata: vocabulary(own) }).subarray(24)
  const kept = keptMetadata(file, header.metadata.size)
  const infoBytes = header.tensors.reduce(
    (sum, { name, shape }) => sum + 8 + name.length + 4 + 8 * shape.length + 12,
    0,
  )
  const infos = file.subarray(header.headerBytes - infoBytes, header.headerBytes)
  const weights = file.subarray(Math.ceil(header.headerBytes / ALIGNMENT) * ALIGNMENT)
  const headBytes = 24 + kept.bytes.length + added.length + infos.length
  const whole = new Uint8Array(Math.ceil(headBytes / ALIGNMENT) * ALIGNMENT + weights.length)
  whole.set(file.subarray(0, 16))
  new DataView(whole.buffer).setBigUint64(16, BigInt(kept.count + ADDED_KEYS), true)
  whole.set(kept.bytes, 24)
  whole.set(added, 24 + kept.bytes.length)
  whole.set(infos, headBytes - infos.length)
  whole.set(weights, whole.length - weights.length)
  return whole
}

const ADDED_KEYS = 7

function vocabulary(own: readonly string[]): NonNullable<BuiltFile['metadata']> {
  const characters = [
    '▁',
    ...Array.from({ length: 94 }, (_unused, index) => String.fromCharCode(33 + index)),
    'é',
    'ü',
    '中',
  ]
  const bytes = Array.from(
    { length: 256 },
    (_unused, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  )
  const room = own.length - 3 - bytes.length - characters.length - 1 // one stays unused
  const pieces = own
    .filter((text) => /^[Ġ!-~]{2,}$/.test(text) && !text.startsWith('<'))
    .slice(0, room)
    .map((text) => text.replaceAll('Ġ', '▁'))
  const normal = [...pieces, ...characters]
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...normal]
  const types = [UNKNOWN, CONTROL, CONTROL, ...bytes.map(() => BYTE), ...normal.map(() => NORMAL)]
  const scores = [0, 0, 0, ...bytes.map(() => 0), ...normal.map((_unused, index) => -index)]
  while (tokens.length < own.length) {
    tokens.push(`<unused_${tokens.length}>`)
    types.push(UNUSED)
    scores.push(-1e9)
  }
  return [
    ['tokenizer.ggml.model', ['text', 'llama']],
    ['tokenizer.ggml.tokens', ['list', 'text', tokens]],
    ['tokenizer.ggml.token_type', ['list', 'u32', types]],
    ['tokenizer.ggml.scores', ['list', 'f32', scores]],
    ['tokenizer.ggml.bos_token_id', ['u32', 1]],
    ['tokenizer.ggml.eos_token_id', ['u32', 2]],
    ['tokenizer.ggml.unknown_token_id', ['u32', 0]],
  ]
}

/** All metadata but those of the tokenizer, as they stand in the file. */
function keptMetadata(file: Uint8Array, count: number): { bytes: Uint8Array; count: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = 24
  const skipText = () => (at += 8 + Number(view.getBigUint64(at, true)))
  const skipValue = (kind: number) => {
    if (kind === TEXT) skipText()
    else if (kind === LIST) {
      const item = view.getUint32(at, true)
      const length = Number(view.getBigUint64(at + 4, true))
      at += 12
      for (let index = 0; index < length; index += 1) skipValue(item)
    } else at += BYTES_OF[kind] ?? 0
  }
  const kept: Uint8Array[] = []
  for (let index = 0; index < count; index += 1) {
    const from = at
    skipText()
    const key = new TextDecoder().decode(file.subarray(from + 8, at))
    const kind = view.getUint32(at, true)
    at += 4
    skipValue(kind)
    if (!/^(tokenizer|reflection)\./.test(key)) kept.push(file.subarray(from, at))
  }
  const bytes = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0))
  let to = 0
  for (const piece of kept) {
    bytes.set(piece, to)
    to += piece.length
  }
  return { bytes, count: kept.length }
}
