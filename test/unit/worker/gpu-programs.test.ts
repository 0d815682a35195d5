import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gpuPrograms } from '../../../worker/gpu-programs.ts'
import { EMBEDDED_FOLDER } from '../../embedded-folder.ts'

const EMBEDDED = `public/${EMBEDDED_FOLDER}reflection-tiny.wasm`

/** A library that holds nothing but some programs as TVM writes them. */
function libraryOf(programs: readonly { name: string; code: string }[], lengthOf = (code: string) => code.length) {
  const parts = programs.flatMap(({ name, code }) => [
    new BigUint64Array([BigInt(name.length)]),
    new TextEncoder().encode(name),
    new BigUint64Array([BigInt(lengthOf(code))]),
    new TextEncoder().encode(code),
  ])
  return new Blob([new Uint8Array(11), ...parts]).arrayBuffer()
}

function program(name: string, declarations: string): { name: string; code: string } {
  const line = `//${'-'.repeat(40)}`
  return { name, code: `${line}\n// Function: ${name}\n${line}\n${declarations}\nfn ${name}() {}\n` }
}

const A = program(
  'a_kernel',
  '@group(0) @binding(0) var<storage, read_write> x : array<f32>;\n@group(0) @binding(1) var<uniform> podArgs : PODArgs;',
)
const B = program('b_kernel', '@group(0) @binding(0) var<storage, read> y : array<f32>;')

describe('the GPU programs of a model library', () => {
  test('are found with their names, their code and what they do with each buffer', async () => {
    expect(gpuPrograms(await libraryOf([A, B]))).toEqual([
      { ...A, bindings: ['storage', 'uniform'] },
      { ...B, bindings: ['read-only-storage'] },
    ])
  })

  test('of the embedded model are all there', () => {
    const bytes = readFileSync(EMBEDDED)
    const programs = gpuPrograms(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    expect(programs).toHaveLength(bytes.toString('latin1').split('// Function: ').length - 1)
    expect(programs.length).toBeGreaterThan(10)
    for (const { name, code, bindings } of programs) {
      expect(code.startsWith('//---')).toBe(true)
      expect(code).toContain(`fn ${name}(`)
      expect(code.trimEnd().endsWith('}')).toBe(true)
      expect(bindings.at(-1)).toBe('uniform')
    }
  })

  test('are left out where something is not as expected, and nothing is thrown', async () => {
    expect(gpuPrograms(new ArrayBuffer(0))).toEqual([])
    expect(gpuPrograms(new TextEncoder().encode('\n// Function: ').buffer)).toEqual([])
    expect(gpuPrograms(await libraryOf([A], () => 2 ** 31))).toEqual([])
    expect(gpuPrograms(await libraryOf([program('c_kernel', '')]))).toEqual([])
    const gap = program('d_kernel', '@group(0) @binding(1) var<uniform> podArgs : PODArgs;')
    expect(gpuPrograms(await libraryOf([gap, B]))).toEqual([{ ...B, bindings: ['read-only-storage'] }])
  })
})
