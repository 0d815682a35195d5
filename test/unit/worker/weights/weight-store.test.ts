import { expect, test } from 'vitest'
import { PIECE_BYTES, type WeightStore } from '../../../../worker/weights/weight-store.ts'
import { createMemoryPlaces, textOf } from '../support/memory-weights.ts'

const ADDRESS = 'https://models.example/resolve/v1/shard'

const piece = () => new Uint8Array(PIECE_BYTES)

/** A store with one whole file. */
const withFile = () => createMemoryPlaces({ [ADDRESS]: 'weights' })

/** Takes the bytes of a file, but for the first times, as where a disk or a browser fails. */
function failing(times: number) {
  let tried = 0
  return {
    tried: () => tried,
    async take(file: Blob): Promise<string> {
      tried += 1
      if (tried <= times) throw new DOMException('The file could not be read.', 'NotReadableError')
      return file.text()
    },
  }
}

test('a read that fails is tried again, and nothing is thought of it once it works', async () => {
  const { store } = withFile()
  const { take, tried } = failing(2)
  expect(await store.readWith(ADDRESS, take)).toBe('weights')
  expect(tried()).toBe(3)
  expect((await store.file(ADDRESS))?.isSuspect).not.toBe(true)
})

test('one that keeps failing is told by name; the file is suspected, not taken for gone, and checked whole before it is used again', async () => {
  const { store } = withFile()
  const { take, tried } = failing(Infinity)
  await expect(store.readWith(ADDRESS, take)).rejects.toMatchObject({
    code: 'storage-unreadable',
    details: { file: 'shard' },
  })
  expect(tried()).toBe(3)
  expect(await store.file(ADDRESS)).toMatchObject({ isComplete: true, isSuspect: true })
  const read: number[] = []
  expect(await store.check(ADDRESS, 'quick', (count) => void read.push(count))).toBe(true)
  expect(read).toEqual(['weights'.length]) // all of it, though a quick check was asked for
  expect(await store.readWith(ADDRESS, (file) => file.text())).toBe('weights')
})

test('a file that is deleted while it is being written takes no more', async () => {
  const { store, records } = createMemoryPlaces()
  const writer = await store.begin({ address: ADDRESS })
  await writer.write(piece())
  await store.drop(ADDRESS)
  await expect(writer.write(piece())).rejects.toMatchObject({ code: 'model-not-loaded' })
  expect([(await store.files()).size, records.bytes.size]).toEqual([0, 0])
})

test.each<[what: string, note: (store: WeightStore) => Promise<unknown>]>([
  ['its check', (store) => store.check(ADDRESS, 'whole')],
  ['a read that fails', (store) => store.readWith(ADDRESS, failing(Infinity).take).catch(() => undefined)],
  ['a suspicion', (store) => store.suspect([ADDRESS])],
  ['an import that has it too', (store) => store.shareImported(ADDRESS, 'https://models.example/b/')],
])('what %s has to note of a file that was deleted meanwhile does not bring it back', async (_, note) => {
  const { store, records } = createMemoryPlaces()
  const writer = await store.begin({ address: ADDRESS, importedFor: ['https://models.example/a/'] })
  await writer.write(piece())
  await writer.finish()
  const { commit } = records
  records.commit = async (changes) => commit([{ type: 'drop-file', address: ADDRESS }, ...changes])
  await note(store)
  expect([(await store.files()).size, records.bytes.size]).toEqual([0, 0])
})

test('a file with the state of another version of the library that hashes begins anew', async () => {
  const { store, records } = createMemoryPlaces()
  const begun = await store.begin({ address: ADDRESS })
  await begun.write(piece())
  const file = await store.file(ADDRESS)
  await records.commit([{ type: 'put-file', file: { ...file!, hashState: new Uint8Array(7) } }])
  const writer = await store.begin({ address: ADDRESS })
  expect(writer.offset).toBe(0)
  await writer.write(new TextEncoder().encode('weights'))
  await writer.finish()
  expect(await textOf(store, ADDRESS)).toBe('weights')
})

test('what an import left of a file is nothing that a download goes on with', async () => {
  const { store } = createMemoryPlaces()
  const file = { address: ADDRESS, bytes: PIECE_BYTES + 1 }
  const imported = await store.begin({ ...file, sha256: '0'.repeat(64), importedFor: ['https://models.example/a/'] })
  await imported.write(piece())
  expect((await store.begin(file)).offset).toBe(0)
  const fetched = await store.begin(file)
  await fetched.write(piece())
  expect((await store.begin(file)).offset).toBe(PIECE_BYTES)
  expect(await store.file(ADDRESS)).not.toHaveProperty('importedFor')
})
