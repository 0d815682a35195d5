import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { areGgufFiles, importGguf } from '../../../../worker/gguf/import-gguf.ts'
import { createMemoryPlaces } from '../support/memory-weights.ts'

const BASE = 'http://127.0.0.1/app/index.html'
const bytes = new Uint8Array(readFileSync(new URL('../../../fixtures/gguf/every-type.gguf', import.meta.url)))
const file = (name: string, content = bytes) => new File([content], name)

function setUp() {
  const { store } = createMemoryPlaces()
  const shares: number[] = []
  return {
    store,
    shares,
    take: (...files: File[]) => importGguf(files, store, BASE, ({ share }) => shares.push(share)),
  }
}

describe('a GGUF file of this device', () => {
  test('is described by its header and stored whole under an address of its own', async () => {
    const { store, shares, take } = setUp()
    const model = await take(file('every type.gguf'))
    expect(model).toMatchObject({ id: 'every-type', downloadBytes: bytes.length, origin: 'user' })
    const [part] = model.files ?? []
    const address = new URL(part?.path ?? '', model.folderUrl).href
    expect(address).toMatch(/^https:\/\/gguf\.invalid\/[0-9a-f]{16}\/every%20type\.gguf$/)
    expect(new Uint8Array((await store.read(address)) ?? new ArrayBuffer())).toEqual(bytes)
    expect((await store.models()).map(({ addresses }) => addresses)).toEqual([[address]])
    expect(shares.at(-1)).toBe(1)
    expect(await take(file('every type.gguf'))).toEqual(model) // once more changes nothing
    expect((await store.files()).size).toBe(1)
  })

  test.each([
    ['another kind of file', [file('a.gguf', new TextEncoder().encode('<!doctype html>'))], /letters GGUF/],
    ['a file that is cut short', [file('a.gguf', bytes.slice(0, 150_000))], /cut short/],
    ['two models at once', [file('a.gguf'), file('b.gguf')], /several were chosen/],
    ['a part without the others', [file('a-00002-of-00003.gguf')], /a-00001-of-00003\.gguf, a-00003-of-00003\.gguf/],
  ])('is refused where it is %s, and nothing is stored', async (_, files, why) => {
    const { store, take } = setUp()
    await expect(take(...files)).rejects.toMatchObject({ code: 'gguf-invalid' })
    await expect(take(...files)).rejects.toThrow(why)
    expect((await store.files()).size).toBe(0)
    expect(await store.models()).toEqual([])
  })

  test('is told from other files by its name', () => {
    expect(areGgufFiles([file('a.GGUF'), file('b.gguf')])).toBe(true)
    expect(areGgufFiles([file('a.gguf'), file('manifest.json')])).toBe(false)
    expect(areGgufFiles([])).toBe(false)
  })
})
