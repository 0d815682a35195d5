import type { LoadProgress } from '../../src/core/engine.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { prebuiltModels } from '../../src/core/models/model-list.ts'
import type { ModelRecord } from '../../src/protocol/weight-records.ts'
import { createMeter } from './meter.ts'
import {
  EXPORT_FILE,
  MANIFEST_FILE,
  readArchive,
  refused,
  type ArchivedFile,
  type ModelArchive,
} from './model-archive.ts'
import { roomFor } from './room-for.ts'
import { tarEntries } from './tar-entries.ts'
import { requireNoted, type WeightStore } from './weight-store.ts'
import { writeBlob } from './write-blob.ts'

/** A file of what is imported. */
interface Entry {
  /** With its folder. */
  readonly path: string
  readonly bytes: number
  readonly content: Blob
}

/** Descriptions are small; what is larger is none, bytes. */
const LARGEST_DESCRIPTION = 16_777_216

/**
 * Takes a model in, file after file, without a second copy of any: from one `.tar`, or from the files of its folder. What the files are is what
 * the description that comes with them says: they are noted as imported for this model, and serve no other one that does not name their SHA-256.
 * @param base - Address of the page.
 * @throws {ReflectionError} `model-import-invalid`, `manifest-invalid`, `download-corrupt`, `storage-full`, `storage-unreadable`, `model-not-loaded`
 * where it is deleted meanwhile; then nothing of it stays but what was stored before. What an import leaves that is cut off is noted as the
 * model's, incomplete.
 */
export async function importModel(
  files: readonly File[],
  store: WeightStore,
  base: string,
  onProgress: (progress: LoadProgress) => void,
): Promise<ModelDescription> {
  const [only] = files
  const isTar = files.length === 1 && only !== undefined && !only.name.endsWith('.json')
  const entries = isTar ? () => archiveEntries(only) : () => folderEntries(files)
  const { folder, archive } = await findDescription(entries(), base)
  const { folderUrl } = archive.description
  const before = (await store.models()).find((model) => model.folderUrl === folderUrl)
  const description = trustedDescription(archive.description, before)
  const wanted = new Map(archive.files.map((file) => [folder + file.name, file]))
  const missing = await missingOf(archive, store)
  await roomFor(
    description,
    missing.reduce((sum, { bytes }) => sum + bytes, 0),
    store,
  )
  const meter = createMeter(
    missing.reduce((sum, { bytes }) => sum + bytes, 0),
    onProgress,
  )
  const written: string[] = []
  try {
    const present = new Set<string>()
    for await (const { path } of entries()) present.add(path)
    const absent = missing.filter(({ name }) => !present.has(folder + name))
    const lacks = absent.filter(({ isOptional }) => isOptional !== true).map(({ name }) => name)
    if (lacks.length > 0) throw refused(`it lacks ${lacks.slice(0, 5).join(', ')}`)
    await store.noteModel(
      description,
      archive.files.filter((file) => !absent.includes(file)).map(({ address }) => address),
    )
    for await (const entry of entries()) {
      const file = wanted.get(entry.path)
      if (file === undefined || !missing.includes(file) || written.includes(file.address)) continue
      if (entry.bytes !== file.bytes) throw refused(`${file.name} has ${entry.bytes} bytes instead of ${file.bytes}`)
      written.push(file.address)
      await writeBlob(entry.content, { ...file, importedFor: [folderUrl] }, store, meter.add)
    }
    await requireNoted(description, store)
    for (const { address } of archive.files) await store.shareImported(address, folderUrl)
    meter.end()
    return description
  } catch (error) {
    for (const address of written) await store.drop(address).catch(() => undefined)
    await store.restoreModel(folderUrl, before).catch(() => undefined)
    throw ReflectionError.is(error) ? error : refused(error instanceof Error ? error.message : String(error), error)
  } finally {
    meter.stop()
  }
}

/** What is known here of a model counts more than what an archive says of it; and only the page itself says that it lists one. */
function trustedDescription(description: ModelDescription, before: ModelRecord | undefined): ModelDescription {
  const listed = prebuiltModels.find(({ folderUrl }) => folderUrl === description.folderUrl)
  return listed ?? before?.description ?? { ...description, origin: 'user' }
}

/** Reads on until what describes the model; it stands at the beginning of what this page exports. */
async function findDescription(
  entries: AsyncIterable<Entry>,
  base: string,
): Promise<{ folder: string; archive: ModelArchive }> {
  let manifest: { folder: string; archive: ModelArchive } | undefined
  try {
    for await (const entry of entries) {
      const [, folder = '', name = ''] = /^(.*\/)?([^/]*)$/.exec(entry.path) ?? []
      if (name !== EXPORT_FILE && (name !== MANIFEST_FILE || manifest !== undefined)) continue
      if (entry.bytes > LARGEST_DESCRIPTION) throw refused(`${name} is too large to describe a model`)
      const content = await entry.content.text()
      const found = { folder, archive: readArchive(name, content, base) }
      if (name === EXPORT_FILE) return found
      manifest = found
    }
  } catch (error) {
    throw ReflectionError.is(error) ? error : refused(error instanceof Error ? error.message : String(error), error)
  }
  if (manifest === undefined) throw refused(`it holds neither ${EXPORT_FILE} nor ${MANIFEST_FILE}`)
  return manifest
}

/** Files that are not stored yet. One that is stored under the same address with another content is of another revision: they never mix. */
async function missingOf({ files }: ModelArchive, store: WeightStore): Promise<ArchivedFile[]> {
  const missing: ArchivedFile[] = []
  for (const file of files) {
    const { address, name, sha256 } = file
    const isThere = (await store.open(address)) !== undefined // its bytes: what is noted of it says nothing
    if (!isThere) missing.push(file)
    else if ((await store.file(address))?.sha256 !== sha256)
      throw refused(`another ${name} is stored under the same address; delete that model first`)
  }
  return missing
}

async function* folderEntries(files: readonly File[]): AsyncGenerator<Entry> {
  for (const file of files) {
    yield { path: safePath(file.webkitRelativePath || file.name), bytes: file.size, content: file }
  }
}

/** The files of an archive; folders are passed over. */
async function* archiveEntries(archive: Blob): AsyncGenerator<Entry> {
  for await (const { name, isFolder, content } of tarEntries(archive)) {
    const path = safePath(name)
    if (!isFolder) yield { path, bytes: content.size, content }
  }
}

/** A path as it is written; one that leads out of its folder is refused. Nothing is ever written to a path: files are found by their names. */
function safePath(path: string): string {
  const parts = path.replace(/^(\.\/)+/, '').split('/')
  // oxlint-disable-next-line no-control-regex -- such characters are what is looked for
  const isHostile = path.startsWith('/') || parts.includes('..') || /[\\\0-\x1f]|^[a-z]:/i.test(path)
  if (isHostile) throw refused(`the name ${JSON.stringify(path.slice(0, 80))} leads out of its folder`)
  return parts.join('/')
}
