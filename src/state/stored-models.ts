import { atom, type ReadableAtom } from 'nanostores'
import type { LoadProgress } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelStorage, StoredModel } from '../core/model-storage.ts'
import type { ModelDescription } from '../core/models/model-description.ts'

/** What is being done; one thing at a time. */
export interface StorageWork {
  readonly kind: 'verify' | 'export' | 'delete' | 'look' | 'import'
  /** Of which model; absent for an import, and for a look at what may be imported. */
  readonly folderUrl?: string
  readonly progress?: LoadProgress
}

/** How the last thing that was done went. */
export type StorageNews =
  | { readonly kind: 'verified'; readonly folderUrl: string }
  | { readonly kind: 'damaged'; readonly folderUrl: string; readonly files: readonly string[] }
  /** `isListed`: its files now stand for those of a model that the page lists. */
  | { readonly kind: 'imported'; readonly name: string; readonly isListed?: true }
  | { readonly kind: 'failed'; readonly folderUrl?: string; readonly error: ReflectionError }

/** Files of this device that may be imported, and what they say of themselves. */
export interface OfferedModel {
  readonly files: readonly File[]
  readonly model: ModelDescription
}

/** Whether the browser promised to keep what the page stores. */
export interface StorageKeeping {
  isKept(): Promise<boolean>
  /** Asks for it; the browser may ask the user, and may decline. */
  keep(): Promise<void>
}

/** The models on this device, and what can be done with their files. Nothing here rejects: `news` says how it went. */
export interface StoredModels {
  /** Absent until it was looked at. */
  readonly list: ReadableAtom<readonly StoredModel[] | undefined>
  readonly isKept: ReadableAtom<boolean | undefined>
  readonly work: ReadableAtom<StorageWork | undefined>
  readonly news: ReadableAtom<StorageNews | undefined>
  /** What `offer` found, until it is imported or declined. */
  readonly offered: ReadableAtom<OfferedModel | undefined>
  refresh(): Promise<void>
  verify(model: StoredModel): Promise<void>
  delete(model: StoredModel): Promise<void>
  /** @returns The file, or undefined where that failed. */
  export(model: StoredModel): Promise<Blob | undefined>
  /**
   * Looks what files are before anything of them is stored.
   * @returns Whether there is a model to decide about in `offered`. Files that say nothing of themselves before they are read can be imported at once.
   */
  offer(files: readonly File[]): Promise<'offered' | 'import' | 'refused'>
  decline(): void
  /** @returns What was imported, or undefined where nothing was. */
  import(files: readonly File[]): Promise<ModelDescription | undefined>
  keep(): Promise<void>
}

/** Imports from which on the browser is asked to keep them, bytes. */
const WORTH_KEEPING = 50e6

export function createStoredModels(storage: ModelStorage, keeping: StorageKeeping): StoredModels {
  const $list = atom<readonly StoredModel[] | undefined>(undefined)
  const $isKept = atom<boolean | undefined>(undefined)
  const $work = atom<StorageWork | undefined>(undefined)
  const $news = atom<StorageNews | undefined>(undefined)
  const $offered = atom<OfferedModel | undefined>(undefined)

  async function refresh(): Promise<void> {
    const [list, isKept] = await Promise.all([
      storage.models().catch((error: unknown) => {
        $news.set({ kind: 'failed', error: ReflectionError.from(error) })
        return $list.get()
      }),
      keeping.isKept().catch(() => undefined),
    ])
    $list.set(list)
    $isKept.set(isKept)
  }

  /** Does one thing at a time; a second one, meanwhile, is not begun. */
  async function during<Value>(
    work: StorageWork,
    act: (onProgress: (progress: LoadProgress) => void) => Promise<Value>,
  ): Promise<Value | undefined> {
    if ($work.get() !== undefined) return undefined
    $news.set(undefined)
    $work.set(work)
    try {
      return await act((progress) => $work.get() !== undefined && $work.set({ ...work, progress }))
    } catch (error) {
      const { folderUrl } = work
      $news.set({
        kind: 'failed',
        error: ReflectionError.from(error),
        ...(folderUrl === undefined ? {} : { folderUrl }),
      })
      return undefined
    } finally {
      $work.set(undefined)
      await refresh()
    }
  }

  const urlOf = ({ description }: StoredModel) => description.folderUrl
  return {
    list: $list,
    isKept: $isKept,
    work: $work,
    news: $news,
    offered: $offered,
    refresh,
    async verify(model) {
      const folderUrl = urlOf(model)
      const files = await during({ kind: 'verify', folderUrl }, (tell) => storage.verify(folderUrl, tell))
      if (files === undefined) return
      $news.set(files.length === 0 ? { kind: 'verified', folderUrl } : { kind: 'damaged', folderUrl, files })
    },
    async delete(model) {
      await during({ kind: 'delete', folderUrl: urlOf(model) }, () => storage.delete(urlOf(model)))
    },
    export: (model) => during({ kind: 'export', folderUrl: urlOf(model) }, () => storage.export(urlOf(model))),
    async offer(files) {
      $offered.set(undefined)
      const look = await during({ kind: 'look' }, async () => ({ model: await storage.describe(files) }))
      if (look === undefined) return 'refused'
      if (look.model === undefined) return 'import'
      $offered.set({ files, model: look.model })
      return 'offered'
    },
    decline: () => $offered.set(undefined),
    async import(files) {
      $offered.set(undefined)
      const isLarge = files.reduce((sum, { size }) => sum + size, 0) > WORTH_KEEPING
      const model = await during({ kind: 'import' }, async (tell) => {
        if (isLarge) await keeping.keep().catch((error: unknown) => console.warn(error)) // it works without
        return storage.import(files, tell)
      })
      if (model !== undefined)
        $news.set({ kind: 'imported', name: model.name, ...(model.origin === 'prebuilt' && { isListed: true }) })
      return model
    },
    async keep() {
      await keeping.keep().catch((error: unknown) => console.warn(error))
      await refresh()
    },
  }
}
