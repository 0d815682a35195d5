import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LoadProgress } from '../../../src/core/engine.ts'
import { deleteModel, downloadModel, storedBytes } from '../../../worker/download-model.ts'
import { describeModel } from './support/descriptions.ts'
import { createMemoryArtifactStore } from './support/memory-artifact-store.ts'
import { serveFiles } from './support/serve-files.ts'

const CONTENT = {
  'mlc-chat-config.json': '{"tokenizer_files": ["tokenizer.json"]}',
  'tensor-cache.json': '{"records": [{"dataPath": "params_0.bin", "nbytes": 5000}]}',
  'tokenizer.json': '{"added_tokens": []}',
  'model.wasm': 'library',
  'params_0.bin': 'w'.repeat(5000),
}
const TOTAL = Object.values(CONTENT).reduce((sum, content) => sum + content.length, 0)

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')

async function setUp({ isListed = true } = {}) {
  const files = new Map(Object.entries(CONTENT))
  const { folderUrl, requests } = await serveFiles(files)
  const listed = Object.entries(CONTENT).map(([path, content]) => ({
    path,
    bytes: content.length,
    sha256: sha256(content),
  }))
  const model = describeModel({
    folderUrl,
    libraryUrl: `${folderUrl}model.wasm`,
    ...(isListed ? { files: listed } : {}),
  })
  const store = createMemoryArtifactStore()
  const progress: LoadProgress[] = []
  const libraries: string[] = []
  const onLibrary = async (address: string, read: () => Promise<ArrayBuffer | undefined>) => {
    expect(address).toBe(model.libraryUrl)
    libraries.push(new TextDecoder().decode(await read()))
  }
  const download = () => downloadModel(model, store, (step) => progress.push(step), onLibrary)
  return { files, folderUrl, requests, model, store, progress, libraries, download }
}

const namesIn = (log: readonly string[]) => log.map((line) => line.split(' ').at(-1))

describe('a download', () => {
  test('stores every file once, each under its address, and counts the bytes', async () => {
    const { download, store, requests, folderUrl, model } = await setUp()
    expect(await download()).toBe(TOTAL)
    expect(namesIn(store.log).toSorted()).toEqual(Object.keys(CONTENT).toSorted())
    const weights = await store.read('webllm/model', `${folderUrl}params_0.bin`)
    expect(new TextDecoder().decode(weights)).toBe(CONTENT['params_0.bin'])
    expect(await storedBytes(model, store)).toBe(TOTAL)
    expect(requests.toSorted()).toEqual(Object.keys(CONTENT).toSorted())
  })

  test('gives the library on before the other files are there, and from the store', async () => {
    const { download, libraries, requests, store } = await setUp()
    const given: number[] = []
    const write = store.write.bind(store)
    store.write = async (...file) => {
      given.push(libraries.length)
      await write(...file)
    }
    await download()
    expect(requests[0]).toBe('model.wasm')
    expect(libraries).toEqual([CONTENT['model.wasm']])
    await download()
    expect(libraries).toEqual([CONTENT['model.wasm'], CONTENT['model.wasm']])
    expect(given).toHaveLength(5)
  })

  test('asks for a few files at a time', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`params_${index}.bin`, 'w']))
    const { folderUrl } = await serveFiles(new Map(Object.entries(many)))
    const files = Object.keys(many).map((path) => ({ path, bytes: 1 }))
    const model = describeModel({ folderUrl, libraryUrl: `${folderUrl}params_11.bin`, files })
    const store = createMemoryArtifactStore()
    let underway = 0
    let most = 0
    const write = store.write.bind(store)
    store.write = async (...file) => {
      most = Math.max(most, ++underway)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await write(...file)
      underway -= 1
    }
    expect(await downloadModel(model, store, () => undefined)).toBe(12)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })

  test('of what is there fetches nothing and tells nothing', async () => {
    const { download, progress, requests } = await setUp()
    await download()
    progress.length = 0
    expect(await download()).toBe(0)
    expect(progress).toEqual([])
    expect(requests).toHaveLength(5)
  })

  test('keeps what was complete before a file failed, and goes on there', async () => {
    const { download, files, store, model, requests } = await setUp()
    files.delete('model.wasm')
    await expect(download()).rejects.toMatchObject({ code: 'download-failed' })
    const stored = new Set(namesIn(store.log))
    expect(requests.toSorted()).toEqual(['model.wasm', ...stored].toSorted()) // all that was begun beside it
    const missing = Object.entries(CONTENT).filter(([name]) => !stored.has(name))
    const rest = missing.reduce((sum, [, content]) => sum + content.length, 0)
    expect(await storedBytes(model, store)).toBe(TOTAL - rest)
    files.set('model.wasm', CONTENT['model.wasm'])
    const before = requests.length
    expect(await download()).toBe(rest)
    expect(requests.slice(before).toSorted()).toEqual(missing.map(([name]) => name).toSorted())
  })

  test('stores nothing of a file that is not the one that was named', async () => {
    const { download, files, store } = await setUp()
    files.set('params_0.bin', 'x'.repeat(5000))
    await expect(download()).rejects.toMatchObject({ code: 'download-corrupt' })
    expect(namesIn(store.log)).not.toContain('params_0.bin')
  })

  test('fails when there is no room, with the code of the store', async () => {
    const { download, store } = await setUp()
    const full = new Error('full')
    store.write = () => Promise.reject(full)
    await expect(download()).rejects.toBe(full)
  })

  test('tells how far it is: bytes only grow, to the whole, and the last word is of verifying', async () => {
    const { download, progress } = await setUp()
    await download()
    expect(new Set(progress.map(({ phase }) => phase))).toEqual(new Set(['download', 'verify']))
    const bytes = progress.map((step) => step.bytes ?? -1)
    expect(bytes[0]).toBe(0)
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toMatchObject({ phase: 'verify', share: 1, bytes: TOTAL, totalBytes: TOTAL })
    for (const step of progress) {
      expect(step.totalBytes).toBe(TOTAL)
      expect(step.share).toBeCloseTo((step.bytes ?? 0) / TOTAL, 10)
    }
  })

  test('of files whose size nobody told counts them in as they come', async () => {
    const { download, progress, store, model } = await setUp({ isListed: false })
    expect(await download()).toBe(TOTAL)
    expect(namesIn(store.log).toSorted()).toEqual(Object.keys(CONTENT).toSorted())
    for (const { share } of progress) expect(share).toBeLessThanOrEqual(1)
    expect(progress.at(-1)?.share).toBe(1)
    expect(await storedBytes(model, store)).toBe(5000) // as far as sizes are known
  })
})

describe('what is stored', () => {
  test('is nothing for a model that was never fetched, and nobody is asked', async () => {
    for (const isListed of [true, false]) {
      const { model, store, requests } = await setUp({ isListed })
      expect(await storedBytes(model, store)).toBe(0)
      await deleteModel(model, store)
      expect(store.log).toEqual([])
      expect(requests).toEqual([])
    }
  })

  test('is deleted with the index after what it names', async () => {
    for (const isListed of [true, false]) {
      const { model, store, download } = await setUp({ isListed })
      await download()
      const written = store.log.length
      await deleteModel(model, store)
      const deleted = namesIn(store.log.slice(written))
      expect(deleted.toSorted()).toEqual(Object.keys(CONTENT).toSorted())
      expect(deleted.slice(-2)).toEqual(['tensor-cache.json', 'mlc-chat-config.json'])
      expect(await storedBytes(model, store)).toBe(0)
    }
  })

  test('of another model stays', async () => {
    const { model, store, download, folderUrl } = await setUp()
    await download()
    const other = `${folderUrl.replace('/1/', '/2/')}params_0.bin`
    await store.write('webllm/model', other, new ArrayBuffer(3))
    await deleteModel(model, store)
    expect(await store.addresses('webllm/model')).toEqual(new Set([other]))
  })
})
