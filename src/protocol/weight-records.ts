import { promisifyRequest } from 'idb-keyval'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'

/** What is known of a file that is stored, whole or in part. */
export interface FileRecord {
  /** Where it comes from, which is its name: a file of another revision has another address. */
  readonly address: string
  /** Bytes that are stored, and in how many pieces. */
  readonly have: number
  readonly pieces: number
  /** Only then it may be read; that it exists says nothing. */
  readonly isComplete: boolean
  /** What it must have when it is whole; absent until someone tells. */
  readonly bytes?: number
  /** SHA-256, lower-case hexadecimal: as someone told, or as it was when the file first came whole. */
  readonly sha256?: string
  /** SHA-256 of the bytes so far, to go on with; absent once the file is whole. */
  readonly hashState?: Uint8Array
  /** The server's ETag for these bytes. */
  readonly validator?: string
  /** Of some of its bytes (`sampleOf`); there once the file is whole. */
  readonly sample?: string
  /** When all of its bytes were last checked, milliseconds since 1970. */
  readonly verifiedAt?: number
  /** It could not be read, or a model of it failed: all of it has to be checked before it is used again. */
  readonly isSuspect?: boolean
  /**
   * Folders of the models that it was imported with, from an archive or a folder of this device; absent where it came from its own address. What it
   * is then, only that archive says: it serves these models, and others only where they name its SHA-256.
   */
  readonly importedFor?: readonly string[]
}

/** Which files belong to a model. */
export interface ModelRecord {
  readonly folderUrl: string
  readonly description: ModelDescription
  /** Of its files, also of those that are not stored yet. Two models may share some. */
  readonly addresses: readonly string[]
  /** When it was last loaded, milliseconds since 1970; absent before it was. */
  readonly usedAt?: number
}

export type RecordChange =
  | { readonly type: 'put-file'; readonly file: FileRecord }
  | { readonly type: 'put-piece'; readonly address: string; readonly index: number; readonly piece: Blob }
  /** Of a whole file, as its record is by then: where there is none any more, none is made. */
  | { readonly type: 'note-file'; readonly address: string; readonly note: (file: FileRecord) => FileRecord }
  | { readonly type: 'drop-file'; readonly address: string }
  | { readonly type: 'put-model'; readonly model: ModelRecord }
  | { readonly type: 'drop-model'; readonly folderUrl: string }

/** Where weights lie. Nothing is checked here; `worker/weights/weight-store.ts` does that. */
export interface WeightRecords {
  /** @throws {ReflectionError} `storage-unreadable`, as all that reads. */
  files(): Promise<readonly FileRecord[]>
  file(address: string): Promise<FileRecord | undefined>
  /** The pieces of a file in their order, each by its own key; one that is not there is undefined. */
  pieces(address: string, count: number): Promise<readonly (Blob | undefined)[]>
  models(): Promise<readonly ModelRecord[]>
  /** Makes all of the changes or none. @throws {ReflectionError} `storage-full`, `storage-unreadable`. */
  commit(changes: readonly RecordChange[]): Promise<void>
}

const STORES = ['files', 'pieces', 'models'] as const

/**
 * Records in IndexedDB, of the worker and of a frame that copies what its own site keeps. Bytes are Blobs, which the browser keeps as files: to look at a record reads none of them. They are found by primary
 * key only, because WebKit loses Blobs that are read through a cursor or an index.
 * @param factory - Where the database is. Default: where this page or worker keeps its own.
 */
export function openWeightRecords(name = 'second-thought-weights', factory = indexedDB): WeightRecords {
  let opened: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    opened ??= openDatabase(factory, name, () => (opened = undefined)).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function reading<Value>(
    store: (typeof STORES)[number],
    read: (store: IDBObjectStore) => Promise<Value>,
  ): Promise<Value> {
    try {
      return await read((await open()).transaction(store).objectStore(store))
    } catch (error) {
      throw unreadable(error)
    }
  }

  return {
    files: () => reading('files', (store) => promisifyRequest<FileRecord[]>(store.getAll())),
    file: (address) => reading('files', (store) => promisifyRequest<FileRecord | undefined>(store.get(address))),
    pieces: (address, count) =>
      reading('pieces', (store) =>
        Promise.all(
          Array.from({ length: count }, (_, index) => promisifyRequest<Blob | undefined>(store.get([address, index]))),
        ),
      ),
    models: () => reading('models', (store) => promisifyRequest<ModelRecord[]>(store.getAll())),
    async commit(changes) {
      try {
        const transaction = (await open()).transaction(STORES, 'readwrite')
        for (const change of changes) apply(transaction, change)
        await promisifyRequest(transaction) // a full disk aborts it after its requests
      } catch (error) {
        throw writeError(error)
      }
    },
  }
}

function apply(transaction: IDBTransaction, change: RecordChange): void {
  switch (change.type) {
    case 'put-file':
      transaction.objectStore('files').put(change.file)
      return
    case 'note-file': {
      const files = transaction.objectStore('files')
      const asking: IDBRequest<FileRecord | undefined> = files.get(change.address)
      asking.addEventListener('success', () => {
        if (asking.result?.isComplete === true) files.put(change.note(asking.result))
      })
      return
    }
    case 'put-piece':
      transaction.objectStore('pieces').put(change.piece, [change.address, change.index])
      return
    case 'drop-file':
      transaction.objectStore('pieces').delete(IDBKeyRange.bound([change.address], [change.address, []]))
      transaction.objectStore('files').delete(change.address)
      return
    case 'put-model':
      transaction.objectStore('models').put(change.model)
      return
    case 'drop-model':
      transaction.objectStore('models').delete(change.folderUrl)
  }
}

async function openDatabase(factory: IDBFactory, name: string, onClosed: () => void): Promise<IDBDatabase> {
  const request = factory.open(name) // as it is: one of a newer version of this page has these stores as well
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('files', { keyPath: 'address' })
    request.result.createObjectStore('pieces')
    request.result.createObjectStore('models', { keyPath: 'folderUrl' })
  })
  const database = await promisifyRequest(request)
  database.addEventListener('close', onClosed) // the browser cleared it under us
  database.addEventListener('versionchange', () => {
    database.close() // a newer page, or a deletion, shall not wait for this one
    onClosed()
  })
  return database
}

function unreadable(cause: unknown): ReflectionError {
  return new ReflectionError(
    'storage-unreadable',
    'The browser cannot read its storage (IndexedDB). Private windows and blocked site data have none: open the page in a normal window.',
    { cause },
  )
}

/** How browsers say that there is no room. */
const FULL: ReadonlySet<string> = new Set(['QuotaExceededError', 'UnknownError', 'AbortError'])

function writeError(cause: unknown): ReflectionError {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : ''
  if (!FULL.has(name)) return unreadable(cause)
  return new ReflectionError(
    'storage-full',
    'The browser could not store more. Free disk space or delete a stored model, then load again: what came so far stays.',
    { cause },
  )
}
