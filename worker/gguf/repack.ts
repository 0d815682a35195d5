import { ReflectionError } from '../../src/core/errors.ts'
import type { GgufTensor } from '../../src/core/models/gguf/gguf-header.ts'
import type { LlamaPart, WeightLayout } from '../../src/core/models/gguf/llama-shape.ts'
import { isRepackable, REPACKABLE_TYPES } from '../../src/core/models/gguf/tensor-types.ts'
import { DEQUANTIZE } from './dequantize.ts'
import { HALF_VALUES, halfBits, LARGEST_HALF } from './half-float.ts'
import type { PlannedShard } from './plan-shards.ts'
import { createGroupQuantizer, GROUP, type GroupQuantizer } from './quantize-group.ts'

/** A tensor and how to read some of its bytes. */
export interface ReadableTensor {
  readonly tensor: GgufTensor
  /** @param offset - From the beginning of the tensor. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Finds a tensor by its name. @throws {ReflectionError} `gguf-invalid` when there is none. */
export type FindTensor = (name: string) => ReadableTensor

/** Bytes of a tensor that are read at once: what a repacking holds beside the shard that it writes. */
const BYTES_AT_ONCE = 2 ** 21

/** A block of Q4_0: a scale of two bytes, then value i in the low and value i + 16 in the high half of byte i. */
const Q4_0_BYTES = 18

/** Where a matrix is written to. */
interface Target {
  readonly values: Uint8Array
  readonly scales: Scales
}

/** Takes the bits of 16-bit scales. */
interface Scales {
  set(index: number, half: number): void
}

/**
 * Writes a shard of a model library from the tensors of a GGUF file: Q4_0 without any loss, other types quantized anew, as `forge convert`
 * does it.
 * @throws {ReflectionError} `gguf-invalid` for tensors that are missing, of another shape or type, or hold numbers that are none.
 */
export async function repackShard(
  { shard, weights }: PlannedShard,
  find: FindTensor,
  layout: WeightLayout,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(shard.nbytes)
  const quantizer = createGroupQuantizer()
  for (const { weight, valuesAt, scalesAt } of weights) {
    if (weight.rows === undefined) {
      await writeNorm(find(weight.parts[0]?.tensor ?? ''), weight.columns, bytes, valuesAt, layout)
      continue
    }
    const target = {
      values: bytes.subarray(valuesAt, scalesAt),
      scales: scalesOf(bytes.buffer, scalesAt, weight.rows * (weight.columns / GROUP), layout),
    }
    let firstRow = 0
    for (const part of weight.parts) {
      await writeMatrix(find(part.tensor), part, firstRow, weight.columns, target, { layout, quantizer })
      firstRow += part.rows
    }
  }
  return bytes
}

async function writeNorm(
  { tensor, read }: ReadableTensor,
  length: number,
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  { float }: WeightLayout,
): Promise<void> {
  checkShape(tensor, [length])
  const numbers = new Float32Array(length)
  dequantizeRows(tensor, await read(0, tensor.bytes), numbers)
  const most = float === 'float32' ? Number.MAX_VALUE : LARGEST_HALF
  if (!numbers.every((number) => Math.abs(number) <= most)) throw notFinite(tensor)
  if (float === 'float32') new Float32Array(bytes.buffer, at, length).set(numbers)
  else new Uint16Array(bytes.buffer, at, length).set(Array.from(numbers, halfBits))
}

async function writeMatrix(
  { tensor, read }: ReadableTensor,
  { rows, rotaryHeads }: LlamaPart,
  firstRow: number,
  columns: number,
  target: Target,
  { layout, quantizer }: { layout: WeightLayout; quantizer: GroupQuantizer },
): Promise<void> {
  checkShape(tensor, [columns, rows])
  const rowBytes = tensor.bytes / rows
  const headRows = rotaryHeads === 0 ? rows : rows / rotaryHeads
  const rowsAtOnce = Math.max(1, Math.floor(BYTES_AT_ONCE / rowBytes))
  const isTaken = tensor.type.name === 'Q4_0'
  const numbers = new Float32Array(isTaken ? 0 : columns)
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - start)
    const blocks = await read(start * rowBytes, count * rowBytes)
    for (let index = 0; index < count; index += 1) {
      const row = firstRow + (rotaryHeads === 0 ? start + index : placeOfRow(start + index, headRows))
      if (isTaken) {
        takeRow(tensor, blocks, index * rowBytes, row, columns, target, layout)
      } else {
        dequantizeRows(tensor, blocks.subarray(index * rowBytes, (index + 1) * rowBytes), numbers)
        quantizeRow(tensor, numbers, row, target, layout, quantizer)
      }
    }
  }
}

/** GGUF stores the two rows that are rotated together next to each other; libraries rotate the halves of a head. */
function placeOfRow(stored: number, headRows: number): number {
  const inHead = stored % headRows
  return stored - inHead + (inHead % 2) * (headRows / 2) + Math.floor(inHead / 2)
}

function takeRow(
  tensor: GgufTensor,
  blocks: Uint8Array,
  from: number,
  row: number,
  columns: number,
  { values, scales }: Target,
  { zero }: WeightLayout,
): void {
  const groups = columns / GROUP
  const turn = zero === 8 ? 0 : 0xff
  for (let group = 0; group < groups; group += 1) {
    const block = from + group * Q4_0_BYTES
    const scale = (blocks[block] as number) | ((blocks[block + 1] as number) << 8)
    if ((scale & 0x7c00) === 0x7c00) throw notFinite(tensor)
    scales.set(row * groups + group, zero === 8 ? scale : scale ^ 0x8000)
    const to = (row * columns) / 2 + group * (GROUP / 2)
    for (let pair = 0; pair < 8; pair += 1) {
      const even = blocks[block + 2 + 2 * pair] as number
      const odd = blocks[block + 3 + 2 * pair] as number
      values[to + pair] = ((even & 15) | ((odd & 15) << 4)) ^ turn
      values[to + 8 + pair] = ((even >> 4) | (odd & 0xf0)) ^ turn
    }
  }
}

function quantizeRow(
  tensor: GgufTensor,
  numbers: Float32Array,
  row: number,
  { values, scales }: Target,
  { zero }: WeightLayout,
  quantizer: GroupQuantizer,
): void {
  const groups = numbers.length / GROUP
  const turn = zero === 8 ? 0 : 0xff
  for (let group = 0; group < groups; group += 1) {
    const scale = quantizer.quantize(numbers, group * GROUP)
    if (scale === undefined) throw notFinite(tensor)
    scales.set(row * groups + group, zero === 8 ? halfBits(scale) : halfBits(scale) ^ 0x8000)
    const to = (row * numbers.length) / 2 + group * (GROUP / 2)
    for (let pair = 0; pair < GROUP / 2; pair += 1) {
      const even = (quantizer.values[2 * pair] as number) + 8
      const odd = (quantizer.values[2 * pair + 1] as number) + 8
      values[to + pair] = (even | (odd << 4)) ^ turn
    }
  }
}

function dequantizeRows({ name, type }: GgufTensor, bytes: Uint8Array, numbers: Float32Array): void {
  if (!isRepackable(type.name)) {
    throw invalid(
      `tensor ${name} is stored as ${type.name}, which cannot be made into 4 bits for the GPU here. It runs on the processor; ` +
        `for the GPU take a file of one of these types: ${REPACKABLE_TYPES.join(', ')}`,
      name,
    )
  }
  const dequantize = DEQUANTIZE[type.name]
  for (let block = 0; block * type.blockLength < numbers.length; block += 1) {
    dequantize(bytes, block * type.blockBytes, numbers, block * type.blockLength)
  }
}

function scalesOf(buffer: ArrayBuffer, at: number, length: number, { float }: WeightLayout): Scales {
  if (float === 'float16') {
    const halves = new Uint16Array(buffer, at, length)
    return { set: (index, half) => void (halves[index] = half) }
  }
  const floats = new Float32Array(buffer, at, length)
  return { set: (index, half) => void (floats[index] = HALF_VALUES[half] as number) }
}

function checkShape({ name, shape }: GgufTensor, wanted: readonly number[]): void {
  const found = shape.filter((extent, index) => extent > 1 || index < wanted.length)
  if (found.length === wanted.length && found.every((extent, index) => extent === wanted[index])) return
  throw invalid(`tensor ${name} has the shape ${shape.join(' × ')} instead of ${wanted.join(' × ')}`, name)
}

function notFinite({ name }: GgufTensor): ReflectionError {
  return invalid(`tensor ${name} holds numbers that are infinite or none at all`, name)
}

function invalid(why: string, tensor: string): ReflectionError {
  return new ReflectionError('gguf-invalid', `The GGUF file cannot be used on the GPU: ${why}.`, {
    details: { tensor },
  })
}
