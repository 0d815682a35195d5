import { describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { ModelStorage, StoredModel } from '../../../src/core/model-storage.ts'
import { noticeEviction } from '../../../src/state/notice-eviction.ts'
import { resolveStored } from '../../../src/state/resolve-stored.ts'
import { createStoredModels } from '../../../src/state/stored-models.ts'
import { SCRIPTED_MODEL } from '../../fakes/scripted-engine.ts'

const model = (name: string, bytes: number, isComplete = true): StoredModel => ({
  description: { ...SCRIPTED_MODEL, name, id: name, folderUrl: `http://127.0.0.1/${name}/resolve/1/` },
  files: [],
  bytes,
  isComplete,
})

/** A storage that does what a test says. */
function setUp(models: readonly StoredModel[] = [], changes: Partial<ModelStorage> = {}) {
  const state = { models: [...models], isKept: false, asked: 0 }
  const storage: ModelStorage = {
    models: async () => state.models,
    verify: async () => [],
    delete: async (folderUrl) => {
      state.models = state.models.filter(({ description }) => description.folderUrl !== folderUrl)
    },
    export: async () => new Blob(['tar']),
    describe: async () => undefined,
    import: async () => SCRIPTED_MODEL,
    ...changes,
  }
  const stored = createStoredModels(storage, {
    isKept: async () => state.isKept,
    async keep() {
      state.asked += 1
      state.isKept = true
    },
  })
  return { state, storage, stored }
}

describe('what is stored', () => {
  test('is looked at, checked and deleted, and what went wrong is told', async () => {
    const { stored } = setUp([model('a', 1), model('b', 2)], {
      verify: async (folderUrl, tell) => {
        tell?.({ phase: 'verify', share: 0.5 })
        if (folderUrl.includes('/a/')) return ['params_0.bin']
        throw new ReflectionError('storage-unreadable', 'No.')
      },
    })
    expect(stored.list.get()).toBeUndefined()
    await stored.refresh()
    const [a, b] = stored.list.get() ?? []
    const seen: unknown[] = []
    stored.work.listen((work) => seen.push(work?.progress?.share ?? work?.kind))
    await stored.verify(a!)
    expect(seen).toEqual(['verify', 0.5, undefined])
    expect(stored.news.get()).toEqual({ kind: 'damaged', folderUrl: a?.description.folderUrl, files: ['params_0.bin'] })
    await stored.verify(b!)
    expect(stored.news.get()).toMatchObject({ kind: 'failed', error: { code: 'storage-unreadable' } })
    await stored.delete(a!)
    expect(stored.list.get()).toEqual([b])
    expect(stored.news.get()).toBeUndefined()
  })

  test('has one thing done with it at a time', async () => {
    let end: () => void = () => undefined
    const { stored } = setUp([model('a', 1)], { verify: () => new Promise((resolve) => (end = () => resolve([]))) })
    await stored.refresh()
    const [a] = stored.list.get() ?? []
    const verifying = stored.verify(a!)
    expect(await stored.export(a!)).toBeUndefined()
    expect(await stored.import([])).toBeUndefined()
    end()
    await verifying
    expect(stored.news.get()).toMatchObject({ kind: 'verified' })
    expect(await (await stored.export(a!))?.text()).toBe('tar')
  })

  test('shall be decided about where files say what they are, before anything of them is stored', async () => {
    const imported: (readonly File[])[] = []
    const { stored } = setUp([], {
      async describe([file]) {
        if (file?.name === 'broken.gguf') throw new ReflectionError('gguf-invalid', 'No.')
        return file?.name.endsWith('.gguf') ? SCRIPTED_MODEL : undefined
      },
      async import(files) {
        imported.push(files)
        return SCRIPTED_MODEL
      },
    })
    const files = [new File(['x'], 'a.gguf')]
    expect(await stored.offer(files)).toBe('offered')
    expect(stored.offered.get()).toEqual({ files, model: SCRIPTED_MODEL })
    stored.decline()
    expect(stored.offered.get()).toBeUndefined()
    expect(await stored.offer([new File(['x'], 'a.tar')])).toBe('import')
    await stored.offer(files)
    expect(await stored.offer([new File(['x'], 'broken.gguf')])).toBe('refused')
    expect(stored.news.get()).toMatchObject({ kind: 'failed', error: { code: 'gguf-invalid' } })
    expect([stored.offered.get(), imported]).toEqual([undefined, []])
    await stored.offer(files)
    await stored.import(files)
    expect([stored.offered.get(), imported]).toEqual([undefined, [files]])
  })

  test('that is imported and large shall be kept by the browser', async () => {
    const { stored, state } = setUp()
    await stored.import([new File(['x'], 'a.tar')])
    expect(state.asked).toBe(0)
    expect(stored.news.get()).toEqual({ kind: 'imported', name: SCRIPTED_MODEL.name })
    await stored.import([{ name: 'a.tar', size: 60e6 } as File])
    expect(state.asked).toBe(1)
    expect(stored.isKept.get()).toBe(true)
  })

  test('that is imported in the place of a listed model is told as that', async () => {
    const { stored } = setUp([], { import: async () => ({ ...SCRIPTED_MODEL, origin: 'prebuilt' }) })
    await stored.import([new File(['x'], 'a.tar')])
    expect(stored.news.get()).toEqual({ kind: 'imported', name: SCRIPTED_MODEL.name, isListed: true })
  })
})

describe('a browser that takes stored models away', () => {
  function withMark(text: string | null) {
    const mark = { text, read: () => mark.text, write: (next: string) => void (mark.text = next) }
    return mark
  }
  const large = model('large', 60e6)

  test('is noticed at the next start, once', async () => {
    const mark = withMark(null)
    let told = 0
    const tell = () => void (told += 1)
    await noticeEviction(setUp([large, model('small', 5e6)]).stored, mark, tell)
    expect(told).toBe(0)
    await noticeEviction(setUp([model('small', 5e6)]).stored, mark, tell)
    expect(told).toBe(1)
    await noticeEviction(setUp([]).stored, mark, tell)
    expect(told).toBe(1)
  })

  test('is not suspected when the user deleted them, or when nobody can look', async () => {
    const mark = withMark(null)
    const { stored } = setUp([large])
    await noticeEviction(stored, mark, () => expect.unreachable())
    await stored.delete(large)
    await noticeEviction(setUp([]).stored, mark, () => expect.unreachable())
    mark.text = JSON.stringify([large.description.folderUrl])
    const failing = setUp([], { models: () => Promise.reject(new ReflectionError('storage-unreadable', 'No.')) })
    await noticeEviction(failing.stored, mark, () => expect.unreachable())
    expect(mark.text).toContain('/large/')
  })

  test.each([null, '', 'no JSON', '{}', '[7, null]'])('is not suspected for a mark that says %s', async (text) => {
    await noticeEviction(setUp([]).stored, withMark(text), () => expect.unreachable())
  })
})

describe('a model that cannot be reached', () => {
  const unreachable = new ReflectionError('download-failed', 'Offline.')
  const a = model('a', 1)

  test.each(['a', `${a.description.folderUrl}manifest.json`])('is found among what is stored: %s', async (name) => {
    const { storage } = setUp([a])
    expect(await resolveStored(() => Promise.reject(unreachable), storage)(name)).toEqual(a.description)
  })

  test('is not taken for one that calls itself like it, but found by its own address', async () => {
    const brought = { ...a, description: { ...a.description, origin: 'user' as const } }
    const find = resolveStored(() => Promise.reject(unreachable), setUp([brought]).storage)
    await expect(find('a')).rejects.toBe(unreachable)
    expect(await find(`${a.description.folderUrl}manifest.json`)).toEqual(brought.description)
  })

  test('stays unreachable where it is not whole, or another failure tells more', async () => {
    const { storage } = setUp([model('a', 1, false)])
    await expect(resolveStored(() => Promise.reject(unreachable), storage)('a')).rejects.toBe(unreachable)
    const invalid = new ReflectionError('manifest-invalid', 'No.')
    await expect(resolveStored(() => Promise.reject(invalid), setUp([a]).storage)('a')).rejects.toBe(invalid)
  })
})
