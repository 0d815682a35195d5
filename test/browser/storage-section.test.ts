import { atom } from 'nanostores'
import { afterAll, beforeAll, expect, test } from 'vitest'
import '../../src/ui/app/app-page.css'
import { createEngine, type LocalEngine } from '../../src/client/create-engine.ts'
import { startWorker } from '../../src/client/start-worker.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { createModelCatalog } from '../../src/state/model-catalog.ts'
import { createModelLoader } from '../../src/state/model-loader.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../src/state/preferences.ts'
import { createStoredModels, type StoredModels } from '../../src/state/stored-models.ts'
import { mountStorageSection } from '../../src/ui/models/storage-section.ts'
import type { Locale } from '../../src/ui/words/locales.ts'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'
import { openWeightRecords } from '../../src/protocol/weight-records.ts'
import { ENGLISH } from '../fakes/english.ts'
import { faults, find, textOf, until } from './support/elements.ts'
import { describeTiny } from './support/tiny.ts'

// The real worker and its real store; one page for all tests, which build on each other.

let engine: LocalEngine
let stored: StoredModels
let tiny: ModelDescription
let files: File[]
const life = new AbortController()
const preferences = atom<Preferences>(DEFAULT_PREFERENCES)
const asked: string[] = []
const root = document.createElement('main')

beforeAll(async () => {
  tiny = await describeTiny()
  const names = ['manifest.json', ...(tiny.files ?? []).map(({ path }) => path)]
  files = await Promise.all(
    names.map(async (name) => new File([await (await fetch(new URL(name, tiny.folderUrl))).blob()], name)),
  )
  engine = createEngine({ createWorker: startWorker })
  stored = createStoredModels(engine.storage, { isKept: async () => false, keep: async () => undefined })
  const loader = createModelLoader(engine)
  const catalog = createModelCatalog({ engine, loader, preferences, resolve: async () => tiny })
  document.body.append(root)
  const parts = { stored, catalog, locale: atom<Locale>(ENGLISH) }
  const ask = async ({ title }: { title: string }) => asked.push(title) > 0
  mountStorageSection(root, { ...parts, ask }, { signal: life.signal })
  await until(() => stored.list.get() !== undefined)
  for (const model of stored.list.get() ?? []) await stored.delete(model) // of other tests
})
afterAll(async () => {
  life.abort()
  engine.dispose()
  root.remove()
})

/** Presses a button once it can be pressed; the page draws once a frame. */
async function press(label: string): Promise<void> {
  const isReady = () => root.querySelector(`button[aria-label="${label}"][aria-disabled="false"]`) !== null
  await until(isReady)
  find<HTMLButtonElement>(root, `button[aria-label="${label}"]`).click()
}
const idle = () => until(() => stored.work.get() === undefined)

test('a model comes in from its folder, is shown with its bytes, and joins the list', async () => {
  await until(() => /No model is stored here yet/.test(textOf(root)))
  const field = find<HTMLInputElement>(root, '.stored-files')
  const transfer = new DataTransfer()
  for (const file of files) transfer.items.add(file)
  field.files = transfer.files
  field.dispatchEvent(new Event('change'))
  await until(() => root.querySelector('.stored-model') !== null)
  await until(() => /was imported/.test(textOf(root)))
  const card = find(root, '.stored-model')
  expect(textOf(card)).toMatch(
    /^Reflection Tiny v3 7\.1 MB · 5 files · never used · all bytes checked .+ · came from a file Check Export Delete/,
  )
  expect(preferences.get().addedModels).toEqual([new URL(`/${EMBEDDED_FOLDER}manifest.json`, location.href).href])
  find<HTMLDetailsElement>(root, 'details').open = true
  expect(textOf(find(root, '.stored-table'))).toContain('params_shard_0.bin 4.3 MB')
  expect(await faults(root)).toEqual([])
})

test('bytes that were overwritten behind its back are found, deleted and told', async () => {
  await press('Check every byte of Reflection Tiny')
  await until(() => /every byte is as it should be/.test(textOf(root)))
  const records = openWeightRecords()
  const { address = '' } = (await records.files()).find((file) => file.address.endsWith('params_shard_0.bin')) ?? {}
  const bytes = new Uint8Array((await (await records.pieces(address, 1))[0]?.arrayBuffer()) ?? [])
  bytes[100_001] = (bytes[100_001] ?? 0) ^ 1 // where no sample is taken
  await records.commit([{ type: 'put-piece', address, index: 0, piece: new Blob([bytes]) }])
  await press('Check every byte of Reflection Tiny')
  await until(() => /damaged, and deleted: params_shard_0\.bin/.test(textOf(root)))
  await until(() => textOf(find(root, '.stored-model')).includes('not complete'))
  expect(root.querySelector('[aria-label="Export Reflection Tiny as a file"]')).toBeNull()
})

test('a model goes out as one file, is deleted, and comes in again from that file', async () => {
  expect(await stored.import(files)).toMatchObject({ id: 'reflection-tiny' })
  const archive = await stored.export(stored.list.get()![0]!)
  const bytes = await archive!.arrayBuffer() // the file that a user would have
  await idle()
  await press('Delete the files of Reflection Tiny')
  await until(() => stored.list.get()?.length === 0)
  expect(asked).toEqual(['Delete Reflection Tiny from this device?'])
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], 'model.tar'))
  root.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  await until(() => stored.list.get()?.length === 1)
  await idle()
  expect(stored.list.get()?.[0]).toMatchObject({ isComplete: true })
  expect(await engine.storage.verify(stored.list.get()![0]!.description.folderUrl)).toEqual([])
})

test('a file that is no model is refused in words', async () => {
  await stored.import([new File(['hello'], 'model.tar')])
  await until(() => /cannot be imported/.test(textOf(root)))
  expect(stored.list.get()).toHaveLength(1)
})

test('a GGUF file says what it is before anything of it is stored, and is kept or not', async () => {
  const gguf = new URL('reflection-tiny.gguf', tiny.folderUrl)
  const transfer = new DataTransfer()
  transfer.items.add(new File([await (await fetch(gguf)).blob()], 'mine.gguf'))
  const drop = () => {
    root.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
    return until(() => root.querySelector('.stored-offer') !== null)
  }
  const answer = (label: string) =>
    [...root.querySelectorAll<HTMLButtonElement>('.stored-offer button')].find((button) => textOf(button) === label)
  await drop()
  const offer = textOf(find(root, '.stored-offer'))
  expect(offer).toMatch(/^Keep reflection.tiny.* on this device\? .*Nothing of it is stored yet\./i)
  expect(offer).toMatch(/GGUF file, llama, Q4_0 .* 1,024 tokens .*its own/)
  expect(await faults(root)).toEqual([])
  answer('Cancel')?.click()
  await until(() => root.querySelector('.stored-offer') === null)
  expect(stored.list.get()).toHaveLength(1)
  await drop()
  answer('Keep it')?.click()
  await until(() => /was imported/.test(textOf(root)))
  await until(() => stored.list.get()?.length === 2)
})

test('what is done is told once, and not the bytes, which change all the time', async () => {
  const place = document.createElement('main')
  document.body.append(place)
  const end = new AbortController()
  const loader = createModelLoader(engine)
  const catalog = createModelCatalog({ engine, loader, preferences, resolve: async () => tiny })
  const progress = { share: 0.5, bytes: 1e6, totalBytes: 2e6 }
  const work: StoredModels['work'] = atom({ kind: 'import', folderUrl: undefined, progress })
  const parts = { stored: { ...stored, work }, catalog, locale: atom<Locale>(ENGLISH), ask: async () => false }
  mountStorageSection(place, parts, { signal: end.signal })
  const progressNow = find(place, '.model-progress')
  expect(textOf(progressNow)).toBe('Importing the model · 1.0 MB of 2.0 MB')
  expect(textOf(find(progressNow, '[role=status]'))).toBe('Importing the model')
  end.abort()
  place.remove()
})
