/** How a GPU program uses one of its buffers. */
export type GpuBinding = 'storage' | 'read-only-storage' | 'uniform'

/** A program for the GPU, as a model library holds it. */
export interface GpuProgram {
  readonly name: string
  /** WGSL. */
  readonly code: string
  /** Of its buffers, by their number. */
  readonly bindings: readonly GpuBinding[]
}

/** What TVM writes above each program. */
const HEADING = new TextEncoder().encode('\n// Function: ')

/** Length of a string, before it: 64 bits, little-endian. */
const LENGTH_BYTES = 8

const DECLARATION = /@group\(0\) @binding\((\d+)\) var<(storage, read_write|storage, read|uniform)>/g

const KINDS: Readonly<Record<string, GpuBinding>> = {
  'storage, read_write': 'storage',
  'storage, read': 'read-only-storage',
  uniform: 'uniform',
}

/**
 * The GPU programs of a model library. TVM keeps them in it as text: each one's name, then its code, each after its length. WebLLM comes to
 * them only after the weights; who reads them here can let the GPU compile them meanwhile.
 * @returns Those that were found; what does not look as expected is left out.
 */
export function gpuPrograms(library: ArrayBuffer): GpuProgram[] {
  const bytes = new Uint8Array(library)
  const programs: GpuProgram[] = []
  for (let at = indexOf(bytes, HEADING, 0); at >= 0; at = indexOf(bytes, HEADING, at + 1)) {
    const program = programAround(bytes, at)
    if (program !== undefined) programs.push(program)
  }
  return programs
}

/** @param heading Where `HEADING` stands: after the first line of the code, which is dashes. */
function programAround(bytes: Uint8Array, heading: number): GpuProgram | undefined {
  const nameEnd = bytes.indexOf(10, heading + HEADING.length)
  const name = textOf(bytes.subarray(heading + HEADING.length, nameEnd))
  let begin = heading
  while (begin > 0 && (bytes[begin - 1] === 45 || bytes[begin - 1] === 47)) begin-- // dashes and slashes
  const length = lengthBefore(bytes, begin)
  const nameBefore = textOf(bytes.subarray(begin - LENGTH_BYTES - name.length, begin - LENGTH_BYTES))
  if (nameBefore !== name || length > bytes.length - begin) return undefined
  const code = textOf(bytes.subarray(begin, begin + length))
  const bindings: GpuBinding[] = []
  for (const [, index = '', kind = ''] of code.matchAll(DECLARATION)) {
    const binding = KINDS[kind]
    if (binding !== undefined) bindings[Number(index)] = binding
  }
  const isWhole = bindings.length > 0 && !Array.from<GpuBinding | undefined>(bindings).includes(undefined)
  return isWhole ? { name, code, bindings } : undefined
}

/** No program has 4 GiB: the upper half of the 64 bits is left out. */
function lengthBefore(bytes: Uint8Array, at: number): number {
  if (at < LENGTH_BYTES) return Infinity
  return new DataView(bytes.buffer, bytes.byteOffset + at - LENGTH_BYTES).getUint32(0, true)
}

function indexOf(bytes: Uint8Array, part: Uint8Array, from: number): number {
  const [first = 0] = part
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at
  }
  return -1
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
