import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { LoadProgress } from '../../../../src/core/engine.ts'
import { ReflectionError } from '../../../../src/core/errors.ts'
import { deleteModel, downloadModel, storedBytes } from '../../../../worker/weights/download-model.ts'
import { writeBlob } from '../../../../worker/weights/write-blob.ts'
import { describeModel } from '../support/descriptions.ts'
import { createMemoryPlaces, textOf } from '../support/memory-weights.ts'
import { serveFiles } from '../support/serve-files.ts'

const CONTENT = {
  'mlc-chat-config.json': '{"tokenizer_files": ["tokenizer.json"]}',
  'tensor-cache.json': '{"records": [{"dataPath": "params_0.bin", "nbytes": 5000}]}',
  'tokenizer.json': '{"added_tokens": []}',
  'model.wasm': 'library',
  'params_0.bin': 'w'.repeat(5000),
}
const TOTAL = Object.values(CONTENT).reduce((sum, content) => sum + content.length, 0)

/** Folder of another model. */
const ANOTHER = 'http://127.0.0.1/another/resolve/1/'

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
  const places = createMemoryPlaces()
  const progress: LoadProgress[] = []
  const libraries: string[] = []
  const onLibrary = async (address: string, read: () => Promise<ArrayBuffer | undefined>) => {
    expect(address).toBe(model.libraryUrl)
    libraries.push(new TextDecoder().decode(await read()))
  }
  const download = () => downloadModel(model, places, { onProgress: (step) => progress.push(step), onLibrary })
  /** Names of the files that are stored whole. */
  const whole = async () =>
    [...(await places.store.files()).values()].filter((file) => file.isComplete).map((file) => nameOf(file.address))
  return { files, folderUrl, requests, model, places, whole, progress, libraries, download }
}

const nameOf = (address: string) => address.slice(address.lastIndexOf('/') + 1)

describe('a download', () => {
  test('stores every file once, each under its address, and counts the bytes', async () => {
    const { download, places, whole, requests, folderUrl, model } = await setUp()
    expect(await download()).toBe(TOTAL)
    expect((await whole()).toSorted()).toEqual(Object.keys(CONTENT).toSorted())
    expect(await textOf(places.store, `${folderUrl}params_0.bin`)).toBe(CONTENT['params_0.bin'])
    expect(await storedBytes(model, places)).toBe(TOTAL)
    expect(requests.toSorted()).toEqual(Object.keys(CONTENT).toSorted())
  })

  test('gives the library on before the other files are fetched, and from the store', async () => {
    const { download, libraries, requests } = await setUp()
    await download()
    expect(requests[0]).toBe('model.wasm')
    expect(libraries).toEqual([CONTENT['model.wasm']])
    await download()
    expect(libraries).toEqual([CONTENT['model.wasm'], CONTENT['model.wasm']])
  })

  test('asks for a few files at a time', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`params_${index}.bin`, 'w']))
    const { folderUrl, mostAtOnce } = await serveFiles(new Map(Object.entries(many)), { delayMs: 5 })
    const files = Object.keys(many).map((path) => ({ path, bytes: 1 }))
    const model = describeModel({ folderUrl, libraryUrl: `${folderUrl}params_11.bin`, files })
    expect(await downloadModel(model, createMemoryPlaces(), { onProgress: () => undefined })).toBe(12)
    expect(mostAtOnce()).toBeGreaterThan(1)
    expect(mostAtOnce()).toBeLessThanOrEqual(4)
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
    const { download, files, places, whole, model, requests } = await setUp()
    files.delete('model.wasm')
    await expect(download()).rejects.toMatchObject({ code: 'download-failed' })
    const stored = new Set(await whole())
    expect(requests.toSorted()).toEqual(['model.wasm', ...stored].toSorted()) // all that was begun beside it
    const missing = Object.entries(CONTENT).filter(([name]) => !stored.has(name))
    const rest = missing.reduce((sum, [, content]) => sum + content.length, 0)
    expect(await storedBytes(model, places)).toBe(TOTAL - rest)
    files.set('model.wasm', CONTENT['model.wasm'])
    const before = requests.length
    expect(await download()).toBe(rest)
    expect(requests.slice(before).toSorted()).toEqual(missing.map(([name]) => name).toSorted())
  })

  test('stores nothing of a file that is not the one that was named', async () => {
    const { download, files, whole } = await setUp()
    files.set('params_0.bin', 'x'.repeat(5000))
    await expect(download()).rejects.toMatchObject({ code: 'download-corrupt' })
    expect(await whole()).not.toContain('params_0.bin')
  })

  test('fails when there is no room, with the code of the store and the name of a file', async () => {
    const { download, places } = await setUp()
    const { noteModel } = places.store
    places.store.noteModel = async (...model) => {
      await noteModel(...model)
      places.records.failure = new ReflectionError('storage-full', 'Full.')
    }
    await expect(download()).rejects.toMatchObject({ code: 'storage-full', details: { file: expect.any(String) } })
  })

  test.each(['model.wasm', 'params_0.bin', 'tokenizer.json', 'tensor-cache.json'])(
    'finds stored bytes of %s that were overwritten, and fetches that file again',
    async (name) => {
      for (const isListed of [true, false]) {
        const { download, places, folderUrl, requests } = await setUp({ isListed })
        await download()
        const address = folderUrl + name
        const content = CONTENT[name as keyof typeof CONTENT]
        places.records.bytes.set(`${address} 0`, new Blob([content.replace(/.$/, '!')]))
        requests.length = 0
        expect(await download()).toBe(content.length)
        expect(requests).toEqual([name])
        expect(await textOf(places.store, address)).toBe(content)
        places.records.bytes.delete(`${address} 0`)
        expect(await download()).toBe(content.length)
      }
    },
  )

  test('holds a file without a description to what it was when it first came', async () => {
    const { download, places, folderUrl, files } = await setUp({ isListed: false })
    await download()
    places.records.bytes.set(`${folderUrl}params_0.bin 0`, new Blob(['']))
    files.set('params_0.bin', 'v'.repeat(5000)) // another revision under the same address
    await expect(download()).rejects.toMatchObject({ code: 'download-corrupt' })
  })

  test.each([
    ['mlc-chat-config.json', '{}', 'model-broken'],
    ['tensor-cache.json', 'Not found', 'download-corrupt'],
  ])('keeps nothing of a folder whose %s says %s, and works when that has been put right', async (name, text, code) => {
    const { download, files, whole } = await setUp({ isListed: false })
    files.set(name, text)
    await expect(download()).rejects.toMatchObject({ code })
    expect(await whole()).toEqual([])
    files.set(name, CONTENT[name as keyof typeof CONTENT])
    expect(await download()).toBe(TOTAL)
  })

  test('moves what an earlier version of the page stored, and fetches only the rest', async () => {
    const { download, places, folderUrl, requests, whole, model } = await setUp()
    const moved = new Map([
      [`${folderUrl}params_0.bin`, [CONTENT['params_0.bin']]],
      [`${folderUrl}tensor-cache.json`, ['{"another": "writing"}', CONTENT['tensor-cache.json']]],
      [`${folderUrl}tokenizer.json`, ['damaged']],
    ])
    places.older.addresses = async () => new Set(moved.keys())
    places.older.read = async (address) => (moved.get(address) ?? []).map((text) => new TextEncoder().encode(text))
    places.older.delete = async (address) => void moved.delete(address)
    expect(await storedBytes(model, places)).toBe(
      [...moved.keys()].reduce((sum, address) => sum + CONTENT[nameOf(address) as keyof typeof CONTENT].length, 0),
    )
    await download()
    expect(requests.toSorted()).toEqual(['mlc-chat-config.json', 'model.wasm', 'tokenizer.json'])
    expect(await whole()).toHaveLength(5)
    expect(moved.size).toBe(0)
    expect(await textOf(places.store, `${folderUrl}tensor-cache.json`)).toBe(CONTENT['tensor-cache.json'])
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
    const { download, progress, places, whole, model } = await setUp({ isListed: false })
    expect(await download()).toBe(TOTAL)
    expect((await whole()).toSorted()).toEqual(Object.keys(CONTENT).toSorted())
    for (const { share } of progress) expect(share).toBeLessThanOrEqual(1)
    expect(progress.at(-1)?.share).toBe(1)
    expect(await storedBytes(model, places)).toBe(TOTAL)
  })
})

describe('what was imported from a file', () => {
  const FOREIGN = 'a library of who knows whom'

  /** @param options.folder Of the model whose archive brought the library. Default: that of the model itself. */
  async function setUpImported({ folder = '', isListed = false, content = FOREIGN } = {}) {
    const parts = await setUp({ isListed })
    const { store } = parts.places
    const { libraryUrl, folderUrl } = parts.model
    const file = { address: libraryUrl, sha256: sha256(content), importedFor: [folder || folderUrl] }
    await writeBlob(new Blob([content]), file, store, () => undefined)
    return { ...parts, library: () => textOf(store, libraryUrl) }
  }

  test('with another model serves none that does not know what it must be: its publisher is asked', async () => {
    const { download, libraries, library, places, model } = await setUpImported({ folder: ANOTHER })
    await download()
    expect(libraries).toEqual([CONTENT['model.wasm']])
    expect(await library()).toBe(CONTENT['model.wasm'])
    expect(await places.store.file(model.libraryUrl)).not.toHaveProperty('importedFor')
  })

  test.each([false, true])(
    'with another model stays for that one where nothing else comes, hashes known: %s',
    async (isListed) => {
      const { download, files, libraries, library } = await setUpImported({ folder: ANOTHER, isListed })
      files.delete('model.wasm')
      await expect(download()).rejects.toMatchObject({ code: 'download-failed' })
      expect(libraries).toEqual([])
      expect(await library()).toBe(FOREIGN)
    },
  )

  test('serves the model that it came with, and each that names its SHA-256', async () => {
    const own = await setUpImported()
    const known = await setUpImported({ folder: ANOTHER, isListed: true, content: CONTENT['model.wasm'] })
    for (const { download, requests } of [own, known]) {
      await download()
      expect(requests).not.toContain('model.wasm')
    }
    expect(own.libraries).toEqual([FOREIGN])
  })
})

describe('a model that is deleted while it comes', () => {
  test.each([true, false])('fails, says so, and leaves nothing; files listed: %s', async (isListed) => {
    const { model, places } = await setUp({ isListed })
    const download = downloadModel(model, places, {
      onProgress: () => undefined,
      onLibrary: () => places.store.dropModel(model.folderUrl),
    })
    await expect(download).rejects.toMatchObject({
      code: 'model-not-loaded',
      message: expect.stringContaining('deleted'),
    })
    expect(places.records.bytes.size).toBe(0)
    expect(await places.store.files()).toEqual(new Map())
    expect(await places.store.models()).toEqual([])
  })

  test('keeps what another model needs as well', async () => {
    const { model, places, download } = await setUp()
    const { libraryUrl } = model
    await places.store.noteModel(describeModel({ folderUrl: ANOTHER }), [libraryUrl])
    const failing = downloadModel(model, places, {
      onProgress: () => undefined,
      onLibrary: () => places.store.dropModel(model.folderUrl),
    })
    await expect(failing).rejects.toMatchObject({ code: 'model-not-loaded' })
    expect([...(await places.store.files()).keys()]).toEqual([libraryUrl])
    await download() // begins anew
  })
})

describe('what is stored', () => {
  test('is nothing for a model that was never fetched, and nobody is asked', async () => {
    for (const isListed of [true, false]) {
      const { model, places, requests } = await setUp({ isListed })
      expect(await storedBytes(model, places)).toBe(0)
      await deleteModel(model, places)
      expect(await places.store.files()).toEqual(new Map())
      expect(await places.store.models()).toEqual([])
      expect(requests).toEqual([])
    }
  })

  test('is deleted with every piece', async () => {
    for (const isListed of [true, false]) {
      const { model, places, download } = await setUp({ isListed })
      await download()
      expect((await places.store.models())[0]).toMatchObject({ description: model, folderUrl: model.folderUrl })
      await deleteModel(model, places)
      expect(places.records.bytes.size).toBe(0)
      expect(await places.store.models()).toEqual([])
      expect(await storedBytes(model, places)).toBe(0)
    }
  })

  test('of another model stays, also a library that both have', async () => {
    const { model, places, download, folderUrl } = await setUp()
    await download()
    const { files: mine = [] } = model
    const files = mine.filter(({ path }) => path !== 'model.wasm')
    const other = describeModel({ folderUrl: folderUrl.replace('/1/', '/2/'), libraryUrl: model.libraryUrl, files })
    await downloadModel(other, places, { onProgress: () => undefined })
    await deleteModel(model, places)
    expect(await storedBytes(other, places)).toBe(TOTAL)
    expect(await storedBytes(model, places)).toBe(CONTENT['model.wasm'].length)
    await deleteModel(other, places)
    expect(places.records.bytes.size).toBe(0)
  })
})
