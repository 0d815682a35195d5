import { collected } from './collected.ts'
import type { WeightStore } from './weight-store.ts'

/** Gives the bytes of a file that is not stored but made, from another one or in memory. */
export type MakeFile = () => Promise<ArrayBuffer>

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
  let memory = new ArrayBuffer(0)

  /**
   * WebLLM asks for a shard when all of the one before is on the GPU, so each is put where that was. Memory of its own for each would stay until
   * someone collects it, and the GPU's side of the browser holds on to it: all shards of a model would gather.
   */
  async function intoMemory(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
    if (memory.byteLength < file.size) memory = new ArrayBuffer(file.size)
    const bytes = new Uint8Array(memory, 0, file.size)
    const reader = file.stream().getReader()
    let at = 0
    for (
      let { done, value } = await reader.read();
      !done && value !== undefined;
      { done, value } = await reader.read()
    ) {
      bytes.set(value, at)
      at += value.length
      await collected(value.buffer, value.byteLength)
    }
    if (at < file.size) throw new Error(`Of ${file.size} bytes, ${at} could be read.`)
    return bytes
  }

  const cache: ModelCache = {
    async match(request) {
      const address = addressOf(request)
      const make = made.get(address)
      if (make !== undefined) return new StoredResponse(make)
      if ((await store.file(address))?.isComplete !== true) return undefined
      return new StoredResponse(async () => {
        const isShard = address.endsWith('.bin')
        const bytes = await (isShard ? store.readWith(address, intoMemory) : store.read(address))
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
  readonly #read: () => Promise<ArrayBuffer | Uint8Array<ArrayBuffer>>

  constructor(read: () => Promise<ArrayBuffer | Uint8Array<ArrayBuffer>>) {
    super(null)
    this.#read = read
  }

  /** WebLLM takes a part of a memory as well as a whole one. */
  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read() as Promise<ArrayBuffer>
  }

  override async json(): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await this.#read()))
  }
}

function addressOf(request: RequestInfo | URL): string {
  if (typeof request === 'string') return request
  return request instanceof URL ? request.href : request.url
}
