import { isUnfinished, parseGguf } from '../../../../../../src/core/models/gguf/parse-gguf.ts'

const ALIGNMENT = 32

/** Magic word, version, and the two counts. */
const FIRST_BYTES = 24

/** How `split.no`, `split.count` and `split.tensors.count` are typed in a file. */
const U16 = 2
const I32 = 5

/** Cuts a GGUF file into parts as llama.cpp's `gguf-split` does it: the metadata stand in the first, tensors go to one after the other. */
export function splitGguf(file: Uint8Array, count: number): Uint8Array<ArrayBuffer>[] {
  const header = parseGguf(file, file.length)
  if (isUnfinished(header)) throw new Error('the file is cut short')
  const { tensors, headerBytes, metadata } = header
  const infoBytes = tensors.reduce((sum, { name, shape }) => sum + 8 + name.length + 4 + 8 * shape.length + 4 + 8, 0)
  const infosAt = headerBytes - infoBytes
  const infos: Uint8Array[] = []
  for (const { name, shape } of tensors) {
    const at = infosAt + infos.reduce((sum, { length }) => sum + length, 0)
    infos.push(file.subarray(at, at + 8 + name.length + 4 + 8 * shape.length + 4 + 8))
  }
  const each = Math.ceil(tensors.length / count)
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [part * each, Math.min(tensors.length, (part + 1) * each)]
    const own = [
      ...(part === 0 ? [file.subarray(FIRST_BYTES, infosAt)] : []),
      valueOf('split.no', U16, part),
      valueOf('split.count', U16, count),
      valueOf('split.tensors.count', I32, tensors.length),
    ]
    let next = 0
    const placed = tensors.slice(from, to).map((tensor, index) => {
      const info = Uint8Array.from(infos[from + index] ?? [])
      new DataView(info.buffer).setBigUint64(info.length - 8, BigInt(next), true)
      const data = file.subarray(tensor.offset, tensor.offset + tensor.bytes)
      const padded = new Uint8Array(Math.ceil(data.length / ALIGNMENT) * ALIGNMENT)
      padded.set(data)
      next += padded.length
      return { info, padded }
    })
    const beginning = new Uint8Array(FIRST_BYTES)
    beginning.set(file.subarray(0, 8))
    const view = new DataView(beginning.buffer)
    view.setBigUint64(8, BigInt(to - from), true)
    view.setBigUint64(16, BigInt(part === 0 ? metadata.size + 3 : 3), true)
    const head = joined([beginning, ...own, ...placed.map(({ info }) => info)])
    const gap = new Uint8Array(Math.ceil(head.length / ALIGNMENT) * ALIGNMENT - head.length)
    return joined([head, gap, ...placed.map(({ padded }) => padded)])
  })
}

function valueOf(key: string, type: number, value: number): Uint8Array {
  const name = new TextEncoder().encode(key)
  const bytes = new Uint8Array(8 + name.length + 4 + (type === U16 ? 2 : 4))
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(name.length), true)
  bytes.set(name, 8)
  view.setUint32(8 + name.length, type, true)
  if (type === U16) view.setUint16(8 + name.length + 4, value, true)
  else view.setInt32(8 + name.length + 4, value, true)
  return bytes
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
