import { atom } from 'nanostores'
import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { embeddedModel, prebuiltModels, suppliedModels } from '../../../src/core/models/model-list.ts'
import { findSuppliedModel } from '../../../src/core/models/supplied-name.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { createModelCatalog, type ModelCatalog, type CatalogEntry } from '../../../src/state/model-catalog.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../../src/state/preferences.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../../fakes/scripted-engine.ts'
import { desktop, software } from '../core/models/support/devices.ts'
import { serveFiles } from '../worker/support/serve-files.ts'

const OWN = 'https://models.example/own/resolve/v1/manifest.json'
const SMALL = 'Llama-3.2-1B-Instruct-q4f16_1-MLC'

const embedded: ModelDescription = { ...SCRIPTED_MODEL, id: embeddedModel.id }
const own: ModelDescription = {
  ...SCRIPTED_MODEL,
  id: 'own',
  name: 'Own',
  origin: 'user',
  folderUrl: new URL('.', OWN).href,
}

interface Setting {
  readonly script?: Partial<Script>
  readonly preferences?: Partial<Preferences>
  /** By the name that is asked for; others are refused with status 404. */
  readonly models?: Readonly<Record<string, ModelDescription | ReflectionError>>
  readonly named?: string
}

function setUp({ script, preferences, models, named }: Setting = {}) {
  const stored = new Map<string, number>()
  const engine = createScriptedEngine({ replies: [], capabilities: desktop, stored, ...script })
  const loader = createModelLoader(engine)
  const $preferences = atom<Preferences>({ ...DEFAULT_PREFERENCES, ...preferences })
  const catalog = createModelCatalog({
    engine,
    loader,
    preferences: $preferences,
    named,
    async resolve(name) {
      const found = models?.[name] ?? [embedded, ...prebuiltModels].find(({ id }) => id === name)
      if (found instanceof Error) throw found
      if (found !== undefined) return found
      const supplied = findSuppliedModel(name)
      if (supplied !== undefined) return supplied
      throw new ReflectionError('download-failed', 'The server answered 404.', { details: { url: name, status: 404 } })
    },
  })
  return { stored, engine, loader, preferences: $preferences, catalog }
}

function row(catalog: ModelCatalog, name: string): CatalogEntry {
  const found = catalog.entries.get().find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`no row ${name}`)
  return found
}

/** Resolves when the loader has nothing to do with loading any more, and the catalog has looked again. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('the rows', () => {
  test('have nothing to do with a model that only this visit was to have', async () => {
    const { catalog, loader } = setUp({ named: 'https://example.invalid/x.gguf' })
    await catalog.refresh()
    await loader.load(() => Promise.reject(new ReflectionError('host-forbidden', 'Not from there.')))
    await settle()
    expect(catalog.entries.get().filter(({ loading }) => loading !== undefined)).toEqual([])
    await catalog.choose(row(catalog, embeddedModel.id))
    expect(row(catalog, embeddedModel.id).loading).toBe('ready')
  })

  test('are the embedded model, the prebuilt ones and what the user added, in this order', async () => {
    const { catalog } = setUp({ preferences: { addedModels: [OWN, OWN] }, models: { [OWN]: own } })
    expect(catalog.device.get()).toBeUndefined()
    await catalog.refresh()
    expect(catalog.entries.get().map(({ name }) => name)).toEqual([
      embeddedModel.id,
      ...prebuiltModels.map(({ id }) => id),
      OWN,
    ])
    expect(catalog.entries.get().map(({ origin }) => origin)).toEqual([
      'embedded',
      ...prebuiltModels.map(() => 'prebuilt'),
      'user',
    ])
    expect(row(catalog, OWN)).toMatchObject({ model: own, fit: { verdict: 'fits' }, storedBytes: 0, isBest: false })
    expect(catalog.device.get()).toMatchObject(desktop)
  })

  test('have one that is the best that fits: of software the embedded one, whatever the user added', async () => {
    const { catalog } = setUp({
      script: { capabilities: software },
      preferences: { addedModels: [OWN] },
      models: { [OWN]: own },
    })
    await catalog.refresh()
    expect(catalog.entries.get().flatMap(({ name, isBest }) => (isBest ? name : []))).toEqual([embeddedModel.id])
    const large = setUp()
    await large.catalog.refresh()
    const [best, ...others] = large.catalog.entries.get().filter(({ isBest }) => isBest)
    expect(others).toEqual([])
    expect(best?.name).toBe('Qwen3-4B-q4f16_1-MLC')
  })

  test('have none that is best where all may be too large', async () => {
    const small = { ...desktop, deviceMemoryBytes: 20e6, processor: { ...desktop.processor, isUsable: false } }
    const { catalog } = setUp({ script: { capabilities: small } })
    await catalog.refresh()
    const tight = catalog.entries.get().filter(({ fit }) => fit?.verdict === 'tight')
    expect(tight.map(({ name }) => name)).toEqual([embeddedModel.id])
    expect(catalog.entries.get().filter(({ isBest }) => isBest)).toEqual([])
  })

  test('say why a manifest cannot be read, and read it at the next look', async () => {
    const models: Record<string, ModelDescription> = {}
    const { catalog } = setUp({ preferences: { addedModels: [OWN] }, models })
    await catalog.refresh()
    expect(row(catalog, OWN)).toMatchObject({ error: { code: 'download-failed' }, isBest: false })
    expect(row(catalog, OWN).model).toBeUndefined()
    models[OWN] = own
    await catalog.refresh()
    expect(row(catalog, OWN)).toMatchObject({ model: own, storedBytes: 0 })
    expect(row(catalog, OWN).error).toBeUndefined()
  })

  test('know what is stored, and judge the room for the rest', async () => {
    const { catalog, stored } = setUp({
      script: { capabilities: { ...desktop, storage: { quotaBytes: 500e6, usedBytes: 400e6 } } },
    })
    await catalog.refresh()
    expect(row(catalog, SMALL).fit?.verdict).toBe('does-not-fit')
    stored.set(SMALL, row(catalog, SMALL).model?.downloadBytes ?? 0)
    await catalog.refresh()
    expect(row(catalog, SMALL)).toMatchObject({ fit: { verdict: 'fits' } })
    expect(row(catalog, SMALL).storedBytes).toBeGreaterThan(5e8)
  })

  test('a device that cannot be looked at is a problem, which the next look clears', async () => {
    const { catalog, engine } = setUp()
    const { capabilities } = engine
    engine.capabilities = async () => {
      throw new ReflectionError('worker-died', 'The engine stopped.')
    }
    await catalog.refresh()
    expect(catalog.problem.get()).toMatchObject({ code: 'worker-died' })
    engine.capabilities = capabilities
    await catalog.refresh()
    expect(catalog.problem.get()).toBeUndefined()
  })
})

describe('choosing', () => {
  test('remembers the model, loads it, and counts what is stored afterwards', async () => {
    const { catalog, loader, preferences } = setUp()
    await catalog.refresh()
    const seen: unknown[] = []
    catalog.entries.subscribe((rows) => seen.push(rows.find(({ name }) => name === SMALL)?.loading))
    await catalog.choose(row(catalog, SMALL))
    await settle()
    expect(preferences.get().model).toBe(SMALL)
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { id: SMALL } })
    expect(new Set(seen)).toEqual(new Set([undefined, 'loading', 'ready']))
    expect(row(catalog, SMALL).storedBytes).toBe(row(catalog, SMALL).model?.downloadBytes)
    expect(catalog.entries.get().filter(({ loading }) => loading !== undefined)).toHaveLength(1)
  })

  test('a model that does not fit is loaded only anyway', async () => {
    const { catalog, loader } = setUp({ script: { capabilities: software } })
    await catalog.refresh()
    const large = row(catalog, 'Qwen3-8B-q4f16_1-MLC')
    await catalog.choose(large)
    expect(loader.model.get().status).toBe('unfit')
    await catalog.choose(large, { anyway: true })
    expect(loader.model.get().status).toBe('ready')
  })

  test('a model that is not described yet marks its row at once', async () => {
    const { catalog, loader } = setUp()
    const load = catalog.choose(row(catalog, embeddedModel.id))
    expect(row(catalog, embeddedModel.id).loading).toBe('loading')
    await load
    await catalog.refresh()
    expect(loader.model.get().status).toBe('ready')
    expect(row(catalog, embeddedModel.id).loading).toBe('ready')
  })

  test('progress makes no rows anew', async () => {
    const loading = [0.2, 0.4, 0.6].map((share) => ({ phase: 'download', share }) as const)
    const { catalog } = setUp({ script: { loading } })
    let count = 0
    catalog.entries.listen(() => (count += 1))
    await catalog.choose(row(catalog, SMALL))
    expect(count).toBeLessThanOrEqual(3) // nothing known, loading, ready
  })
})

describe('deleting', () => {
  test('frees what is stored of a model, and the list says so', async () => {
    const { catalog, stored } = setUp()
    stored.set(SMALL, 7e8)
    stored.set(embeddedModel.id, 5)
    await catalog.refresh()
    await catalog.deleteStored(row(catalog, SMALL))
    expect(row(catalog, SMALL).storedBytes).toBe(0)
    expect([...stored.keys()]).toEqual([embeddedModel.id])
  })

  test('that fails rejects and changes nothing', async () => {
    const { catalog, stored, engine } = setUp()
    stored.set(SMALL, 7e8)
    await catalog.refresh()
    engine.deleteStored = async () => {
      throw new ReflectionError('storage-unreadable', 'No storage.')
    }
    await expect(catalog.deleteStored(row(catalog, SMALL))).rejects.toMatchObject({ code: 'storage-unreadable' })
    expect(row(catalog, SMALL).storedBytes).toBe(7e8)
  })
})

describe('adding', () => {
  test('puts the model on the list for good', async () => {
    const { catalog, preferences } = setUp({ models: { [OWN]: own } })
    await catalog.refresh()
    expect(await catalog.add(`  ${OWN}\n`)).toEqual({ added: 'Own' })
    expect(preferences.get().addedModels).toEqual([OWN])
    expect(row(catalog, OWN)).toMatchObject({ origin: 'user', model: own, storedBytes: 0, fit: { verdict: 'fits' } })
  })

  test.each(['', 'models.example', 'reflection-tiny', 'javascript:alert(1)', 'file:///etc/passwd', 'https://'])(
    'refuses what is no address of a server: "%s"',
    async (address) => {
      const { catalog, preferences } = setUp()
      expect(await catalog.add(address)).toEqual({ problem: { reason: 'address' } })
      expect(preferences.get().addedModels).toEqual([])
    },
  )

  test.each<[string, Setting, unknown]>([
    ['a model that is there', { models: { [OWN]: own }, preferences: { addedModels: [OWN] } }, { reason: 'known' }],
    ['a refusal of the server', {}, { reason: 'refused', origin: 'https://models.example', status: 404 }],
    [
      'a server that cannot be reached',
      { models: { [OWN]: new ReflectionError('download-failed', 'No answer.') } },
      { reason: 'unreachable', origin: 'https://models.example' },
    ],
    [
      'what the policy of the page forbids',
      { models: { [OWN]: new ReflectionError('host-forbidden', 'Not that one.') } },
      { reason: 'host', origin: 'https://models.example' },
    ],
    [
      'what is no manifest',
      { models: { [OWN]: new ReflectionError('manifest-invalid', 'name is nothing.') } },
      { reason: 'invalid', error: { code: 'manifest-invalid', message: 'name is nothing.' } },
    ],
  ])('tells %s', async (_, setting, problem) => {
    const { catalog, preferences } = setUp(setting)
    const before = preferences.get()
    await catalog.refresh()
    expect(await catalog.add(OWN)).toMatchObject({ problem })
    expect(preferences.get()).toBe(before)
  })
})

describe('adding a model whose weights the user brings', () => {
  const ID = 'Reflection-Llama-3.1-8B-q4f16_1'
  const CONFIG = { quantization: 'q4f16_1', tokenizer_files: ['tokenizer.json'] }
  const serve = (config: unknown) => serveFiles(new Map([['mlc-chat-config.json', JSON.stringify(config)]]))

  test('looks into the folder, and puts it on the list for good', async () => {
    const { catalog, preferences, loader } = setUp()
    await catalog.refresh()
    const { folderUrl, requests } = await serve(CONFIG)
    const name = `${ID}@${folderUrl}`
    const title = suppliedModels.find(({ id }) => id === ID)?.name
    expect(await catalog.add(` ${ID}@${folderUrl.replace(/\/$/, '')} `)).toEqual({ added: title })
    expect(requests).toEqual(['mlc-chat-config.json'])
    expect(preferences.get().addedModels).toEqual([name])
    expect(row(catalog, name)).toMatchObject({ origin: 'user', model: { id: ID, folderUrl }, storedBytes: 0 })
    expect(await catalog.add(name)).toEqual({ problem: { reason: 'known', name: title } })

    await catalog.choose(row(catalog, name))
    await settle()
    expect(preferences.get().model).toBe(name)
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { folderUrl } })
    expect(row(catalog, name).loading).toBe('ready')
    await catalog.remove(name)
    expect(preferences.get()).toMatchObject({ addedModels: [] })
    expect(preferences.get()).not.toHaveProperty('model')
    expect(catalog.entries.get().some((candidate) => candidate.name === name)).toBe(false)
  })

  test('is described anew after a restart, without asking the server', async () => {
    const { folderUrl, requests } = await serve(CONFIG)
    const name = `${ID}@${folderUrl}`
    const { catalog } = setUp({ preferences: { addedModels: [name] } })
    await catalog.refresh()
    expect(row(catalog, name)).toMatchObject({ model: { id: ID, folderUrl }, storedBytes: 0, isBest: false })
    expect(requests).toEqual([])
  })

  test.each([
    ['an id that no such model has', 'Llama-4@https://h.example/resolve/v1/', { reason: 'unknown', id: 'Llama-4' }],
    ['an address without a revision', `${ID}@https://h.example/r`, { reason: 'folder' }],
    ['no address', `${ID}@`, { reason: 'folder' }],
    ['an address of no server', `${ID}@file:///r/resolve/v1/`, { reason: 'folder' }],
  ])('tells %s', async (_, text, problem) => {
    const { catalog, preferences } = setUp()
    const before = preferences.get()
    expect(await catalog.add(text)).toMatchObject({ problem })
    expect(preferences.get()).toBe(before)
  })

  test('tells a folder without a model, and one of another build', async () => {
    const { catalog, preferences } = setUp()
    const before = preferences.get()
    const empty = await serveFiles(new Map())
    const { origin } = new URL(empty.folderUrl)
    expect(await catalog.add(`${ID}@${empty.folderUrl}`)).toEqual({
      problem: { reason: 'refused', origin, status: 404 },
    })
    const other = await serve({ ...CONFIG, quantization: 'q4f32_1' })
    expect(await catalog.add(`${ID}@${other.folderUrl}`)).toMatchObject({
      problem: { reason: 'unusable', error: { code: 'model-broken' } },
    })
    expect(preferences.get()).toBe(before)
  })

  test('tells a server that does not answer from one that the policy of the page forbids', async () => {
    const origin = 'http://127.0.0.1:1'
    const name = `${ID}@${origin}/r/resolve/v1/`
    expect(await setUp().catalog.add(name)).toEqual({ problem: { reason: 'unreachable', origin } })
    const forbidden = setUp({ models: { [name]: new ReflectionError('host-forbidden', 'Not that one.') } })
    expect(await forbidden.catalog.add(name)).toEqual({ problem: { reason: 'host', origin } })
  })
})

test('removing takes a model off the list, forgets the choice and deletes its files', async () => {
  const { catalog, preferences, stored } = setUp({
    models: { [OWN]: own },
    preferences: { addedModels: [OWN], model: OWN },
  })
  stored.set('own', 9)
  await catalog.refresh()
  await catalog.remove(OWN)
  expect(catalog.entries.get().some(({ name }) => name === OWN)).toBe(false)
  expect(preferences.get()).not.toHaveProperty('model')
  expect(preferences.get().addedModels).toEqual([])
  expect(stored.has('own')).toBe(false)
})
