import { promisifyRequest } from 'idb-keyval'

/**
 * What earlier versions of this page stored: three databases in the layout of WebLLM, one record `{url, data}` a file, where `data` holds the
 * bytes, or of `tensor-cache.json` what was parsed from them. It is moved into the store of weights when it is needed, and never written.
 */
export interface OlderFiles {
  addresses(): Promise<ReadonlySet<string>>
  /** What could be the bytes of a file, the likeliest first; empty where it is not there. */
  read(address: string): Promise<readonly Uint8Array[]>
  delete(address: string): Promise<void>
}

const DATABASES = ['webllm/config', 'webllm/wasm', 'webllm/model'] as const

export function openOlderFiles(): OlderFiles {
  let places: Promise<ReadonlyMap<string, string>> | undefined

  /** Which file lies in which database. */
  function find(): Promise<ReadonlyMap<string, string>> {
    places ??= findFiles().catch(() => new Map<string, string>()) // what cannot be read is fetched anew
    return places
  }

  return {
    addresses: async () => new Set((await find()).keys()),
    async read(address) {
      const name = (await find()).get(address)
      if (name === undefined) return []
      const record = await within(name, 'readonly', (store) =>
        promisifyRequest<{ data?: unknown } | undefined>(store.get(address)),
      )
      return record?.data === undefined ? [] : bytesOf(record.data)
    },
    async delete(address) {
      const name = (await find()).get(address)
      if (name === undefined) return
      await within(name, 'readwrite', (store) => promisifyRequest(store.delete(address)))
      const left = new Map([...(await find())].filter(([other]) => other !== address))
      places = Promise.resolve(left)
      if (![...left.values()].includes(name)) indexedDB.deleteDatabase(name)
    },
  }
}

async function findFiles(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  if (!('indexedDB' in globalThis)) return found
  const names = (await indexedDB.databases?.())?.map(({ name }) => name) // old browsers cannot tell
  for (const name of DATABASES) {
    if (names !== undefined && !names.includes(name)) continue
    const keys = await within(name, 'readonly', (store) => promisifyRequest(store.getAllKeys()))
    for (const key of keys ?? []) found.set(String(key), name)
  }
  return found
}

/** Does something in one of the databases, which is not made where it is missing. */
async function within<Value>(
  name: string,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<Value>,
): Promise<Value | undefined> {
  const request = indexedDB.open(name)
  let isMissing = false
  request.addEventListener('upgradeneeded', () => {
    isMissing = true
    request.transaction?.abort()
  })
  const database = await promisifyRequest(request).catch((error: unknown) => {
    if (isMissing) return undefined
    throw error
  })
  if (database === undefined) return undefined
  try {
    if (!database.objectStoreNames.contains('urls')) return undefined
    return await work(database.transaction('urls', mode).objectStore('urls'))
  } finally {
    database.close()
  }
}

function bytesOf(data: unknown): Uint8Array[] {
  if (data instanceof ArrayBuffer) return [new Uint8Array(data)]
  const encoder = new TextEncoder()
  return writings(data).flatMap((text) => [encoder.encode(`${text}\n`), encoder.encode(text)])
}

/** A parsed file as its publisher may have written it: our forge and MLC use Python, others may not. */
function writings(value: unknown): string[] {
  return [
    pythonJson(value),
    JSON.stringify(value, undefined, 4),
    JSON.stringify(value),
    JSON.stringify(value, undefined, 2),
  ]
}

/** As Python writes JSON by itself, with a space after every comma and colon. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${pythonJson(entry)}`)
  return `{${entries.join(', ')}}`
}
