import { atom } from 'nanostores'
import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { ModelDescription } from '../../../src/core/models/model-description.ts'
import { embeddedModel, prebuiltModels, suppliedModels } from '../../../src/core/models/model-list.ts'
import { findSuppliedModel } from '../../../src/core/models/supplied-name.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { createModelShelf, type ModelShelf, type ShelfRow } from '../../../src/state/model-shelf.ts'
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
  readonly blocked?: string
}

function setUp({ script, preferences, models, blocked }: Setting = {}) {
  const stored = new Map<string, number>()
  const engine = createScriptedEngine({ replies: [], capabilities: desktop, stored, ...script })
  const loader = createModelLoader(engine)
  const $preferences = atom<Preferences>({ ...DEFAULT_PREFERENCES, ...preferences })
  let persistCalls = 0
  const shelf = createModelShelf({
    engine,
    loader,
    preferences: $preferences,
    async resolve(name) {
      const found = models?.[name] ?? [embedded, ...prebuiltModels].find(({ id }) => id === name)
      if (found instanceof Error) throw found
      if (found !== undefined) return found
      const supplied = findSuppliedModel(name)
      if (supplied !== undefined) return supplied
      throw new ReflectionError('download-failed', 'The server answered 404.', { details: { url: name, status: 404 } })
    },
    platform: {
      persist: async () => void (persistCalls += 1),
      watchPolicy: (origin) => async () => origin === blocked,
    },
  })
  return { stored, engine, loader, preferences: $preferences, shelf, persistCalls: () => persistCalls }
}

function row(shelf: ModelShelf, name: string): ShelfRow {
  const found = shelf.rows.get().find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`no row ${name}`)
  return found
}

/** Resolves when the loader has nothing to do with loading any more, and the shelf has looked again. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('the rows', () => {
  test('are the embedded model, the registry and what the user added, in this order', async () => {
    const { shelf } = setUp({ preferences: { addedModels: [OWN, OWN] }, models: { [OWN]: own } })
    expect(shelf.device.get()).toBeUndefined()
    await shelf.refresh()
    expect(shelf.rows.get().map(({ name }) => name)).toEqual([
      embeddedModel.id,
      ...prebuiltModels.map(({ id }) => id),
      OWN,
    ])
    expect(shelf.rows.get().map(({ origin }) => origin)).toEqual([
      'embedded',
      ...prebuiltModels.map(() => 'prebuilt'),
      'user',
    ])
    expect(row(shelf, OWN)).toMatchObject({ model: own, fit: { verdict: 'fits' }, storedBytes: 0, isBest: false })
    expect(shelf.device.get()).toMatchObject(desktop)
  })

  test('have one that is the best that fits: of software the embedded one, whatever the user added', async () => {
    const { shelf } = setUp({
      script: { capabilities: software },
      preferences: { addedModels: [OWN] },
      models: { [OWN]: own },
    })
    await shelf.refresh()
    expect(shelf.rows.get().flatMap(({ name, isBest }) => (isBest ? name : []))).toEqual([embeddedModel.id])
    const large = setUp()
    await large.shelf.refresh()
    const [best, ...others] = large.shelf.rows.get().filter(({ isBest }) => isBest)
    expect(others).toEqual([])
    expect(best?.name).toBe('Qwen3-4B-q4f16_1-MLC')
  })

  test('say why a manifest cannot be read, and read it at the next look', async () => {
    const models: Record<string, ModelDescription> = {}
    const { shelf } = setUp({ preferences: { addedModels: [OWN] }, models })
    await shelf.refresh()
    expect(row(shelf, OWN)).toMatchObject({ error: { code: 'download-failed' }, isBest: false })
    expect(row(shelf, OWN).model).toBeUndefined()
    models[OWN] = own
    await shelf.refresh()
    expect(row(shelf, OWN)).toMatchObject({ model: own, storedBytes: 0 })
    expect(row(shelf, OWN).error).toBeUndefined()
  })

  test('know what is stored, and judge the room for the rest', async () => {
    const { shelf, stored } = setUp({
      script: { capabilities: { ...desktop, storage: { quotaBytes: 500e6, usedBytes: 400e6 } } },
    })
    await shelf.refresh()
    expect(row(shelf, SMALL).fit?.verdict).toBe('does-not-fit')
    stored.set(SMALL, row(shelf, SMALL).model?.downloadBytes ?? 0)
    await shelf.refresh()
    expect(row(shelf, SMALL)).toMatchObject({ fit: { verdict: 'fits' } })
    expect(row(shelf, SMALL).storedBytes).toBeGreaterThan(5e8)
  })

  test('a device that cannot be looked at is a problem, which the next look clears', async () => {
    const { shelf, engine } = setUp()
    const { capabilities } = engine
    engine.capabilities = async () => {
      throw new ReflectionError('worker-died', 'The engine stopped.')
    }
    await shelf.refresh()
    expect(shelf.problem.get()).toMatchObject({ code: 'worker-died' })
    engine.capabilities = capabilities
    await shelf.refresh()
    expect(shelf.problem.get()).toBeUndefined()
  })
})

describe('choosing', () => {
  test('remembers the model, loads it, and counts what is stored afterwards', async () => {
    const { shelf, loader, preferences } = setUp()
    await shelf.refresh()
    const seen: unknown[] = []
    shelf.rows.subscribe((rows) => seen.push(rows.find(({ name }) => name === SMALL)?.loading))
    await shelf.choose(row(shelf, SMALL))
    await settle()
    expect(preferences.get().model).toBe(SMALL)
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { id: SMALL } })
    expect(new Set(seen)).toEqual(new Set([undefined, 'loading', 'ready']))
    expect(row(shelf, SMALL).storedBytes).toBe(row(shelf, SMALL).model?.downloadBytes)
    expect(shelf.rows.get().filter(({ loading }) => loading !== undefined)).toHaveLength(1)
  })

  test('a model that does not fit is loaded only anyway', async () => {
    const { shelf, loader } = setUp({ script: { capabilities: software } })
    await shelf.refresh()
    const large = row(shelf, 'Qwen3-8B-q4f16_1-MLC')
    await shelf.choose(large)
    expect(loader.model.get().status).toBe('unfit')
    await shelf.choose(large, { anyway: true })
    expect(loader.model.get().status).toBe('ready')
  })

  test('a model that is not described yet marks its row at once', async () => {
    const { shelf, loader } = setUp()
    const load = shelf.choose(row(shelf, embeddedModel.id))
    expect(row(shelf, embeddedModel.id).loading).toBe('loading')
    await load
    await shelf.refresh()
    expect(loader.model.get().status).toBe('ready')
    expect(row(shelf, embeddedModel.id).loading).toBe('ready')
  })

  test('progress makes no rows anew', async () => {
    const loading = [0.2, 0.4, 0.6].map((share) => ({ phase: 'download', share }) as const)
    const { shelf } = setUp({ script: { loading } })
    let count = 0
    shelf.rows.listen(() => (count += 1))
    await shelf.choose(row(shelf, SMALL))
    expect(count).toBeLessThanOrEqual(3) // nothing known, loading, ready
  })
})

describe('keeping what is stored', () => {
  const progress = (totalBytes: number) => ({ phase: 'download', share: 0.1, bytes: 1, totalBytes }) as const

  test('is asked of the browser once, when a large download begins', async () => {
    const { shelf, persistCalls } = setUp({ script: { loading: [progress(51e6), progress(51e6)] } })
    expect(persistCalls()).toBe(0)
    await shelf.choose(row(shelf, SMALL))
    await shelf.choose(row(shelf, SMALL))
    expect(persistCalls()).toBe(1)
  })

  test('is not asked for a small one', async () => {
    const { shelf, persistCalls } = setUp({ script: { loading: [progress(50e6)] } })
    await shelf.choose(row(shelf, SMALL))
    expect(persistCalls()).toBe(0)
  })
})

describe('deleting', () => {
  test('frees what is stored of a model, and the list says so', async () => {
    const { shelf, stored } = setUp()
    stored.set(SMALL, 7e8)
    stored.set(embeddedModel.id, 5)
    await shelf.refresh()
    await shelf.deleteStored(row(shelf, SMALL))
    expect(row(shelf, SMALL).storedBytes).toBe(0)
    expect([...stored.keys()]).toEqual([embeddedModel.id])
  })

  test('that fails rejects and changes nothing', async () => {
    const { shelf, stored, engine } = setUp()
    stored.set(SMALL, 7e8)
    await shelf.refresh()
    engine.deleteStored = async () => {
      throw new ReflectionError('storage-unreadable', 'No storage.')
    }
    await expect(shelf.deleteStored(row(shelf, SMALL))).rejects.toMatchObject({ code: 'storage-unreadable' })
    expect(row(shelf, SMALL).storedBytes).toBe(7e8)
  })
})

describe('adding', () => {
  test('puts the model on the list for good', async () => {
    const { shelf, preferences } = setUp({ models: { [OWN]: own } })
    await shelf.refresh()
    expect(await shelf.add(`  ${OWN}\n`)).toEqual({ added: 'Own' })
    expect(preferences.get().addedModels).toEqual([OWN])
    expect(row(shelf, OWN)).toMatchObject({ origin: 'user', model: own, storedBytes: 0, fit: { verdict: 'fits' } })
  })

  test.each(['', 'models.example', 'reflection-tiny', 'javascript:alert(1)', 'file:///etc/passwd', 'https://'])(
    'refuses what is no address of a server: "%s"',
    async (address) => {
      const { shelf, preferences } = setUp()
      expect(await shelf.add(address)).toEqual({ problem: { reason: 'address' } })
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
      { models: { [OWN]: new ReflectionError('download-failed', 'No answer.') }, blocked: 'https://models.example' },
      { reason: 'host', origin: 'https://models.example' },
    ],
    [
      'what is no manifest',
      { models: { [OWN]: new ReflectionError('manifest-invalid', 'name is nothing.') } },
      { reason: 'invalid', error: { code: 'manifest-invalid', message: 'name is nothing.' } },
    ],
  ])('tells %s', async (_, setting, problem) => {
    const { shelf, preferences } = setUp(setting)
    const before = preferences.get()
    await shelf.refresh()
    expect(await shelf.add(OWN)).toMatchObject({ problem })
    expect(preferences.get()).toBe(before)
  })
})

describe('adding a model whose weights the user brings', () => {
  const ID = 'Reflection-Llama-3.1-8B-q4f16_1'
  const CONFIG = { quantization: 'q4f16_1', tokenizer_files: ['tokenizer.json'] }
  const serve = (config: unknown) => serveFiles(new Map([['mlc-chat-config.json', JSON.stringify(config)]]))

  test('looks into the folder, and puts it on the list for good', async () => {
    const { shelf, preferences, loader } = setUp()
    await shelf.refresh()
    const { folderUrl, requests } = await serve(CONFIG)
    const name = `${ID}@${folderUrl}`
    const title = suppliedModels.find(({ id }) => id === ID)?.name
    expect(await shelf.add(` ${ID}@${folderUrl.replace(/\/$/, '')} `)).toEqual({ added: title })
    expect(requests).toEqual(['mlc-chat-config.json'])
    expect(preferences.get().addedModels).toEqual([name])
    expect(row(shelf, name)).toMatchObject({ origin: 'user', model: { id: ID, folderUrl }, storedBytes: 0 })
    expect(await shelf.add(name)).toEqual({ problem: { reason: 'known', name: title } })

    await shelf.choose(row(shelf, name))
    await settle()
    expect(preferences.get().model).toBe(name)
    expect(loader.model.get()).toMatchObject({ status: 'ready', model: { folderUrl } })
    expect(row(shelf, name).loading).toBe('ready')
    await shelf.remove(name)
    expect(preferences.get()).toMatchObject({ addedModels: [] })
    expect(preferences.get()).not.toHaveProperty('model')
    expect(shelf.rows.get().some((candidate) => candidate.name === name)).toBe(false)
  })

  test('is described anew after a restart, without asking the server', async () => {
    const { folderUrl, requests } = await serve(CONFIG)
    const name = `${ID}@${folderUrl}`
    const { shelf } = setUp({ preferences: { addedModels: [name] } })
    await shelf.refresh()
    expect(row(shelf, name)).toMatchObject({ model: { id: ID, folderUrl }, storedBytes: 0, isBest: false })
    expect(requests).toEqual([])
  })

  test.each([
    ['an id that no such model has', 'Llama-4@https://h.example/resolve/v1/', { reason: 'unknown', id: 'Llama-4' }],
    ['an address without a revision', `${ID}@https://h.example/r`, { reason: 'folder' }],
    ['no address', `${ID}@`, { reason: 'folder' }],
    ['an address of no server', `${ID}@file:///r/resolve/v1/`, { reason: 'folder' }],
  ])('tells %s', async (_, text, problem) => {
    const { shelf, preferences } = setUp()
    const before = preferences.get()
    expect(await shelf.add(text)).toMatchObject({ problem })
    expect(preferences.get()).toBe(before)
  })

  test('tells a folder without a model, and one of another build', async () => {
    const { shelf, preferences } = setUp()
    const before = preferences.get()
    const empty = await serveFiles(new Map())
    const { origin } = new URL(empty.folderUrl)
    expect(await shelf.add(`${ID}@${empty.folderUrl}`)).toEqual({ problem: { reason: 'refused', origin, status: 404 } })
    const other = await serve({ ...CONFIG, quantization: 'q4f32_1' })
    expect(await shelf.add(`${ID}@${other.folderUrl}`)).toMatchObject({
      problem: { reason: 'unusable', error: { code: 'model-broken' } },
    })
    expect(preferences.get()).toBe(before)
  })

  test('tells a server that does not answer from one that the policy of the page forbids', async () => {
    const origin = 'http://127.0.0.1:1'
    const name = `${ID}@${origin}/r/resolve/v1/`
    expect(await setUp().shelf.add(name)).toEqual({ problem: { reason: 'unreachable', origin } })
    expect(await setUp({ blocked: origin }).shelf.add(name)).toEqual({ problem: { reason: 'host', origin } })
  })
})

test('removing takes a model off the list, forgets the choice and deletes its files', async () => {
  const { shelf, preferences, stored } = setUp({
    models: { [OWN]: own },
    preferences: { addedModels: [OWN], model: OWN },
  })
  stored.set('own', 9)
  await shelf.refresh()
  await shelf.remove(OWN)
  expect(shelf.rows.get().some(({ name }) => name === OWN)).toBe(false)
  expect(preferences.get()).not.toHaveProperty('model')
  expect(preferences.get().addedModels).toEqual([])
  expect(stored.has('own')).toBe(false)
})
