import { HALF_VALUES, halfBits } from '../../../../../worker/gguf/half-float.ts'

/** Writes a block of numbers, or any number of them where a block is one; as `ggml-quants.c` lays them out, with the plainest choice of scales. */
type Encode = (numbers: Float32Array) => Uint8Array

interface EncodedType {
  /** As `ggml.h` numbers it. */
  readonly number: number
  readonly blockLength: number
  readonly encode: Encode
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const clamped = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)))

/** Writes a number as a half, and gives what it has become. */
function putHalf(bytes: Uint8Array, at: number, value: number): number {
  const bits = halfBits(value)
  view(bytes).setUint16(at, bits, true)
  return HALF_VALUES[bits] ?? 0
}

/** Of all numbers the one that is farthest from 0, with its sign. */
function farthest(numbers: Float32Array | Float64Array): number {
  let found = 0
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] as number
    if (Math.abs(number) > Math.abs(found)) found = number
  }
  return found
}

/** The least of all numbers, and the most. */
function boundsOf(numbers: Float32Array): readonly [least: number, most: number] {
  let [least, most] = [Infinity, -Infinity]
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] as number
    if (number < least) least = number
    if (number > most) most = number
  }
  return [least, most]
}

/** 32 whole numbers of 4 bits: one in the lower, the one 16 later in the upper half of a byte. */
function putNibbles(bytes: Uint8Array, at: number, values: Float32Array): void {
  for (let index = 0; index < 16; index += 1) {
    bytes[at + index] = ((values[index] ?? 0) & 15) | (((values[index + 16] ?? 0) & 15) << 4)
  }
}

/** The fifth bits of 32 numbers. */
function putFifths(bytes: Uint8Array, at: number, values: Float32Array): void {
  for (let index = 0; index < values.length; index += 1) {
    if ((values[index] as number) > 15) bytes[at + (index >> 3)] = (bytes[at + (index >> 3)] ?? 0) | (1 << (index & 7))
  }
}

const withLeast =
  (bits: 4 | 5): Encode =>
  (numbers) => {
    const bytes = new Uint8Array(bits === 4 ? 20 : 24)
    const [lowest, most] = boundsOf(numbers)
    const least = putHalf(bytes, 2, lowest)
    const scale = putHalf(bytes, 0, (most - least) / (2 ** bits - 1))
    const values = numbers.map((number) => clamped(scale === 0 ? 0 : (number - least) / scale, 2 ** bits - 1))
    if (bits === 5) putFifths(bytes, 4, values)
    putNibbles(bytes, bits === 4 ? 4 : 8, values)
    return bytes
  }

const Q5_0: Encode = (numbers) => {
  const bytes = new Uint8Array(22)
  const scale = putHalf(bytes, 0, farthest(numbers) / -16)
  const values = numbers.map((number) => clamped(scale === 0 ? 16 : number / scale + 16, 31))
  putFifths(bytes, 2, values)
  putNibbles(bytes, 6, values)
  return bytes
}

const Q8_0: Encode = (numbers) => {
  const bytes = new Uint8Array(34)
  const scale = putHalf(bytes, 0, Math.abs(farthest(numbers)) / 127)
  const written = new Int8Array(bytes.buffer, 2)
  written.set(numbers.map((number) => (scale === 0 ? 0 : Math.round(Math.min(127, Math.max(-127, number / scale))))))
  return bytes
}

/** 256 numbers in eight groups, each with a scale and a minimum of 6 bits. */
const withGroups =
  (bits: 4 | 5): Encode =>
  (numbers) => {
    const bytes = new Uint8Array(bits === 4 ? 144 : 176)
    const groups = Array.from({ length: 8 }, (_, group) => {
      const own = numbers.subarray(group * 32, group * 32 + 32)
      const [lowest, most] = boundsOf(own)
      const least = Math.min(0, lowest)
      return { own, least: -least, scale: (most - least) / (2 ** bits - 1) }
    })
    const allScales = putHalf(bytes, 0, Math.max(...groups.map(({ scale }) => scale)) / 63)
    const allLeast = putHalf(bytes, 2, Math.max(...groups.map(({ least }) => least)) / 63)
    for (const [group, { own, least, scale }] of groups.entries()) {
      const scaleBits = clamped(allScales === 0 ? 0 : scale / allScales, 63)
      const leastBits = clamped(allLeast === 0 ? 0 : least / allLeast, 63)
      const low = 4 + (group & 3)
      if (group < 4) {
        bytes[low] = scaleBits
        bytes[low + 4] = leastBits
      } else {
        bytes[low + 8] = (scaleBits & 15) | ((leastBits & 15) << 4)
        bytes[low] = (bytes[low] ?? 0) | ((scaleBits >> 4) << 6)
        bytes[low + 4] = (bytes[low + 4] ?? 0) | ((leastBits >> 4) << 6)
      }
      const unit = allScales * scaleBits
      for (let index = 0; index < own.length; index += 1) {
        const number = own[index] as number
        const value = clamped(unit === 0 ? 0 : (number + allLeast * leastBits) / unit, 2 ** bits - 1)
        const at = (bits === 4 ? 16 : 48) + (group >> 1) * 32 + index
        bytes[at] = (bytes[at] ?? 0) | ((value & 15) << (group & 1 ? 4 : 0))
        if (value > 15) bytes[16 + index] = (bytes[16 + index] ?? 0) | (1 << group)
      }
    }
    return bytes
  }

const Q6_K: Encode = (numbers) => {
  const bytes = new Uint8Array(210)
  const scales = Float64Array.from(
    { length: 16 },
    (_, group) => farthest(numbers.subarray(group * 16, group * 16 + 16)) / -32,
  )
  const all = putHalf(bytes, 208, Math.abs(farthest(scales)) / 127)
  const written = new Int8Array(bytes.buffer, 192, 16)
  written.set(scales.map((scale) => (all === 0 ? 0 : Math.round(scale / all))))
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] as number
    const unit = all * (written[index >> 4] as number)
    const value = clamped(unit === 0 ? 32 : number / unit + 32, 63)
    const part = (index >> 5) & 3
    const low = (index >> 7) * 64 + (index & 31) + (part & 1) * 32
    const high = 128 + (index >> 7) * 32 + (index & 31)
    bytes[low] = (bytes[low] ?? 0) | ((value & 15) << ((part >> 1) * 4))
    bytes[high] = (bytes[high] ?? 0) | ((value >> 4) << (part * 2))
  }
  return bytes
}

/** Numbers of a fixed size each, however many. */
const eachAs =
  (size: 2 | 4, put: (view: DataView, at: number, number: number) => void): Encode =>
  (numbers) => {
    const bytes = new Uint8Array(numbers.length * size)
    const written = view(bytes)
    for (let index = 0; index < numbers.length; index += 1) put(written, index * size, numbers[index] as number)
    return bytes
  }

const F32 = eachAs(4, (written, at, number) => written.setFloat32(at, number, true))

const F16 = eachAs(2, (written, at, number) => written.setUint16(at, halfBits(number), true))

const word = new DataView(new ArrayBuffer(4))
const BF16 = eachAs(2, (written, at, number) => {
  word.setFloat32(0, number)
  const bits = word.getUint32(0)
  written.setUint16(at, (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16, true)
})

/** Every type, beside Q4_0, that becomes 4 bits for the GPU. */
export const ENCODED_TYPES: Readonly<Record<string, EncodedType>> = {
  F32: { number: 0, blockLength: 1, encode: F32 },
  F16: { number: 1, blockLength: 1, encode: F16 },
  BF16: { number: 30, blockLength: 1, encode: BF16 },
  Q4_1: { number: 3, blockLength: 32, encode: withLeast(4) },
  Q5_0: { number: 6, blockLength: 32, encode: Q5_0 },
  Q5_1: { number: 7, blockLength: 32, encode: withLeast(5) },
  Q8_0: { number: 8, blockLength: 32, encode: Q8_0 },
  Q4_K: { number: 12, blockLength: 256, encode: withGroups(4) },
  Q5_K: { number: 13, blockLength: 256, encode: withGroups(5) },
  Q6_K: { number: 14, blockLength: 256, encode: Q6_K },
}
