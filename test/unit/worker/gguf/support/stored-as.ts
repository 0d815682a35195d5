import type { GgufTensor } from '../../../../../src/core/models/gguf/gguf-header.ts'
import { isUnfinished, parseGguf } from '../../../../../src/core/models/gguf/parse-gguf.ts'
import { isRepackable } from '../../../../../src/core/models/gguf/tensor-types.ts'
import { DEQUANTIZE } from '../../../../../worker/gguf/dequantize.ts'
import { ENCODED_TYPES } from './encode-blocks.ts'

const ALIGNMENT = 32

/** What `llama-quantize` takes for rows that are no whole blocks of 256. */
const INSTEAD: Readonly<Record<string, string>> = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' }

/** The same model with all of its matrices stored in one type, as far as their rows are whole blocks of it. */
export function storedAs(type: string, file: Uint8Array): Uint8Array<ArrayBuffer> {
  return restored(file, ({ shape }) => (fits(type, shape) ? type : INSTEAD[type]))
}

/** The same model with one matrix after the other stored in another type, until all types have had their turn, and again. */
export function storedInAllTypes(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const waiting = Object.keys(ENCODED_TYPES)
  return restored(file, ({ shape }) => {
    const [type] = waiting.splice(
      waiting.findIndex((name) => fits(name, shape)),
      1,
    )
    if (type !== undefined) waiting.push(type)
    return type
  })
}

function fits(type: string, [columns = 0]: readonly number[]): boolean {
  return columns % (ENCODED_TYPES[type]?.blockLength ?? 1) === 0
}

/** @param typeOf Of a matrix; norms stay as they are, and so does what is in this type already. */
function restored(file: Uint8Array, typeOf: (tensor: GgufTensor) => string | undefined): Uint8Array<ArrayBuffer> {
  const header = parseGguf(file, file.length)
  if (isUnfinished(header)) throw new Error('the file is cut short')
  const { tensors, headerBytes } = header
  const head = file.slice(0, headerBytes)
  const view = new DataView(head.buffer)
  let at = headerBytes - tensors.reduce((sum, { name, shape }) => sum + infoBytes(name, shape), 0)
  let next = 0
  const pieces = tensors.map((tensor) => {
    const { name, shape, bytes, offset, type } = tensor
    const wanted = shape.length > 1 ? (typeOf(tensor) ?? type.name) : type.name
    const stored = file.subarray(offset, offset + bytes)
    const data = wanted === type.name ? stored : encodeAll(numbersOf(tensor, stored), wanted)
    at += infoBytes(name, shape)
    if (wanted !== type.name) view.setUint32(at - 12, ENCODED_TYPES[wanted]?.number ?? 0, true)
    view.setBigUint64(at - 8, BigInt(next), true)
    const place = next
    next = Math.ceil((next + data.length) / ALIGNMENT) * ALIGNMENT
    return { place, data }
  })
  const begin = Math.ceil(headerBytes / ALIGNMENT) * ALIGNMENT
  const whole = new Uint8Array(begin + next)
  whole.set(head)
  for (const { place, data } of pieces) whole.set(data, begin + place)
  return whole
}

function infoBytes(name: string, shape: readonly number[]): number {
  return 8 + name.length + 4 + 8 * shape.length + 4 + 8
}

/** The numbers of a tensor, whatever it is stored as. @param stored Its bytes. */
export function numbersOf({ shape, type }: GgufTensor, stored: Uint8Array): Float32Array {
  const numbers = new Float32Array(shape.reduce((product, extent) => product * extent, 1))
  const { name, blockLength, blockBytes } = type
  if (!isRepackable(name)) throw new Error(`no numbers of ${name} here`)
  for (let block = 0; block * blockLength < numbers.length; block += 1) {
    DEQUANTIZE[name](stored, block * blockBytes, numbers, block * blockLength)
  }
  return numbers
}

function encodeAll(numbers: Float32Array, type: string): Uint8Array {
  const encoded = ENCODED_TYPES[type]
  if (encoded === undefined) throw new Error(`nothing is known of ${type}`)
  const { blockLength, encode } = encoded
  if (blockLength === 1) return encode(numbers)
  const blocks = Array.from({ length: numbers.length / blockLength }, (_, block) =>
    encode(numbers.subarray(block * blockLength, (block + 1) * blockLength)),
  )
  const [{ length } = new Uint8Array()] = blocks
  const bytes = new Uint8Array(blocks.length * length)
  for (const [block, content] of blocks.entries()) bytes.set(content, block * length)
  return bytes
}
