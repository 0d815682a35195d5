import { promisifyRequest } from 'idb-keyval'
import type { Database } from './open-database.ts'
import { FormChanged } from './record-form.ts'
import type { Records, RecordTable } from './records.ts'
import { toStorageError } from './storage-error.ts'

/** Records in IndexedDB. */
export function openIndexedRecords(useStore: Database): Records {
  return {
    onCleared: useStore.onCleared,
    async transact(mode, work) {
      try {
        return await useStore(mode, (store) => runIn(store, work))
      } catch (error) {
        throw error instanceof FormChanged ? error : toStorageError(error) // not a failure: who switches records looks for it
      }
    },
  }
}

async function runIn<Value>(store: IDBObjectStore, work: (table: RecordTable) => Promise<Value>): Promise<Value> {
  const { transaction } = store
  const done = promisifyRequest(transaction) // listens from the start, as the end may come during `work`
  done.catch(() => undefined) // where `work` fails nobody waits for it
  try {
    const value = await work(tableOf(store))
    await done // only then it is stored: a full disk fails the transaction after its requests
    return value
  } catch (error) {
    if (transaction.error !== null) throw transaction.error // the cause; requests then say only that they were aborted
    try {
      transaction.abort()
    } catch {
      // It has ended already.
    }
    throw error
  }
}

function tableOf(store: IDBObjectStore): RecordTable {
  return {
    get: (key) => promisifyRequest<unknown>(store.get(key)),
    has: async (key) => (await promisifyRequest(store.count(key))) > 0,
    keys: async (prefix) => (await promisifyRequest(store.getAllKeys(rangeOf(prefix)))).map(String),
    allKeys: async () => (await promisifyRequest(store.getAllKeys())).map(String),
    async entries(prefix) {
      const range = rangeOf(prefix)
      const [keys, values] = await Promise.all([
        promisifyRequest(store.getAllKeys(range)),
        promisifyRequest<unknown[]>(store.getAll(range)),
      ])
      return keys.map((key, index) => [String(key), values[index]])
    },
    put: (key, value) => void store.put(value, key),
    delete: (key) => void store.delete(key),
  }
}

/** Keys that begin with a prefix that ends with a colon: `;` is the character after it. */
function rangeOf(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix.slice(0, -1)};`, false, true)
}
