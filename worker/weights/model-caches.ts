import type { WeightStore } from './weight-store.ts'

/** Gives the bytes of a file that is not stored but made, from another one or in memory. */
export type MakeFile = () => Promise<ArrayBuffer>

/** What older browsers lack, and TypeScript's library too. */
interface FreeableBuffer {
  transfer?(bytes: number): ArrayBuffer
}

/** As much of the platform's Cache Storage as WebLLM 0.2.86 uses with `cacheBackend: 'cache'`. */
interface ModelCache {
  match(request: RequestInfo | URL): Promise<Response | undefined>
  add(request: RequestInfo | URL): Promise<void>
  keys(): Promise<readonly Request[]>
  delete(request: RequestInfo | URL): Promise<boolean>
}

/**
 * The store in the place of the browser's Cache Storage, so that WebLLM, unmodified, reads its files from it. Files are named by their
 * addresses alone: every cache has all of them. What is missing is an error here, because whatever a model needs was fetched and checked before.
 * @param made Files that WebLLM wants and that are made from others, by the address at which it looks for them.
 */
export function createModelCaches(store: WeightStore, made: ReadonlyMap<string, MakeFile> = new Map()) {
  let last: ArrayBuffer | undefined

  /**
   * WebLLM asks for a shard when all of the one before is on the GPU. What that was in is given back at once: until someone collects it, several
   * shards would have gathered.
   */
  function inTurn(read: MakeFile): MakeFile {
    return async () => {
      ;(last as FreeableBuffer | undefined)?.transfer?.(0)
      last = await read()
      return last
    }
  }

  const cache: ModelCache = {
    async match(request) {
      const address = addressOf(request)
      const give = (read: MakeFile) => new StoredResponse(address.endsWith('.bin') ? inTurn(read) : read)
      const make = made.get(address)
      if (make !== undefined) return give(make)
      if ((await store.file(address))?.isComplete !== true) return undefined
      return give(async () => {
        const bytes = await store.read(address)
        if (bytes === undefined) throw new Error(`${address} was deleted while it was read.`)
        return bytes
      })
    },
    add: (request) => Promise.reject(new Error(`${addressOf(request)} is not among the files of the model.`)),
    async keys() {
      const files = await store.files()
      const whole = [...files.values()].filter(({ isComplete }) => isComplete).map(({ address }) => address)
      return [...whole, ...made.keys()].map((address) => new Request(address))
    },
    delete: () => Promise.resolve(false), // deleting is the store's own
  }
  return { open: async () => cache }
}

/** A file that is read when someone wants its bytes, and goes to them without a copy; WebLLM often wants to know only whether it is there. */
class StoredResponse extends Response {
  readonly #read: MakeFile

  constructor(read: MakeFile) {
    super(null)
    this.#read = read
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read()
  }

  override async json(): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await this.#read()))
  }
}

function addressOf(request: RequestInfo | URL): string {
  if (typeof request === 'string') return request
  return request instanceof URL ? request.href : request.url
}
