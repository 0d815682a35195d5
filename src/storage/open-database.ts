import { createStore, type UseStore } from 'idb-keyval'
import { hasLetGoOfStorage } from './let-go.ts'
import { missingStorage } from './storage-error.ts'

/** The one object store that each of our databases has. */
const OBJECT_STORE = 'records'

/** A database; some tell when all that was in it was deleted, by this page or another one or by the browser. */
export type Database = UseStore & { readonly onCleared?: (listener: () => void) => () => void }

/**
 * A database of its own for one kind of data. The browser may close a connection, and a page that deletes or upgrades the database asks
 * all to close theirs: it is opened again, once for each call, which then runs again from its start.
 */
export function openDatabase(name: string): Database {
  const listeners = new Set<() => void>()
  const watched = new WeakSet<IDBDatabase>()
  let current = createStore(name, OBJECT_STORE)

  const tellCleared = () => listeners.forEach((listener) => listener())

  function watch(db: IDBDatabase): void {
    if (watched.has(db)) return
    watched.add(db)
    db.addEventListener('close', tellCleared) // only where the browser closed it
    db.addEventListener('versionchange', ({ newVersion }) => {
      db.close()
      if (newVersion === null) tellCleared()
    })
  }

  const useStore: UseStore = async (mode, callback) => {
    if (!hasIndexedDB() || hasLetGoOfStorage()) throw missingStorage()
    const used = current
    const work = (store: IDBObjectStore) => {
      watch(store.transaction.db)
      return callback(store)
    }
    try {
      return await used(mode, work)
    } catch (error) {
      if (!isOfClosedConnection(error)) throw error
      if (current === used) current = createStore(name, OBJECT_STORE)
      return await current(mode, work)
    }
  }
  return Object.assign(useStore, {
    onCleared(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  })
}

/** Some browsers have none in private windows, or null in its place, whatever the type says. */
function hasIndexedDB(): boolean {
  const factory: IDBFactory | null | undefined = globalThis.indexedDB
  return factory !== null && factory !== undefined
}

/** `InvalidStateError` for a transaction that begins on a closed connection, `AbortError` for one that was cut off by the closing. */
function isOfClosedConnection(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'InvalidStateError' || error.name === 'AbortError')
}
