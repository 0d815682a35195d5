import type { Records, RecordTable } from './records.ts'

/** Records that are gone with the page. Values are copied in and out, as IndexedDB does. */
export function createMemoryRecords(): Records {
  let records = new Map<string, unknown>()
  let last: Promise<unknown> = Promise.resolve()
  return {
    transact(_mode, work) {
      const result = last.then(async () => {
        const draft = new Map(records)
        const value = await work(tableOf(draft))
        records = draft
        return value
      })
      last = result.catch(() => undefined)
      return result
    },
  }
}

function tableOf(records: Map<string, unknown>): RecordTable {
  const keysOf = (prefix: string) => [...records.keys()].filter((key) => key.startsWith(prefix)).toSorted()
  return {
    get: async (key) => structuredClone(records.get(key)),
    has: async (key) => records.has(key),
    keys: async (prefix) => keysOf(prefix),
    allKeys: async () => [...records.keys()].toSorted(),
    entries: async (prefix) => keysOf(prefix).map((key) => [key, structuredClone(records.get(key))]),
    put: (key, value) => void records.set(key, structuredClone(value)),
    delete: (key) => void records.delete(key),
  }
}
