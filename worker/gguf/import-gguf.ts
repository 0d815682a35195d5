import type { LoadProgress } from '../../src/core/engine.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import { describeGguf } from '../../src/core/models/gguf/describe-gguf.ts'
import { describeImported } from '../../src/core/models/gguf/describe-imported.ts'
import { findSiteLibraries } from '../../src/core/models/gguf/find-site-libraries.ts'
import { GPU_LIBRARIES } from '../../src/core/models/gguf/gpu-libraries.ts'
import { IMPORTED_ORIGIN } from '../../src/core/models/gguf/gguf-address.ts'
import { readGgufHeader } from '../../src/core/models/gguf/read-gguf-header.ts'
import { splitNames } from '../../src/core/models/gguf/split-name.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { createMeter } from '../weights/meter.ts'
import { roomFor } from '../weights/room-for.ts'
import { sampleOf } from '../weights/sample-of.ts'
import { sha256Of } from '../weights/sha256.ts'
import { requireNoted, type WeightStore } from '../weights/weight-store.ts'
import { writeBlob } from '../weights/write-blob.ts'

/** Whether files that a user chose are GGUF files. */
export function areGgufFiles(files: readonly File[]): boolean {
  return files.length > 0 && files.every(({ name }) => /\.gguf$/i.test(name))
}

/** A model of this device's files, and where they will be stored. */
interface LookedInto {
  readonly model: ModelDescription
  /** In their order. */
  readonly parts: readonly { readonly file: File; readonly address: string }[]
}

/**
 * What the headers of a GGUF file from this device say, or those of all parts of a split one; nothing is stored.
 * @param base - Address of the page.
 * @throws {ReflectionError} `gguf-invalid`.
 */
export async function describeGgufFiles(files: readonly File[], base: string): Promise<ModelDescription> {
  return (await lookInto(files, base)).model
}

/**
 * Stores a GGUF file from this device, or all parts of a split one. Their headers are read first: a file that cannot be used is never stored.
 * @param base - Address of the page.
 * @throws {ReflectionError} `gguf-invalid`, `storage-full`, `storage-unreadable`, `model-not-loaded` where it is deleted meanwhile; then nothing of
 * it stays but what was stored before. What an import leaves that is cut off is noted as the model's, incomplete.
 */
export async function importGguf(
  files: readonly File[],
  store: WeightStore,
  base: string,
  onProgress: (progress: LoadProgress) => void,
): Promise<ModelDescription> {
  const { model, parts } = await lookInto(files, base)
  const stored = await Promise.all(parts.map(({ address }) => store.open(address))) // their bytes: what is noted of them says nothing
  const missing = parts.filter((_, index) => stored[index] === undefined)
  const total = missing.reduce((sum, { file }) => sum + file.size, 0)
  await roomFor(model, total, store)
  const meter = createMeter(total, onProgress)
  const { folderUrl } = model
  const before = (await store.models()).find((known) => known.folderUrl === folderUrl)
  try {
    await store.noteModel(
      model,
      parts.map(({ address }) => address),
    ) // the library comes when it is loaded first
    for (const { file, address } of missing) await writeBlob(file, { address, bytes: file.size }, store, meter.add)
    await requireNoted(model, store)
    meter.end()
    return model
  } catch (error) {
    for (const { address } of missing) await store.drop(address).catch(() => undefined)
    await store.restoreModel(folderUrl, before).catch(() => undefined)
    throw error
  } finally {
    meter.stop()
  }
}

async function lookInto(files: readonly File[], base: string): Promise<LookedInto> {
  const parts = inOrder(files)
  const headers = await Promise.all(
    parts.map((file) =>
      readGgufHeader({
        byteLength: file.size,
        read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
      }),
    ),
  )
  const [first, ...others] = headers
  const [head] = parts
  if (first === undefined || head === undefined) throw refused('none was chosen')
  const identity = await identityOf(head.slice(0, first.headerBytes), parts)
  const folder = `${IMPORTED_ORIGIN}/${identity}/`
  const addresses = parts.map(({ name }) => folder + encodeURIComponent(name))
  const model = describeImported(
    {
      address: addresses[0] ?? folder,
      bytes: parts.map(({ size }) => size),
      description: describeGguf(first, ...others),
    },
    base,
    [...((await findSiteLibraries(base)) ?? []), ...GPU_LIBRARIES],
  )
  return {
    model: { ...model, revision: identity }, // what tells two of one name apart, also for the user
    parts: parts.map((file, index) => ({ file, address: addresses[index] ?? folder })),
  }
}

/** The parts of one model as they follow each other. */
function inOrder(files: readonly File[]): readonly File[] {
  const names = splitNames(files[0]?.name ?? '')
  const parts = names.flatMap((name) => files.find((file) => file.name === name) ?? [])
  if (parts.length < names.length) {
    const absent = names.filter((name) => files.every((file) => file.name !== name))
    throw refused(`it comes in ${names.length} parts, and ${absent.slice(0, 3).join(', ')} were not chosen`)
  }
  if (files.length > parts.length) throw refused('several were chosen; choose one, or all parts of one')
  return parts
}

/** Tells files of one name apart by what their headers say, and by some of their weights: those of a model that was trained further have the same header. */
async function identityOf(header: Blob, parts: readonly File[]): Promise<string> {
  const samples = await Promise.all(parts.map(sampleOf))
  const digest = await sha256Of(await new Blob([header, ...samples]).arrayBuffer())
  return digest.slice(0, 16)
}

function refused(why: string): ReflectionError {
  return new ReflectionError('gguf-invalid', `The GGUF file cannot be imported: ${why}. Nothing was stored.`, {
    details: { why },
  })
}
