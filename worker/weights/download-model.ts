import type { LoadProgress } from '../../src/core/engine.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { fetchFile, type Patience } from './fetch-file.ts'
import { createMeter } from './meter.ts'
import { listFiles } from './model-files.ts'
import type { OlderFiles } from './older-files.ts'
import { roomFor } from './room-for.ts'
import type { FileRecord } from '../../src/protocol/weight-records.ts'
import { requireNoted, type FileToWrite, type WeightStore } from './weight-store.ts'

/** Files that are fetched at the same time; more would only share the line. */
const AT_ONCE = 4

/** Where a model's files are kept, and where they may still lie. */
export interface WeightPlaces {
  readonly store: WeightStore
  readonly older: OlderFiles
}

export interface DownloadOptions {
  /** The model with the files of all engines, where `model` has those of one. Default: `model`. */
  readonly described?: ModelDescription
  readonly onProgress: (progress: LoadProgress) => void
  /** Told as soon as the model library is there, and waited for; when it has to be fetched, it is the first. */
  readonly onLibrary?: (address: string, read: () => Promise<ArrayBuffer | undefined>) => Promise<void>
  readonly patience?: Patience
}

/**
 * Makes all files of a model be there, whole and as they should be: those that are stored are looked at, what an earlier version of the page
 * stored is moved, the rest is fetched, some at the same time. What came is never lost, also of a file or beside one that fails.
 * @returns Bytes that came over the network.
 * @throws {ReflectionError} `download-failed`, `download-corrupt`, `host-forbidden`, `storage-full`, `storage-unreadable`, `model-broken`;
 * `model-not-loaded` where the model is deleted meanwhile: then nothing of it stays.
 */
export async function downloadModel(
  model: ModelDescription,
  places: WeightPlaces,
  { described = model, onProgress, onLibrary = async () => undefined, patience }: DownloadOptions,
): Promise<number> {
  const { store } = places
  const { libraryUrl } = model
  const fetchOptions = patience === undefined ? {} : { patience }
  let fetched = 0

  const countFetched = async (fetching: Promise<number>) => {
    const bytes = await fetching // others add theirs meanwhile
    fetched += bytes
  }
  const files = await listWanted(model, places, (file) => countFetched(fetchFile(store, file, fetchOptions)))
  const addresses = files.map(({ address }) => address)
  await store.noteModel(described, addresses)
  const missing = await missingOf(files, model, places)
  const isLibrary = ({ address }: FileToWrite) => address === libraryUrl
  const readLibrary = () => store.read(libraryUrl)
  if (!missing.some(isLibrary)) await onLibrary(libraryUrl, readLibrary)
  if (missing.length === 0) return fetched

  const parts = await store.files()
  const had = (file: FileToWrite) => parts.get(file.address)?.have ?? 0
  await roomFor(
    model,
    missing.reduce((sum, file) => sum + Math.max(0, (file.bytes ?? 0) - had(file)), 0),
    store,
  )
  const isMissing = new Set(missing.map(({ address }) => address))
  const sizes = files.map(({ address, bytes }) => ({ address, bytes: bytes ?? parts.get(address)?.bytes ?? 0 }))
  const sizeOf = (some: typeof sizes) => some.reduce((sum, { bytes }) => sum + bytes, 0)
  const wholeBytes = sizeOf(sizes.filter(({ address }) => !isMissing.has(address)))
  const meter = createMeter(sizeOf(sizes), onProgress, wholeBytes)
  const libraryFirst = [...missing.filter(isLibrary), ...missing.filter((file) => !isLibrary(file))]
  try {
    await someAtOnce(libraryFirst, async (file) => {
      await countFetched(fetchFile(store, file, { ...fetchOptions, onBytes: meter.add, onKept: meter.addKept }))
      if (isLibrary(file)) await onLibrary(libraryUrl, readLibrary)
    })
    await requireNoted(described, store)
    meter.end()
  } catch (error) {
    await dropUnnoted(described, addresses, store).catch(() => undefined)
    throw error
  } finally {
    meter.stop()
  }
  return fetched
}

/** Of a model that was deleted while it came, what came afterwards belongs to nobody: it goes as well. */
async function dropUnnoted(model: ModelDescription, addresses: readonly string[], store: WeightStore): Promise<void> {
  if ((await store.models()).some(({ folderUrl }) => folderUrl === model.folderUrl)) return
  await store.noteModel(model, addresses)
  await store.dropModel(model.folderUrl)
}

/** Bytes of a model's files that are stored, as far as their sizes are known; of those that are not whole, what came so far. */
export async function storedBytes(model: ModelDescription, { store, older }: WeightPlaces): Promise<number> {
  const [files, stored, before] = await Promise.all([
    knownFiles(model, { store, older }),
    store.files(),
    older.addresses(),
  ])
  return files.reduce((sum, { address, bytes = 0 }) => {
    const had = stored.get(address)?.have
    return sum + (had ?? (before.has(address) ? bytes : 0))
  }, 0)
}

/** Deletes what is stored for a model; files that another model has as well stay. */
export async function deleteModel(model: ModelDescription, { store, older }: WeightPlaces): Promise<void> {
  const addresses = (await knownFiles(model, { store, older })).map(({ address }) => address)
  if (addresses.length > 0) await store.noteModel(model, addresses) // its description may name more by now
  await store.dropModel(model.folderUrl)
  for (const address of addresses) await older.delete(address)
}

/** The files of a model without asking the network: none for a model of unlisted files that was never fetched. */
async function knownFiles(model: ModelDescription, places: WeightPlaces): Promise<readonly FileToWrite[]> {
  return (await listFiles(model, (address) => readStored({ address }, model, places))) ?? []
}

/** The files of a model; those that tell of the others are fetched if need be, and stay only when they make sense. */
async function listWanted(
  model: ModelDescription,
  places: WeightPlaces,
  fetchOne: (file: FileToWrite) => Promise<void>,
): Promise<readonly FileToWrite[]> {
  const came: string[] = []
  try {
    const files = await listFiles(model, async (address) => {
      const stored = await readStored({ address }, model, places)
      if (stored !== undefined) return stored
      came.push(address)
      await fetchOne({ address })
      return places.store.read(address)
    })
    return files ?? []
  } catch (error) {
    for (const address of came) await places.store.drop(address)
    throw error
  }
}

/** A small file that is stored and sound, here or where it was in an earlier version. */
async function readStored(
  file: FileToWrite,
  model: ModelDescription,
  places: WeightPlaces,
): Promise<ArrayBuffer | undefined> {
  const missing = await missingOf([file], model, places)
  return missing.length > 0 ? undefined : places.store.read(file.address)
}

/** Files that have to be fetched. What is damaged is given up; of it only the SHA-256 is still known, which the new one must have. */
async function missingOf(
  files: readonly FileToWrite[],
  { folderUrl }: ModelDescription,
  { store, older }: WeightPlaces,
): Promise<FileToWrite[]> {
  const [stored, before] = await Promise.all([store.files(), older.addresses()])
  const missing = await Promise.all(
    files.map(async (file): Promise<readonly FileToWrite[]> => {
      const record = stored.get(file.address)
      if (record?.isComplete === true) {
        if (!mayServe(record, file, folderUrl)) return [file] // what it was imported for keeps it until another one has come
        if (isMeant(record, file) && (await store.check(file.address, 'quick'))) return []
        await store.drop(file.address)
        const { sha256 = file.sha256 } = isMeant(record, file) ? record : file
        return [sha256 === undefined ? file : { ...file, sha256 }]
      }
      if (before.has(file.address) && (await moveOlder(file, { store, older }))) return []
      return [file]
    }),
  )
  return missing.flat()
}

/** Whether a stored file may be taken for one of a model. One that was imported for others only where its SHA-256 is known from elsewhere. */
function mayServe({ importedFor, sha256 }: FileRecord, wanted: FileToWrite, folderUrl: string): boolean {
  return importedFor === undefined || importedFor.includes(folderUrl) || wanted.sha256 === sha256
}

/** Whether a stored file is the one that the description means, which may have learned of a mistake. */
function isMeant({ bytes, sha256 }: FileRecord, wanted: FileToWrite): boolean {
  return (wanted.bytes ?? bytes) === bytes && (wanted.sha256 ?? sha256) === sha256
}

/** Moves a file that an earlier version stored. One that is another than was told is given up. @returns Whether it is there now. */
async function moveOlder(file: FileToWrite, { store, older }: WeightPlaces): Promise<boolean> {
  for (const bytes of await older.read(file.address).catch(() => [])) {
    if (file.bytes !== undefined && file.bytes !== bytes.length) continue
    try {
      const writer = await store.begin(file)
      await writer.restart()
      await writer.write(bytes)
      await writer.finish()
      await older.delete(file.address)
      return true
    } catch (error) {
      if (!ReflectionError.is(error) || error.code !== 'download-corrupt') throw error
    }
  }
  await older.delete(file.address)
  return false
}

/** Does some work for each file. After a failure nothing new is begun; it is thrown when what was under way has ended. */
async function someAtOnce(files: readonly FileToWrite[], work: (file: FileToWrite) => Promise<void>): Promise<void> {
  const waiting = [...files]
  const failures: unknown[] = []
  async function oneAfterTheOther(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && failures.length === 0; next = waiting.shift()) {
      await work(next).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterTheOther))
  if (failures.length > 0) throw failures[0]
}
