import { ReflectionError } from '../../errors.ts'
import type { GgufHeader, GgufTensor, GgufValue } from './gguf-header.ts'
import { TENSOR_TYPES } from './tensor-types.ts'

/** A header that is longer is none: the largest known ones, of vocabularies with 260,000 tokens, have 16 MB. */
export const MOST_HEADER_BYTES = 64 * 2 ** 20

/** Of a metadata key and of a tensor's name, bytes; the format allows the first, llama.cpp 64 for the second. */
const MOST_KEY_BYTES = 65_535
const MOST_NAME_BYTES = 256

/** Arrays in arrays. Nothing that is published nests them at all. */
const MOST_DEPTH = 4

const MOST_EXTENTS = 4

/** How each kind of a value is numbered in a file. */
const STRING = 8
const ARRAY = 9
const BYTES_OF: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  [STRING]: 8, // of its length, at least
  [ARRAY]: 12, // of its kind and length, at least
  10: 8,
  11: 8,
  12: 8,
}

/** Says that the bytes so far end within the header. */
export interface Unfinished {
  /** So many are needed to go on, at least. */
  readonly needs: number
}

/** Thrown where the bytes end, and caught in this file. */
class EndOfBytes {
  readonly needs: number
  constructor(needs: number) {
    this.needs = needs
  }
}

/**
 * Reads the header of a GGUF file (version 2 or 3), believing nothing: every length is checked against what there is before it is used.
 * @param bytes - The beginning of the file.
 * @param fileBytes - Of the whole file, where that is known; tensors beyond it are then refused.
 * @returns The header, or how many bytes it takes to go on.
 * @throws {ReflectionError} `gguf-invalid`, whose message says what is wrong and where.
 */
export function parseGguf(bytes: Uint8Array, fileBytes?: number): GgufHeader | Unfinished {
  try {
    return parse(bytes, Math.min(MOST_HEADER_BYTES, fileBytes ?? Infinity), fileBytes)
  } catch (error) {
    if (error instanceof EndOfBytes) return { needs: error.needs }
    throw error
  }
}

export function isUnfinished(result: GgufHeader | Unfinished): result is Unfinished {
  return 'needs' in result
}

function parse(bytes: Uint8Array, most: number, fileBytes: number | undefined): GgufHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoder = new TextDecoder()
  let at = 0

  /** @returns Where so many bytes begin, which come next. */
  function take(length: number, what: string): number {
    const from = at
    if (from + length > most) {
      const beyond = fileBytes !== undefined && from + length > fileBytes
      throw invalid(
        beyond
          ? `it is cut short: ${what} goes beyond its ${fileBytes} bytes`
          : `${what} makes its header longer than ${MOST_HEADER_BYTES / 2 ** 20} MB`,
      )
    }
    if (from + length > bytes.length) throw new EndOfBytes(from + length)
    at += length
    return from
  }
  /** A number that lengths are made of. */
  function count(what: string): number {
    const found = view.getBigUint64(take(8, what), true)
    if (found > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(`${what} is ${found}, which no file can hold`)
    return Number(found)
  }
  /** Refuses at once what cannot fit, before the bytes are waited for. */
  function holds(items: number, bytesEach: number, what: string): void {
    if (items * bytesEach > most - at) throw invalid(`${what} is ${items}, which is more than the file can hold`)
  }
  function text(what: string, mostBytes = Infinity): string {
    const length = count(`the length of ${what}`)
    if (length > mostBytes) throw invalid(`${what} has ${length} bytes; ${mostBytes} are the most`)
    holds(length, 1, `the length of ${what}`)
    const from = take(length, what)
    return decoder.decode(bytes.subarray(from, from + length))
  }
  function value(kind: number, key: string, depth: number): GgufValue {
    const size = BYTES_OF[kind]
    if (size === undefined) throw invalid(`${key} has a value of kind ${kind}, which there is not`)
    if (kind === STRING) return text(key)
    if (kind === ARRAY) return array(key, depth + 1)
    const from = take(size, key)
    switch (kind) {
      case 0:
        return view.getUint8(from)
      case 1:
        return view.getInt8(from)
      case 2:
        return view.getUint16(from, true)
      case 3:
        return view.getInt16(from, true)
      case 4:
        return view.getUint32(from, true)
      case 5:
        return view.getInt32(from, true)
      case 6:
        return view.getFloat32(from, true)
      case 7:
        return view.getUint8(from) !== 0
      case 10:
        return Number(view.getBigUint64(from, true))
      case 11:
        return Number(view.getBigInt64(from, true))
      default:
        return view.getFloat64(from, true)
    }
  }
  function array(key: string, depth: number): GgufValue[] {
    if (depth > MOST_DEPTH) throw invalid(`${key} nests lists more than ${MOST_DEPTH} deep`)
    const kind = view.getUint32(take(4, key), true)
    const length = count(`the length of ${key}`)
    holds(length, BYTES_OF[kind] ?? 1, `the length of ${key}`)
    const items: GgufValue[] = []
    for (let index = 0; index < length; index += 1) items.push(value(kind, key, depth))
    return items
  }

  const magic = take(4, 'its first word')
  if (decoder.decode(bytes.subarray(magic, 4)) !== 'GGUF') throw invalid('it does not begin with the letters GGUF')
  const version = view.getUint32(take(4, 'its version'), true)
  if (version === 0x02_00_00_00 || version === 0x03_00_00_00) throw invalid('it is big-endian, which browsers are not')
  if (version !== 2 && version !== 3) throw invalid(`its version is ${version}; 2 and 3 can be read`)
  const tensorCount = count('the number of its tensors')
  const keyCount = count('the number of its metadata')
  holds(tensorCount, 8 + 4 + 8 + 4 + 8, 'the number of its tensors')
  holds(keyCount, 8 + 4 + 1, 'the number of its metadata')

  const metadata = new Map<string, GgufValue>()
  for (let index = 0; index < keyCount; index += 1) {
    const key = text(`the name of metadata ${index}`, MOST_KEY_BYTES)
    if (metadata.has(key)) throw invalid(`its metadata have ${shortened(key)} twice`)
    metadata.set(key, value(view.getUint32(take(4, key), true), shortened(key), 0))
  }

  const alignment = metadata.get('general.alignment') ?? 32
  if (typeof alignment !== 'number' || alignment < 8 || alignment > 2 ** 20 || Math.log2(alignment) % 1 !== 0) {
    throw invalid(`general.alignment is ${String(alignment)}, not a power of two from 8`)
  }
  const names = new Set<string>()
  const found: GgufTensor[] = []
  for (let index = 0; index < tensorCount; index += 1) {
    const name = text(`the name of tensor ${index}`, MOST_NAME_BYTES)
    const called = `tensor ${shortened(name)}`
    if (names.has(name)) throw invalid(`${called} is there twice`)
    names.add(name)
    const extents = view.getUint32(take(4, called), true)
    if (extents < 1 || extents > MOST_EXTENTS) {
      throw invalid(`${called} has ${extents} extents instead of 1 to ${MOST_EXTENTS}`)
    }
    const shape = Array.from({ length: extents }, () => count(`an extent of ${called}`))
    const typeNumber = view.getUint32(take(4, called), true)
    const type = TENSOR_TYPES.get(typeNumber)
    if (type === undefined) throw invalid(`${called} is of type ${typeNumber}, which this page does not know`)
    const [columns = 0] = shape
    const elements = shape.reduce((product, extent) => product * extent, 1)
    if (elements === 0 || !Number.isSafeInteger(elements)) throw invalid(`${called} has the shape ${shape.join(' × ')}`)
    if (columns % type.blockLength !== 0) {
      throw invalid(`${called} has rows of ${columns}, which are no whole blocks of ${type.name}`)
    }
    const offset = count(`the place of ${called}`)
    if (offset % alignment !== 0) throw invalid(`${called} does not begin at a multiple of ${alignment} bytes`)
    found.push({ name, shape, type, offset, bytes: (elements / type.blockLength) * type.blockBytes })
  }

  const headerBytes = at
  const begin = Math.ceil(headerBytes / alignment) * alignment
  const tensors = found.map(({ name, shape, type, offset, bytes: length }) => {
    return { name, shape, type, offset: begin + offset, bytes: length }
  })
  let end = headerBytes
  let last = 'its header'
  for (const { name, offset, bytes: length } of tensors.toSorted((one, other) => one.offset - other.offset)) {
    const called = `tensor ${shortened(name)}`
    if (offset < end) throw invalid(`${called} overlaps ${last}`)
    end = offset + length
    last = called
    if (end > (fileBytes ?? Number.MAX_SAFE_INTEGER)) {
      throw invalid(
        `it is cut short, or belongs to another file: ${called} ends at byte ${end} of ${fileBytes ?? 'any'}`,
      )
    }
  }
  return { version, metadata, tensors, headerBytes, fileBytes: end }
}

function invalid(why: string): ReflectionError {
  return new ReflectionError(
    'gguf-invalid',
    `This is not a GGUF file that can be used: ${why}. Download it again, or take another file; nothing was stored.`,
    { details: { why } },
  )
}

const LONGEST_QUOTE = 60

function shortened(name: string): string {
  return name.length > LONGEST_QUOTE ? `${name.slice(0, LONGEST_QUOTE)}…` : name
}
