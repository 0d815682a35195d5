import { del, get, keys, promisifyRequest, type UseStore } from 'idb-keyval'
import { ReflectionError } from '../src/core/errors.ts'

/** Which of WebLLM's three databases a file belongs to. */
export type ArtifactScope = 'webllm/config' | 'webllm/wasm' | 'webllm/model'

/**
 * The files of models, by their address. WebLLM itself reads only from here. Nothing is verified here: what `download-model.ts` writes
 * has been, by `fetch-verified.ts`.
 */
export interface ArtifactStore {
  /** Addresses of all files in a scope. */
  addresses(scope: ArtifactScope): Promise<ReadonlySet<string>>
  /** The bytes of a file, or undefined. @throws {ReflectionError} `storage-unreadable`. */
  read(scope: ArtifactScope, address: string): Promise<ArrayBuffer | undefined>
  /** Keeps a file; complete when it resolves. @throws {ReflectionError} `storage-full`. */
  write(scope: ArtifactScope, address: string, bytes: ArrayBuffer): Promise<void>
  delete(scope: ArtifactScope, address: string): Promise<void>
}

/** The one file that WebLLM wants parsed, not as bytes. */
const PARSED = 'tensor-cache.json'

/** One record a file, in the layout of WebLLM 0.2.86's IndexedDB backend: object store `urls`, records `{url, data}`. */
export function openArtifactStore(): ArtifactStore {
  const stores = new Map<ArtifactScope, UseStore>()
  const storeOf = (scope: ArtifactScope) => {
    const store = stores.get(scope) ?? openStore(scope)
    stores.set(scope, store)
    return store
  }
  return {
    addresses: async (scope) => new Set(await reading(keys<string>(storeOf(scope)))),
    async read(scope, address) {
      const record = await reading(get<{ data: unknown }>(address, storeOf(scope)))
      if (record === undefined) return undefined
      if (record.data instanceof ArrayBuffer) return record.data
      return new TextEncoder().encode(JSON.stringify(record.data)).buffer
    },
    async write(scope, address, bytes) {
      const data: unknown = address.endsWith(`/${PARSED}`) ? JSON.parse(new TextDecoder().decode(bytes)) : bytes
      try {
        await storeOf(scope)('readwrite', (store) => {
          store.put({ url: address, data })
          return promisifyRequest(store.transaction) // done only when it is on disk: a full disk aborts it after the request
        })
      } catch (error) {
        throw new ReflectionError(
          'storage-full',
          `The browser could not store ${nameOf(address)} (${Math.ceil(bytes.byteLength / 1e6)} MB). Free disk space or delete a stored model, then load again: what is complete stays.`,
          { cause: error, details: { file: nameOf(address), bytes: bytes.byteLength } },
        )
      }
    },
    delete: (scope, address) => reading(del(address, storeOf(scope))),
  }
}

function openStore(name: string): UseStore {
  const request = indexedDB.open(name, 1)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore('urls', { keyPath: 'url' }))
  const database = promisifyRequest(request)
  return async (mode, callback) => callback((await database).transaction('urls', mode).objectStore('urls'))
}

async function reading<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw new ReflectionError(
      'storage-unreadable',
      'The browser cannot read its storage (IndexedDB). Private windows and blocked site data have none: open the page in a normal window.',
      { cause: error },
    )
  }
}

function nameOf(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1)
}
