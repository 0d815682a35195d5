import { describe, expect, test } from 'vitest'
import type { ReflectionError } from '../../../../../src/core/errors.ts'
import { isUnfinished, MOST_HEADER_BYTES, parseGguf } from '../../../../../src/core/models/gguf/parse-gguf.ts'
import { readGgufHeader, type ByteSource } from '../../../../../src/core/models/gguf/read-gguf-header.ts'
import { createRandom } from '../../../../../worker/seeded-random.ts'
import { buildGguf, type BuiltFile, type Typed } from './support/build-gguf.ts'
import { builtMatrix, MALFORMED_FILES } from './support/malformed-files.ts'

const GOOD: BuiltFile = {
  metadata: [
    ['general.architecture', ['text', 'llama']],
    ['general.name', ['text', 'Pürée 漢字']],
    ['llama.rope.freq_base', ['f32', 10000]],
    ['llama.context_length', ['u64', 2 ** 40]],
    ['tokenizer.ggml.add_bos_token', ['bool', true]],
    ['tokenizer.ggml.tokens', ['list', 'text', ['a', 'b', '']]],
    ['nested', ['list', 'list', [['list', 'u32', [1, 2]] as Typed]]],
  ],
  tensors: [builtMatrix('one', 3), { name: 'two', shape: [5], type: 0, data: new Uint8Array(20) }],
}

function sourceOf(bytes: Uint8Array, isLengthKnown = true): ByteSource & { readonly asked: number[] } {
  const asked: number[] = []
  return {
    asked,
    ...(isLengthKnown ? { byteLength: bytes.length } : {}),
    async read(offset, length) {
      asked.push(length)
      return bytes.subarray(offset, offset + length)
    },
  }
}

/** What is said of a file that cannot be read. */
function refusal(bytes: Uint8Array): string {
  try {
    parseGguf(bytes, bytes.length)
    return ''
  } catch (error) {
    return messageOf(error)
  }
}

/** The message of an error of the kind that is meant; of others, what they are. */
function messageOf(error: unknown): string {
  const { name, code, message } = error as ReflectionError
  return name === 'ReflectionError' && code === 'gguf-invalid' ? message : `another error: ${String(error)}`
}

describe('a header', () => {
  test('is read with its values, and tensors with their places in the file', () => {
    const bytes = buildGguf(GOOD)
    const header = parseGguf(bytes, bytes.length)
    if (isUnfinished(header)) throw new Error('more bytes wanted')
    expect(Object.fromEntries(header.metadata)).toEqual({
      'general.architecture': 'llama',
      'general.name': 'Pürée 漢字',
      'llama.rope.freq_base': 10000,
      'llama.context_length': 2 ** 40,
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.ggml.tokens': ['a', 'b', ''],
      nested: [[1, 2]],
    })
    const [one, two] = header.tensors
    expect(one).toMatchObject({ name: 'one', shape: [32, 3], bytes: 54, type: { name: 'Q4_0' } })
    expect(two).toMatchObject({ name: 'two', shape: [5], bytes: 20, offset: (one?.offset ?? 0) + 64 })
    expect(header.fileBytes).toBe(bytes.length)
    expect(bytes.subarray(one?.offset, (one?.offset ?? 0) + 54)).toEqual(new Uint8Array(54).fill(7))
  })

  test('asks for more bytes at every place where it is cut, and ends the same', () => {
    const bytes = buildGguf(GOOD)
    const whole = parseGguf(bytes, bytes.length)
    const { headerBytes } = whole as { headerBytes: number }
    for (let cut = 0; cut < headerBytes; cut += 1) {
      const result = parseGguf(bytes.subarray(0, cut), bytes.length)
      expect(result).toEqual({ needs: expect.any(Number) })
      expect((result as { needs: number }).needs).toBeGreaterThan(cut)
    }
    expect(parseGguf(bytes.subarray(0, headerBytes), bytes.length)).toEqual(whole)
  })

  test('comes in ranges that grow, whether or not the length of the file is known', async () => {
    const tokens = Array.from({ length: 40_000 }, (_, index) => `token ${index}`)
    const bytes = buildGguf({ metadata: [['tokens', ['list', 'text', tokens]]], tensors: [builtMatrix('one', 3)] })
    for (const isLengthKnown of [true, false]) {
      const source = sourceOf(bytes, isLengthKnown)
      const header = await readGgufHeader(source)
      expect(header.metadata.get('tokens')).toHaveLength(40_000)
      expect(source.asked).toEqual([2 ** 18, 3 * 2 ** 18])
    }
  })

  test('with keys that are names of properties of objects changes no object', () => {
    const bytes = buildGguf({
      metadata: [
        ['__proto__', ['text', 'x']],
        ['constructor', ['list', 'text', ['y']]],
      ],
    })
    const header = parseGguf(bytes, bytes.length) as { metadata: ReadonlyMap<string, unknown> }
    expect(header.metadata.get('__proto__')).toBe('x')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    expect({}.constructor).toBe(Object)
  })
})

describe('a malformed file is refused, and the message says why:', () => {
  const deep = (depth: number): Typed => ['list', 'list', depth === 0 ? [] : [deep(depth - 1)]]
  const cases: readonly (readonly [what: string, file: BuiltFile | Uint8Array, why: RegExp])[] = [
    ...MALFORMED_FILES,
    ['an empty file', new Uint8Array(), /cut short/],
    ['a web page', new TextEncoder().encode('<!doctype html><html></html>'), /letters GGUF/],
    ['version 1', { version: 1 }, /version is 1/],
    ['a big-endian file', { version: 0x03_00_00_00 }, /big-endian/],
    [
      'a key twice',
      {
        metadata: [
          ['a', ['u8', 1]],
          ['a', ['u8', 2]],
        ],
      },
      /have a twice/,
    ],
    ['lists in lists in lists', { metadata: [['a', deep(9)]] }, /nests lists/],
    ['an alignment of three', { metadata: [['general.alignment', ['u32', 3]]] }, /general\.alignment is 3/],
    ['a tensor twice', { tensors: [builtMatrix('one', 1), builtMatrix('one', 1)] }, /tensor one is there twice/],
    ['a tensor without extents', { tensors: [{ ...builtMatrix('one', 1), shape: [] }] }, /0 extents/],
    ['a tensor of nothing', { tensors: [{ ...builtMatrix('one', 1), shape: [32, 0] }] }, /shape 32 × 0/],
    ['a type that nobody knows', { tensors: [{ ...builtMatrix('one', 1), type: 99 }] }, /type 99/],
    ['rows of half a block', { tensors: [{ ...builtMatrix('one', 2), shape: [16, 4] }] }, /no whole blocks of Q4_0/],
    ['a tensor that begins anywhere', { tensors: [builtMatrix('one', 2, 7)] }, /multiple of 32/],
    [
      'a tensor beyond the end',
      { tensors: [{ ...builtMatrix('one', 4), shape: [32, 4000] }] },
      /cut short.*tensor one/,
    ],
  ]
  test.each(cases)('%s', (_, file, why) => {
    expect(refusal(file instanceof Uint8Array ? file : buildGguf(file))).toMatch(why)
  })

  test('a value of a kind that there is not', () => {
    const bytes = buildGguf({ metadata: [['a', ['u8', 1]]] })
    bytes[bytes.length - 5] = 77
    expect(refusal(bytes)).toMatch(/kind 77/)
  })

  test('a header that goes on and on is given up', async () => {
    const start = buildGguf({ keyCount: 3_000_000 })
    let read = 0
    const source: ByteSource = {
      async read(offset, length) {
        read = offset + length
        const bytes = new Uint8Array(length)
        bytes.set(start.subarray(offset, offset + length))
        return bytes
      },
    }
    await expect(readGgufHeader(source)).rejects.toMatchObject({ code: 'gguf-invalid' })
    expect(read).toBeLessThanOrEqual(MOST_HEADER_BYTES)
  })

  test('any file with a few bytes changed, cut or added is read or refused, and nothing else (seed 20261121)', () => {
    const good = buildGguf(GOOD)
    const random = createRandom(20261121)
    const seen = { read: 0, refused: 0, unfinished: 0 }
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = good.slice(0, random() < 0.2 ? Math.floor(random() * good.length) : good.length)
      for (let change = Math.floor(random() * 4); change >= 0; change -= 1) {
        const value = random() < 0.3 ? 255 : Math.floor(random() * 256)
        if (bytes.length > 0) bytes[Math.floor(random() * Math.min(bytes.length, 400))] = value
      }
      try {
        const result = parseGguf(bytes, random() < 0.5 ? bytes.length : undefined)
        seen[isUnfinished(result) ? 'unfinished' : 'read'] += 1
      } catch (error) {
        if (messageOf(error).startsWith('another')) throw error
        seen.refused += 1
      }
    }
    expect(Math.min(seen.read, seen.refused, seen.unfinished)).toBeGreaterThan(100)
  })
})
