import type { RepackableType } from '../../src/core/models/gguf/tensor-types.ts'
import { HALF_VALUES } from './half-float.ts'

/**
 * Writes the numbers of whole blocks.
 * @param from - Of the first block in `bytes`.
 * @param to - Of its first number in `numbers`.
 */
type Dequantize = (bytes: Uint8Array, from: number, numbers: Float32Array, to: number) => void

const half = (bytes: Uint8Array, at: number) => HALF_VALUES[byte(bytes, at) | (byte(bytes, at + 1) << 8)] as number
const byte = (bytes: Uint8Array, at: number) => bytes[at] as number
const signed = (value: number) => (value << 24) >> 24

const word = new Uint32Array(1)
const float = new Float32Array(word.buffer)

/** One block each, by the name of its type; as llama.cpp's reference has it. Each number is rounded to 32 bits once, when it is stored. */
export const DEQUANTIZE: Readonly<Record<RepackableType, Dequantize>> = {
  F32(bytes, from, numbers, to) {
    word[0] = byte(bytes, from) | (byte(bytes, from + 1) << 8) | (byte(bytes, from + 2) << 16) | (byte(bytes, from + 3) << 24) // oxfmt-ignore
    numbers[to] = float[0] as number
  },
  F16(bytes, from, numbers, to) {
    numbers[to] = half(bytes, from)
  },
  BF16(bytes, from, numbers, to) {
    word[0] = (byte(bytes, from) << 16) | (byte(bytes, from + 1) << 24)
    numbers[to] = float[0] as number
  },
  Q8_0(bytes, from, numbers, to) {
    const scale = half(bytes, from)
    for (let index = 0; index < 32; index += 1) {
      numbers[to + index] = scale * signed(byte(bytes, from + 2 + index))
    }
  },
  Q4_0(bytes, from, numbers, to) {
    const scale = half(bytes, from)
    for (let index = 0; index < 16; index += 1) {
      const pair = byte(bytes, from + 2 + index)
      numbers[to + index] = scale * ((pair & 15) - 8)
      numbers[to + 16 + index] = scale * ((pair >> 4) - 8)
    }
  },
  Q4_1(bytes, from, numbers, to) {
    const scale = half(bytes, from)
    const least = half(bytes, from + 2)
    for (let index = 0; index < 16; index += 1) {
      const pair = byte(bytes, from + 4 + index)
      numbers[to + index] = scale * (pair & 15) + least
      numbers[to + 16 + index] = scale * (pair >> 4) + least
    }
  },
  Q5_0(bytes, from, numbers, to) {
    const scale = half(bytes, from)
    for (let index = 0; index < 32; index += 1) {
      const pair = byte(bytes, from + 6 + (index & 15))
      const fifth = (byte(bytes, from + 2 + (index >> 3)) >> (index & 7)) & 1
      numbers[to + index] = scale * (((index < 16 ? pair & 15 : pair >> 4) | (fifth << 4)) - 16)
    }
  },
  Q5_1(bytes, from, numbers, to) {
    const scale = half(bytes, from)
    const least = half(bytes, from + 2)
    for (let index = 0; index < 32; index += 1) {
      const pair = byte(bytes, from + 8 + (index & 15))
      const fifth = (byte(bytes, from + 4 + (index >> 3)) >> (index & 7)) & 1
      numbers[to + index] = scale * ((index < 16 ? pair & 15 : pair >> 4) | (fifth << 4)) + least
    }
  },
  Q4_K(bytes, from, numbers, to) {
    for (let group = 0; group < 8; group += 1) {
      const [scale, least] = scaleOfGroup(bytes, from, group)
      for (let index = 0; index < 32; index += 1) {
        const pair = byte(bytes, from + 16 + (group >> 1) * 32 + index)
        numbers[to + group * 32 + index] = scale * ((group & 1) === 0 ? pair & 15 : pair >> 4) - least
      }
    }
  },
  Q5_K(bytes, from, numbers, to) {
    for (let group = 0; group < 8; group += 1) {
      const [scale, least] = scaleOfGroup(bytes, from, group)
      for (let index = 0; index < 32; index += 1) {
        const pair = byte(bytes, from + 48 + (group >> 1) * 32 + index)
        const fifth = (byte(bytes, from + 16 + index) >> group) & 1
        const value = ((group & 1) === 0 ? pair & 15 : pair >> 4) | (fifth << 4)
        numbers[to + group * 32 + index] = scale * value - least
      }
    }
  },
  Q6_K(bytes, from, numbers, to) {
    const all = half(bytes, from + 208)
    for (let index = 0; index < 256; index += 1) {
      const scale = all * signed(byte(bytes, from + 192 + (index >> 4)))
      const part = (index >> 5) & 3
      const inHalf = (index >> 7) * 64 + (index & 31)
      const low = byte(bytes, from + inHalf + (part & 1) * 32) >> ((part >> 1) * 4)
      const high = byte(bytes, from + 128 + (index >> 7) * 32 + (index & 31)) >> (part * 2)
      numbers[to + index] = scale * (((low & 15) | ((high & 3) << 4)) - 32)
    }
  },
}

/** Scale and minimum of one of the eight groups of a block of `Q4_K` or `Q5_K`, whose 6 bits are spread over 12 bytes. */
function scaleOfGroup(bytes: Uint8Array, from: number, group: number): readonly [scale: number, least: number] {
  const at = from + 4
  const low = group & 3
  const [scale, least] =
    group < 4
      ? [byte(bytes, at + low) & 63, byte(bytes, at + 4 + low) & 63]
      : [
          (byte(bytes, at + 8 + low) & 15) | ((byte(bytes, at + low) >> 2) & 48),
          (byte(bytes, at + 8 + low) >> 4) | ((byte(bytes, at + 4 + low) >> 2) & 48),
        ]
  return [half(bytes, from) * scale, half(bytes, from + 2) * least]
}
