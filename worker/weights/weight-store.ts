import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { collected } from './collected.ts'
import { sampleOf } from './sample-of.ts'
import { startSha256 } from './sha256.ts'
import {
  openWeightRecords,
  type FileRecord,
  type ModelRecord,
  type RecordChange,
  type WeightRecords,
} from '../../src/protocol/weight-records.ts'

/**
 * The files of models, each under the address that it came from, whichever engine reads them: shards for WebLLM, a `.gguf` for another.
 *
 * - `open` gives a whole, checked file as a Blob: any part of it can be sliced and read without the rest.
 * - `begin` writes one: in order, kept piece by piece, so that whoever is interrupted goes on from the last piece.
 * - A file that an engine wants and that is made from another one on the fly is not stored: `model-caches.ts` takes it from whoever makes it.
 */
export interface WeightStore {
  /** What is known of every file, whole or not. Reads no file. @throws {ReflectionError} `storage-unreadable`, as all that reads. */
  files(): Promise<ReadonlyMap<string, FileRecord>>
  /** A file as far as it is stored, whole or not. */
  file(address: string): Promise<FileRecord | undefined>
  /** A whole file; undefined where it is not there, or not whole. */
  open(address: string): Promise<Blob | undefined>
  /**
   * All bytes of a whole file. A read that fails is tried again; if it stays so, the file is suspected, not taken for gone.
   * @throws {ReflectionError} `storage-unreadable`, with its name.
   */
  read(address: string): Promise<ArrayBuffer | undefined>
  /** The same with another way of taking the bytes out of the file; it may be called again after it rejected. */
  readWith<Bytes>(address: string, take: (file: Blob) => Promise<Bytes>): Promise<Bytes | undefined>
  /**
   * Begins to write a file or goes on with it. A file of which something else is told now (its SHA-256, its size) begins anew. One writer a file:
   * whoever downloads holds the lock of `src/protocol/one-tab-at-a-time.ts`.
   */
  begin(file: FileToWrite): Promise<FileWriter>
  /**
   * Whether a whole file is the one that was stored: `quick` by its size and some of its bytes, `whole` by all of them. A suspected one is always
   * checked whole. What is damaged stays; `drop` ends it.
   * @param onBytes Told how many bytes have been read, piece by piece.
   */
  check(address: string, how: 'quick' | 'whole', onBytes?: (count: number) => void): Promise<boolean>
  /** Files of which a whole check is due before they are used again. */
  suspect(addresses: readonly string[]): Promise<void>
  drop(address: string): Promise<void>
  models(): Promise<readonly ModelRecord[]>
  /** Notes which files a model has, before they come. */
  noteModel(model: ModelDescription, addresses: readonly string[]): Promise<void>
  /** Notes that a model was loaded. */
  noteUse(folderUrl: string): Promise<void>
  /** Makes what is noted of a model what it was before; of its files nothing changes. @param before Absent where nothing was. */
  restoreModel(folderUrl: string, before?: ModelRecord): Promise<void>
  /** Lets a file that was imported for other models serve this one as well, whose import names the same content. */
  shareImported(address: string, folderUrl: string): Promise<void>
  /** Deletes a model with those of its files that no other model has. */
  dropModel(folderUrl: string): Promise<void>
}

export interface FileToWrite {
  readonly address: string
  /** Absent where nobody told. */
  readonly bytes?: number
  /** Lower-case hexadecimal; absent where nobody told: then it is learned. */
  readonly sha256?: string
  /** As `FileRecord` has it; absent for what comes from its own address. */
  readonly importedFor?: readonly string[]
}

export interface FileWriter {
  /** Bytes that are written: the next one comes after these. */
  readonly offset: number
  /** The ETag of the answer that these bytes came from. */
  readonly validator: string | undefined
  /**
   * Takes the bytes that follow. Resolves when there is room for more.
   * @throws {ReflectionError} `storage-full`; `model-not-loaded` where what was kept has been deleted meanwhile.
   */
  write(bytes: Uint8Array): Promise<void>
  /** Keeps what was taken. @throws As `write`. */
  keep(): Promise<void>
  /** Forgets what came, because what comes now has another beginning. */
  restart(validator?: string): Promise<void>
  /**
   * Declares the file whole.
   * @throws {ReflectionError} `download-corrupt` when it is another one than was told; nothing of it stays.
   */
  finish(): Promise<void>
}

/** A piece: what is lost at most when everything ends at once, bytes. @internal */
export const PIECE_BYTES = 524_288

/** How often a read is tried. */
const READS = 3

/** The store over any records. @internal */
export function createWeightStore(records: WeightRecords): WeightStore {
  async function whole(address: string): Promise<FileRecord | undefined> {
    const file = await records.file(address)
    return file?.isComplete === true ? file : undefined
  }

  /** The file as its pieces; undefined where one of them is gone. */
  async function join({ address, pieces, have }: FileRecord): Promise<Blob | undefined> {
    const parts = await records.pieces(address, pieces)
    if (!parts.every((part) => part instanceof Blob)) return undefined
    const blob = new Blob(parts as Blob[])
    return blob.size === have ? blob : undefined
  }

  async function readWith<Bytes>(address: string, take: (file: Blob) => Promise<Bytes>): Promise<Bytes | undefined> {
    const file = await whole(address)
    if (file === undefined) return undefined
    let cause: unknown = new Error('A piece of it is missing.')
    for (let time = 0; time < READS; time++) {
      try {
        const blob = await join(file)
        if (blob !== undefined) return await take(blob)
      } catch (error) {
        cause = error
      }
    }
    await records.commit([suspected(address)])
    throw new ReflectionError(
      'storage-unreadable',
      `The browser cannot read ${nameOf(address)} from its storage. Load again: the file is checked then, and fetched anew if it is damaged.`,
      { cause, details: { file: nameOf(address) } },
    )
  }

  async function isSound(file: FileRecord, how: 'quick' | 'whole', onBytes: (count: number) => void): Promise<boolean> {
    const blob = await join(file)
    if (blob === undefined) return false
    if (how === 'quick' && file.isSuspect !== true) return (await sampleOf(blob)) === file.sample
    const hash = await startSha256()
    for (let start = 0; start < blob.size; start += PIECE_BYTES) {
      const bytes = new Uint8Array(await blob.slice(start, start + PIECE_BYTES).arrayBuffer())
      hash.add(bytes)
      onBytes(bytes.length)
    }
    if (hash.end() !== file.sha256) return false
    const note = (now: FileRecord): FileRecord => {
      if (now.sha256 !== file.sha256) return now // another one came meanwhile
      const { isSuspect: _, ...sound } = now
      return { ...sound, verifiedAt: Date.now() }
    }
    await records.commit([{ type: 'note-file', address: file.address, note }])
    return true
  }

  return {
    files: async () => new Map((await records.files()).map((file) => [file.address, file])),
    file: (address) => records.file(address),
    async open(address) {
      const file = await whole(address)
      return file === undefined ? undefined : join(file)
    },
    read: (address) => readWith(address, (file) => file.arrayBuffer()),
    readWith,
    begin: (file) => beginFile(records, file),
    async check(address, how, onBytes = () => undefined) {
      const file = await whole(address)
      if (file === undefined) return false
      for (let time = 1; ; time++) {
        try {
          return await isSound(file, how, onBytes)
        } catch (error) {
          if (ReflectionError.is(error)) throw error
          if (time === READS) return false // its bytes cannot be read
        }
      }
    },
    async suspect(addresses) {
      await records.commit(addresses.map(suspected))
    },
    drop: (address) => records.commit([{ type: 'drop-file', address }]),
    models: () => records.models(),
    async noteModel(description, addresses) {
      const { folderUrl } = description
      const before = (await records.models()).find((model) => model.folderUrl === folderUrl)
      const all = [...new Set([...(before?.addresses ?? []), ...addresses])] // another engine takes others of its files
      const model = { ...before, folderUrl, description, addresses: all }
      if (JSON.stringify(model) !== JSON.stringify(before)) await records.commit([{ type: 'put-model', model }])
    },
    async noteUse(folderUrl) {
      const model = (await records.models()).find((known) => known.folderUrl === folderUrl)
      if (model !== undefined) await records.commit([{ type: 'put-model', model: { ...model, usedAt: Date.now() } }])
    },
    restoreModel: (folderUrl, before) =>
      records.commit([before === undefined ? { type: 'drop-model', folderUrl } : { type: 'put-model', model: before }]),
    async shareImported(address, folderUrl) {
      const note = (file: FileRecord): FileRecord => {
        const { importedFor } = file
        if (importedFor === undefined || importedFor.includes(folderUrl)) return file
        return { ...file, importedFor: [...importedFor, folderUrl] }
      }
      await records.commit([{ type: 'note-file', address, note }])
    },
    async dropModel(folderUrl) {
      const models = await records.models()
      const others = new Set(models.flatMap((model) => (model.folderUrl === folderUrl ? [] : model.addresses)))
      const mine = models.find((model) => model.folderUrl === folderUrl)?.addresses ?? []
      const files = mine.filter((address) => !others.has(address))
      await records.commit([
        ...files.map((address) => ({ type: 'drop-file', address }) as const),
        { type: 'drop-model', folderUrl },
      ])
    },
  }
}

/** The store over the browser's IndexedDB. */
export function openWeightStore(): WeightStore {
  return createWeightStore(openWeightRecords())
}

function suspected(address: string): RecordChange {
  return { type: 'note-file', address, note: (file) => ({ ...file, isSuspect: true }) }
}

/** The name of a file, without the folder that it came from. */
export function nameOf(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1)
}

async function beginFile(
  records: WeightRecords,
  { address, bytes, sha256, importedFor }: FileToWrite,
): Promise<FileWriter> {
  const told = {
    ...(bytes === undefined ? {} : { bytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(importedFor === undefined ? {} : { importedFor }),
  }
  const begun = await records.file(address)
  const fits =
    begun !== undefined &&
    !begun.isComplete &&
    begun.importedFor === undefined && // what an import left is nothing to go on with
    (sha256 === undefined || begun.sha256 === sha256) &&
    (bytes === undefined || begun.bytes === bytes)
  // Another version of the library that hashes may not know the state: then there is nothing to go on with.
  const goesOn = fits ? await startSha256(begun.hashState).catch(() => undefined) : undefined
  let file: FileRecord = begun !== undefined && goesOn !== undefined ? begun : emptyFile(address, told)
  let hash = goesOn ?? (await startSha256())
  let isKept = goesOn !== undefined || begun === undefined // what is stored is what `file` says
  const waiting = new Uint8Array(PIECE_BYTES) // always the same memory, so that a download leaves nothing to be collected
  let waitingBytes = 0

  async function keep(): Promise<void> {
    if (waitingBytes === 0) return
    if (isKept && file.have > 0 && (await records.file(address)) === undefined) throw deletedMeanwhile(nameOf(address))
    const piece = new Blob([waiting.subarray(0, waitingBytes)])
    const { have, pieces } = file
    const next = { ...file, have: have + piece.size, pieces: pieces + 1, hashState: hash.state() }
    await commit([
      { type: 'put-piece', address, index: pieces, piece },
      { type: 'put-file', file: next },
    ])
    file = next
    waitingBytes = 0
    await collected(piece, piece.size)
  }

  async function commit(changes: readonly RecordChange[]): Promise<void> {
    try {
      await records.commit([...(isKept ? [] : [{ type: 'drop-file', address } as const]), ...changes])
      isKept = true
    } catch (error) {
      throw named(error, address)
    }
  }

  return {
    get offset() {
      return file.have + waitingBytes
    },
    get validator() {
      return file.validator
    },
    async write(more) {
      for (let at = 0; at < more.length;) {
        const part = more.subarray(at, at + PIECE_BYTES - waitingBytes)
        hash.add(part)
        waiting.set(part, waitingBytes)
        waitingBytes += part.length
        at += part.length
        if (waitingBytes >= PIECE_BYTES) await keep()
      }
    },
    keep,
    async restart(validator) {
      file = { ...emptyFile(address, told), ...(validator === undefined ? {} : { validator }) }
      hash = await startSha256()
      isKept = false
      waitingBytes = 0
    },
    async finish() {
      await keep()
      const found = hash.end()
      const parts = await records.pieces(address, file.pieces)
      const here = parts.filter((part) => part !== undefined)
      const wrong =
        bytes !== undefined && file.have !== bytes
          ? `it has ${file.have} bytes instead of ${bytes}`
          : file.sha256 !== undefined && found !== file.sha256
            ? `its SHA-256 is ${found} instead of ${file.sha256}`
            : here.length < parts.length
              ? 'the browser deleted some of it while the rest came'
              : undefined
      if (wrong !== undefined) {
        await records.commit([{ type: 'drop-file', address }])
        throw corruptFile(address, wrong)
      }
      const { hashState: _, ...rest } = file
      const sample = await sampleOf(new Blob(here))
      const now = Date.now()
      await commit([
        {
          type: 'put-file',
          file: { ...rest, bytes: file.have, sha256: found, sample, verifiedAt: now, isComplete: true },
        },
      ])
    },
  }
}

function emptyFile(address: string, told: Partial<FileRecord>): FileRecord {
  return { address, ...told, have: 0, pieces: 0, isComplete: false }
}

/**
 * Looks that a model was not deleted while files of it came.
 * @throws {ReflectionError} `model-not-loaded` where it was.
 */
export async function requireNoted({ folderUrl, name }: ModelDescription, store: WeightStore): Promise<void> {
  if (!(await store.models()).some((model) => model.folderUrl === folderUrl)) throw deletedMeanwhile(name)
}

function deletedMeanwhile(what: string): ReflectionError {
  return new ReflectionError(
    'model-not-loaded',
    `${what} was deleted while the model was being loaded or imported. Load or import it again if you want it.`,
  )
}

/** A file that is not the one that was meant. */
export function corruptFile(address: string, why: string): ReflectionError {
  return new ReflectionError(
    'download-corrupt',
    `${address} is not the file that the model's description names: ${why}. It was not stored. Load again; if it stays so, the model was published wrongly.`,
    { details: { file: address } },
  )
}

/** An error of the records with the name of the file. */
function named(error: unknown, address: string): unknown {
  if (!ReflectionError.is(error) || error.code !== 'storage-full') return error
  return new ReflectionError('storage-full', `${error.message} It was about ${nameOf(address)}.`, {
    cause: error.cause,
    details: { file: nameOf(address) },
  })
}
