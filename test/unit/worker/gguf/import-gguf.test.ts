import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ggufBytes, ggufFiles } from '../../../../src/core/models/engine-files.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import type { ModelDescription } from '../../../../src/core/models/model-description.ts'
import { makeFiles } from '../../../../worker/gguf/make-files.ts'
import type { WeightStore } from '../../../../worker/weights/weight-store.ts'
import { MALFORMED_FILES } from '../../core/models/gguf/support/malformed-files.ts'
import { splitGguf } from '../../core/models/gguf/support/split-gguf.ts'
import { areGgufFiles, importGguf } from '../../../../worker/gguf/import-gguf.ts'
import { createMemoryPlaces } from '../support/memory-weights.ts'

const SHAPE = {
  layers: 2,
  hiddenSize: 256,
  feedForwardSize: 32,
  heads: 2,
  keyValueHeads: 1,
  headSize: 32,
  isTied: true,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  ropeFactor: 1,
}
const BASE = 'http://127.0.0.1/app/index.html'
const bytes = new Uint8Array(readFileSync(new URL('../../../fixtures/gguf/every-type.gguf', import.meta.url)))
const file = (name: string, content = bytes) => new File([content], name)

function setUp() {
  const { store, records } = createMemoryPlaces()
  const shares: number[] = []
  return {
    store,
    records,
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

  test.each<readonly [string, readonly File[], RegExp]>([
    ...MALFORMED_FILES.map(([what, content, why]) => [what, [file('a.gguf', content)], why] as const),
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

  test('that comes in parts is stored part by part, and becomes the same shards as the whole one', async () => {
    const parts = splitGguf(bytes, 3).map((content, index) =>
      file(`every-type-0000${index + 1}-of-00003.gguf`, content),
    )
    const [one, two, three] = parts as [File, File, File]
    const split = setUp()
    const model = await split.take(three, one, two)
    expect(model.files?.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))).toEqual(parts.map(({ name }) => name))
    expect(ggufFiles(model)).toEqual(model.files)
    expect(ggufBytes(model)).toBe(one.size + two.size + three.size)
    const shape = { ...SHAPE, vocabulary: model.imported?.description.vocabulary ?? 0 }
    const shardsOf = async ({ imported, ...rest }: ModelDescription, store: WeightStore) => {
      const described = {
        ...rest,
        imported: { ...imported!, repack: { shape, layout: { zero: 8, float: 'float32' } } },
      }
      const made = await makeFiles(described as ModelDescription, 'gpu', store)
      const shards = [...(made ?? [])].filter(([address]) => /params_shard/.test(address))
      return Promise.all(shards.map(async ([, make]) => Buffer.from(await make()).toString('base64')))
    }
    const whole = setUp()
    const expected = await shardsOf(await whole.take(file('every-type.gguf')), whole.store)
    expect(await shardsOf(model, split.store)).toEqual(expected)
    expect(expected.length).toBeGreaterThan(0)
  })

  test('with the header of another one but other weights, as one that was trained further, is a model beside it', async () => {
    const { store, take } = setUp()
    const trained = bytes.slice()
    trained.set(
      trained.slice(-4096).map((byte) => byte ^ 0xff),
      trained.length - 4096,
    )
    const [one, other] = [await take(file('a.gguf')), await take(file('a.gguf', trained))]
    expect(other.folderUrl).not.toBe(one.folderUrl)
    expect(other.revision).not.toBe(one.revision)
    const contents = [...(await store.files()).keys()].map(
      async (address) => new Uint8Array((await store.read(address))!),
    )
    expect(await Promise.all(contents)).toEqual([bytes, trained])
    expect(await store.models()).toHaveLength(2)
  })

  test('is stored anew where it is noted as whole, but its bytes are gone', async () => {
    const { store, records, take } = setUp()
    await take(file('a.gguf'))
    records.bytes.clear()
    await take(file('a.gguf'))
    const [address = ''] = (await store.files()).keys()
    expect(Buffer.from((await store.read(address))!).equals(bytes)).toBe(true)
  })

  test('that cannot be stored leaves nothing, but what was stored before', async () => {
    const [one, two] = splitGguf(bytes, 2).map((content, index) => file(`a-0000${index + 1}-of-00002.gguf`, content))
    const { store, records, take } = setUp()
    const fail = () => {
      const { commit } = records
      records.commit = async (changes) => {
        if (changes.some(({ type }) => type === 'put-piece')) throw new ReflectionError('storage-full', 'Full.')
        return commit(changes)
      }
      return () => void (records.commit = commit)
    }
    const mend = fail()
    await expect(take(one!, two!)).rejects.toMatchObject({ code: 'storage-full' })
    expect([(await store.files()).size, await store.models()]).toEqual([0, []])
    mend()
    await take(one!, two!)
    const [first = '', second = ''] = (await store.models())[0]?.addresses ?? []
    await store.drop(second)
    const before = await store.models()
    fail()
    await expect(take(one!, two!)).rejects.toMatchObject({ code: 'storage-full' })
    expect([...(await store.files()).keys()]).toEqual([first])
    expect(await store.models()).toEqual(before)
  })

  test('whose model is deleted while it is being stored leaves nothing, and says so', async () => {
    const { store, records, take } = setUp()
    const { commit } = records
    records.commit = async (changes) => {
      await commit(changes)
      if (!changes.some((change) => change.type === 'put-file' && change.file.isComplete)) return
      records.commit = commit
      await store.dropModel((await store.models())[0]?.folderUrl ?? '')
    }
    const parts = splitGguf(bytes, 2).map((content, index) => file(`a-0000${index + 1}-of-00002.gguf`, content))
    await expect(take(...parts)).rejects.toMatchObject({ code: 'model-not-loaded' })
    expect([(await store.files()).size, records.bytes.size, await store.models()]).toEqual([0, 0, []])
  })

  test('is told from other files by its name', () => {
    expect(areGgufFiles([file('a.GGUF'), file('b.gguf')])).toBe(true)
    expect(areGgufFiles([file('a.gguf'), file('manifest.json')])).toBe(false)
    expect(areGgufFiles([])).toBe(false)
  })
})
