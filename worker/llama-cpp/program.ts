import multiUrl from '@wllama/wllama/esm/multi-thread/wllama.wasm?url'
import singleUrl from '@wllama/wllama/esm/single-thread/wllama.wasm?url'
import threadUrl from '@wllama/wllama/src/multi-thread/wllama.js?url'
import { decodeMessage, encodeMessage, type Answer, type Field } from './messages.ts'

/** llama.cpp in this thread: what is asked of it, it answers at once. */
export interface LlamaCpp {
  /**
   * @param action As `cpp/actions.hpp` of wllama names it.
   * @param answer Name of the answer, and of its fields in their order.
   * @throws {Error} What llama.cpp said, when it could not; nothing of it can be used afterwards, unless it only refused to take back a part.
   */
  call(action: string, request: Message, answer: { readonly name: string; readonly fields: readonly string[] }): Answer
  /** Ends the threads that it has beside this one. Its memory goes when nobody holds it. */
  end(): void
}

export interface Message {
  readonly name: string
  readonly fields: readonly Field[]
}

/** Where a part of the weights appears to llama.cpp. */
export function pathOfPart(index: number): string {
  return `models/${nameOfPart(index)}`
}

function nameOfPart(index: number): string {
  return `part-${index}.gguf`
}

/** What we use of Emscripten's module, whose pointers are 64 bits wide. */
interface Module {
  readonly HEAPU8: Uint8Array
  readonly MEMFS: {
    readonly stream_ops: StreamOperations
    readonly ops_table: { readonly file: { readonly stream: StreamOperations } }
  }
  readonly FS: { mkdir(path: string): void; mount(type: unknown, options: object, path: string): void }
  readonly PThread?: { terminateAllThreads(): void }
  FS_createDataFile(parent: string, name: string, data: ArrayBuffer, ...may: boolean[]): void
  mmapAlloc(bytes: number): number | bigint
  cwrap(name: string, result: string, parameters: readonly string[]): (...values: unknown[]) => unknown
}

interface Stream {
  readonly node: { readonly name: string; contents: Uint8Array; usedBytes: number }
}

interface StreamOperations {
  read(stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number): number
  llseek(stream: Stream, offset: number, whence: number): number
  mmap(stream: Stream, length: number, position: number, prot: number, flags: number): object
}

/** Lines of llama.cpp's log that are kept, to tell what went wrong. */
const KEPT_LINES = 5

/** Memory that threads share is asked for at its most, bytes, which some devices refuse: then less is tried. */
const MOST_SHARED = 4 * 2 ** 30
const SHARED_STEP = 128 * 2 ** 20

/**
 * Starts llama.cpp in this thread, with a model's weights in its memory.
 * @param weights Bytes of the file, or of all parts of a split one in their order. It is emptied: what has been copied is let go.
 * @param threads Workers that may compute beside this one, and this one; more than 1 only where memory can be shared (`crossOriginIsolated`).
 * @throws {Error} When the program cannot be fetched or run, or there is no memory for it.
 */
export async function startLlamaCpp(weights: ArrayBuffer[], threads: number): Promise<LlamaCpp> {
  // Where memory can be shared, the program for threads also serves one: whichever number is chosen next time, the same file is there.
  const isAlone = !globalThis.crossOriginIsolated
  const { default: start } = isAlone
    ? await import('@wllama/wllama/src/single-thread/wllama.js?program')
    : await import('@wllama/wllama/src/multi-thread/wllama.js?program')
  const lines: string[] = []
  const note = (line: string) => {
    if (!/^@@(WARN|ERROR)@@/.test(line)) return
    lines.push(line.replace(/^@@\w+@@/, ''))
    if (lines.length > KEPT_LINES) lines.shift()
  }
  let fail: (error: Error) => void = () => undefined
  const module = await new Promise<Module>((resolve, reject) => {
    fail = reject
    const settings = {
      noInitialRun: true,
      locateFile: () => new URL(isAlone ? singleUrl : multiUrl, import.meta.url).href,
      print: () => undefined,
      printErr: note,
      onAbort: (why: unknown) => fail(new Error(`llama.cpp gave up: ${[...lines, String(why)].join(' ')}`)),
      onRuntimeInitialized: () => resolve(settings as unknown as Module),
      ...(isAlone
        ? {}
        : {
            mainScriptUrlOrBlob: new URL(threadUrl, import.meta.url).href,
            pthreadPoolSize: threads,
            wasmMemory: sharedMemory(),
          }),
    }
    start(settings)
  })
  holdFiles(module, weights)

  const malloc = module.cwrap('wllama_malloc', 'bigint', ['number', 'bigint'])
  const act = module.cwrap('wllama_action', 'bigint', ['string', 'bigint'])
  const failure = (action: string) =>
    new Error(`llama.cpp could not ${action}: ${lines.length === 0 ? 'it said nothing' : lines.join(' ')}`)
  module.cwrap('wllama_start', 'string', [])()

  return {
    call(action, { name, fields }, answer) {
      const request = encodeMessage(name, fields)
      const at = Number(malloc(BigInt(request.length), 0))
      module.HEAPU8.set(request, at)
      lines.length = 0
      const from = Number(act(action, BigInt(at)))
      if (from === 0) throw failure(action)
      const length = new DataView(module.HEAPU8.buffer).getUint32(at, true)
      const result = decodeMessage(module.HEAPU8.slice(from, from + length), answer.name, answer.fields)
      if (result['success'] !== true) throw failure(action)
      return result
    },
    end: () => module.PThread?.terminateAllThreads(),
  }
}

function sharedMemory(): WebAssembly.Memory {
  for (let most = MOST_SHARED; most > SHARED_STEP; most -= SHARED_STEP) {
    try {
      // TypeScript's library does not know memory of 64 bits yet.
      const wanted: unknown = { initial: pages(SHARED_STEP), maximum: pages(most), shared: true, address: 'i64' }
      return new WebAssembly.Memory(wanted as WebAssembly.MemoryDescriptor)
    } catch {
      // less may do
    }
  }
  throw new Error('There is no memory that threads could share.')
}

function pages(bytes: number): bigint {
  return BigInt(bytes / 65_536)
}

/** Puts files into the program's memory, and lets it read and map them there: a copy would need twice the room. */
function holdFiles(module: Module, contents: ArrayBuffer[]): void {
  const { MEMFS, FS } = module
  const { read, llseek } = MEMFS.stream_ops
  const held = new Map<string, { readonly at: number; readonly size: number }>()
  const shown = (stream: Stream): Stream => {
    const place = held.get(stream.node.name)
    if (place !== undefined) {
      stream.node.contents = module.HEAPU8.subarray(place.at, place.at + place.size) // anew each time: the memory may have grown
      stream.node.usedBytes = place.size
    }
    return stream
  }
  const operations = {
    read: (stream, ...rest) => read(shown(stream), ...rest),
    llseek: (stream, ...rest) => llseek(shown(stream), ...rest),
    mmap: ({ node }, _length, position) => ({ ptr: (held.get(node.name)?.at ?? 0) + position, allocated: false }),
  } satisfies StreamOperations
  Object.assign(MEMFS.stream_ops, operations)
  Object.assign(MEMFS.ops_table.file.stream, operations)
  FS.mkdir('/models')
  FS.mount(MEMFS, { root: '.' }, '/models')
  for (let bytes = contents.shift(), index = 0; bytes !== undefined; bytes = contents.shift(), index += 1) {
    const name = nameOfPart(index)
    const size = bytes.byteLength
    module.FS_createDataFile('/models', name, new ArrayBuffer(0), true, true, true)
    const at = Number(module.mmapAlloc(size))
    if (!(at > 0)) throw new Error(`There is no memory for ${size} bytes of weights.`)
    module.HEAPU8.set(new Uint8Array(bytes), at)
    held.set(name, { at, size })
  }
}
