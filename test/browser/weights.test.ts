import { expect, onTestFinished, test } from 'vitest'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { createModelCaches } from '../../worker/weights/model-caches.ts'
import { downloadModel, storedBytes } from '../../worker/weights/download-model.ts'
import { openOlderFiles } from '../../worker/weights/older-files.ts'
import { openWeightRecords } from '../../src/protocol/weight-records.ts'
import { createWeightStore } from '../../worker/weights/weight-store.ts'
import { describeTiny } from './support/tiny.ts'

// The real IndexedDB, with the embedded model's files as the page serves them.

/** A store in a database of its own, which goes with the test. */
function openStore() {
  const name = `weights-${crypto.randomUUID()}`
  onTestFinished(() => void indexedDB.deleteDatabase(name))
  const records = openWeightRecords(name)
  return { name, records, places: { store: createWeightStore(records), older: openOlderFiles() } }
}

/** Whether the bytes are the same; `toEqual` takes seconds for three megabytes. */
function areEqual(one: ArrayBuffer | undefined, other: ArrayBuffer): boolean {
  const [left, right] = [new Uint8Array(one ?? new ArrayBuffer(0)), new Uint8Array(other)]
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

async function bytesAt(address: string): Promise<ArrayBuffer> {
  return (await fetch(address)).arrayBuffer()
}

/** Does something in a database as the earlier versions of the page had them. */
async function inOlderDatabase(name: string, work: (store: IDBObjectStore) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open(name, 1)
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('urls', { keyPath: 'url' }))
    opening.addEventListener('error', () => reject(opening.error!))
    opening.addEventListener('success', () => {
      const transaction = opening.result.transaction('urls', 'readwrite')
      work(transaction.objectStore('urls'))
      transaction.addEventListener('complete', () => {
        opening.result.close()
        resolve()
      })
    })
  })
}

/** Stores a model in the layout that WebLLM reads by itself, as the page did before. */
async function storeAsBefore({ folderUrl, files = [] }: ModelDescription): Promise<void> {
  for (const { path } of files) {
    const url = new URL(path, folderUrl).href
    const bytes = await bytesAt(url)
    const data: unknown = path === 'tensor-cache.json' ? JSON.parse(new TextDecoder().decode(bytes)) : bytes
    const name = path === 'mlc-chat-config.json' ? 'config' : path.endsWith('.wasm') ? 'wasm' : 'model'
    await inOlderDatabase(`webllm/${name}`, (store) => store.put({ url, data }))
  }
}

test('what an earlier version stored is moved, byte for byte, with nothing fetched; the old databases go', async () => {
  const model = await describeTiny()
  await storeAsBefore(model)
  const other = 'http://127.0.0.1/another/resolve/1/params_0.bin'
  await inOlderDatabase('webllm/model', (store) => store.put({ url: other, data: new ArrayBuffer(4) }))
  const { places } = openStore()
  expect(await storedBytes(model, places)).toBe(model.downloadBytes)
  const told: unknown[] = []
  expect(await downloadModel(model, places, { onProgress: (progress) => told.push(progress) })).toBe(0)
  expect(told).toEqual([])
  for (const { path } of model.files ?? []) {
    const address = new URL(path, model.folderUrl).href
    expect(areEqual(await places.store.read(address), await bytesAt(address))).toBe(true)
  }
  const names = (await indexedDB.databases()).map(({ name }) => name)
  expect(names.filter((name) => name?.startsWith('webllm/'))).toEqual(['webllm/model'])
  expect([...(await openOlderFiles().addresses())]).toEqual([other])
  await places.older.delete(other)
  await expect.poll(async () => (await indexedDB.databases()).map(({ name }) => name)).not.toContain('webllm/model')
})

test('stored bytes that are overwritten, cut or gone are found and fetched again', async () => {
  const model = await describeTiny()
  const { records, places } = openStore()
  await downloadModel(model, places, { onProgress: () => undefined })
  const address = new URL('params_shard_0.bin', model.folderUrl).href
  const right = await bytesAt(address)
  const [first] = await records.pieces(address, 1)
  const damages: (Blob | undefined)[] = [new Blob([new Uint8Array(first?.size ?? 0)]), first?.slice(0, 100), undefined]
  for (const piece of damages) {
    await records.commit([{ type: 'put-piece', address, index: 0, piece: piece as Blob }])
    expect(await downloadModel(model, places, { onProgress: () => undefined })).toBe(right.byteLength)
    expect(areEqual(await places.store.read(address), right)).toBe(true)
  }
  // One byte where no sample is taken: only the check of the whole finds it.
  const middle = new Uint8Array((await (await records.pieces(address, 1))[0]?.arrayBuffer()) ?? [])
  middle[100_000] = (middle[100_000] ?? 0) ^ 1
  await records.commit([{ type: 'put-piece', address, index: 0, piece: new Blob([middle]) }])
  expect(await places.store.check(address, 'quick')).toBe(true)
  expect(await places.store.check(address, 'whole')).toBe(false)
  await places.store.suspect([address])
  expect(await downloadModel(model, places, { onProgress: () => undefined })).toBe(right.byteLength)
})

test('WebLLM finds the files in place of the browser cache: whole ones, and those that are made', async () => {
  const { places } = openStore()
  const address = 'http://127.0.0.1/m/resolve/1/a.bin'
  const writer = await places.store.begin({ address })
  await writer.write(new Uint8Array([1, 2, 3]))
  await writer.keep()
  const made = new Map([
    ['http://127.0.0.1/m/resolve/1/made.json', async () => new TextEncoder().encode('{"a": 1}').buffer],
  ])
  const cache = await createModelCaches(places.store, made).open()
  expect(await cache.match(address)).toBeUndefined() // it is not whole
  await writer.finish()
  const shard = async () => (await cache.match(new Request(address)))?.arrayBuffer() as unknown as Promise<Uint8Array>
  const first = await shard()
  expect(first).toEqual(new Uint8Array([1, 2, 3]))
  expect((await shard()).buffer).toBe(first.buffer) // each shard in the place of the one before
  expect(await (await cache.match(new URL('made.json', address)))?.json()).toEqual({ a: 1 })
  expect((await cache.keys()).map(({ url }) => url)).toEqual([address, ...made.keys()])
  await expect(cache.add(`${address}x`)).rejects.toThrow('not among the files')
})

test('a newer version of the page that makes its own of the database waits for nobody, and files stay readable', async () => {
  const { name, places } = openStore()
  const address = 'http://127.0.0.1/m/resolve/1/a.bin'
  const writer = await places.store.begin({ address })
  await writer.write(new Uint8Array([1, 2, 3]))
  await writer.finish()
  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open(name, 7)
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('of-the-newer-version'))
    opening.addEventListener('blocked', () => reject(new Error('A connection stays open.')))
    opening.addEventListener('success', () => resolve(opening.result.close()))
  })
  expect(areEqual(await places.store.read(address), new Uint8Array([1, 2, 3]).buffer)).toBe(true)
})

test('what is noted of a file is noted of a whole one alone, as it is by then', async () => {
  const { records } = openStore()
  const file = { address: 'https://models.example/shard', have: 0, pieces: 0, isComplete: true }
  const part = { ...file, address: 'https://models.example/part', isComplete: false }
  const note = (address: string) =>
    ({ type: 'note-file', address, note: (now: typeof file) => ({ ...now, verifiedAt: 7 }) }) as const
  await records.commit([{ type: 'put-file', file: part }])
  await records.commit([note(file.address), note(part.address)])
  expect(await records.files()).toEqual([part])
  await records.commit([{ type: 'put-file', file }, note(file.address)])
  expect(await records.file(file.address)).toEqual({ ...file, verifiedAt: 7 })
  await records.commit([{ type: 'drop-file', address: file.address }, note(file.address)])
  expect(await records.files()).toEqual([part])
})
