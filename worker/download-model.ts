import type { LoadProgress } from '../src/core/engine.ts'
import type { ModelDescription } from '../src/core/models/model-description.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { fetchVerified } from './fetch-verified.ts'
import { listArtifacts, type ModelArtifact } from './model-files.ts'

/** Seconds over which the rate of a download is measured. */
const RATE_WINDOW = 5

/** Progress is told at most this often, milliseconds. */
const TELL_EVERY = 100

/** Files that are fetched at the same time. Each stands in memory until it is stored, and more would only share the line. */
const AT_ONCE = 4

/**
 * Stores every file of a model that is not stored yet, some at the same time, each verified first (`fetchVerified`): what is complete is
 * never lost, also beside one that fails, and WebLLM then finds everything in place.
 * @param onLibrary Told as soon as the model library is there, and waited for; when it has to be fetched, it is the first.
 * @returns Bytes that came over the network.
 * @throws {ReflectionError} `download-failed`, `download-corrupt`, `storage-full`, `storage-unreadable`, `model-broken`.
 */
export async function downloadModel(
  model: ModelDescription,
  store: ArtifactStore,
  onProgress: (progress: LoadProgress) => void,
  onLibrary: (address: string, read: () => Promise<ArrayBuffer | undefined>) => Promise<void> = async () => undefined,
): Promise<number> {
  let fetched = 0
  const artifacts = await listArtifacts(model, store, (file) => (fetched += file.bytes.byteLength))
  const missing = await missingOf(artifacts, store)
  const total = missing.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  const meter = createMeter(total, onProgress)
  const isLibrary = ({ address }: ModelArtifact) => address === model.libraryUrl
  const { libraryUrl } = model
  if (!missing.some(isLibrary)) await onLibrary(libraryUrl, () => store.read('webllm/wasm', libraryUrl))
  if (missing.length > 0) meter.begin()
  const libraryFirst = [...missing.filter(isLibrary), ...missing.filter((artifact) => !isLibrary(artifact))]
  await someAtOnce(libraryFirst, async (artifact) => {
    const file = await fetchVerified(artifact, meter.add, meter.verifying)
    fetched += file.bytes.byteLength
    if (isLibrary(artifact)) await onLibrary(libraryUrl, async () => file.bytes)
    await store.write(artifact.scope, artifact.address, file.bytes)
  })
  if (missing.length > 0) meter.end()
  return fetched
}

/** Does some work for each artifact. After a failure nothing new is begun; it is thrown when what was under way has ended. */
async function someAtOnce(
  artifacts: readonly ModelArtifact[],
  work: (artifact: ModelArtifact) => Promise<void>,
): Promise<void> {
  const waiting = [...artifacts]
  const failures: unknown[] = []
  async function oneAfterTheOther(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined && failures.length === 0; next = waiting.shift()) {
      await work(next).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterTheOther))
  if (failures.length > 0) throw failures[0]
}

/** Bytes of a model's files that are stored, as far as their sizes are known. */
export async function storedBytes(model: ModelDescription, store: ArtifactStore): Promise<number> {
  const present = await presentOf(await knownArtifacts(model, store), store)
  return present.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
}

/** Deletes what is stored for a model; the index last, because it names the other files. */
export async function deleteModel(model: ModelDescription, store: ArtifactStore): Promise<void> {
  const present = await presentOf(await knownArtifacts(model, store), store)
  for (const { scope, address } of present.toReversed()) await store.delete(scope, address)
}

/** The files of a model without asking the network: none for a model of unlisted files that was never fetched. */
async function knownArtifacts(model: ModelDescription, store: ArtifactStore): Promise<ModelArtifact[]> {
  if (model.files === undefined) {
    const addresses = await store.addresses('webllm/model')
    if (!addresses.has(new URL('tensor-cache.json', model.folderUrl).href)) return []
  }
  return listArtifacts(model, store)
}

async function presentOf(artifacts: readonly ModelArtifact[], store: ArtifactStore): Promise<ModelArtifact[]> {
  const stored = await addressesOf(artifacts, store)
  return artifacts.filter(({ scope, address }) => stored.has(`${scope} ${address}`))
}

async function missingOf(artifacts: readonly ModelArtifact[], store: ArtifactStore): Promise<ModelArtifact[]> {
  const stored = await addressesOf(artifacts, store)
  return artifacts.filter(({ scope, address }) => !stored.has(`${scope} ${address}`))
}

async function addressesOf(artifacts: readonly ModelArtifact[], store: ArtifactStore): Promise<Set<string>> {
  const scopes = [...new Set(artifacts.map(({ scope }) => scope))]
  const found = await Promise.all(
    scopes.map(async (scope) => [...(await store.addresses(scope))].map((address) => `${scope} ${address}`)),
  )
  return new Set(found.flat())
}

/** Counts bytes and says how fast they come. */
function createMeter(totalBytes: number, onProgress: (progress: LoadProgress) => void) {
  const samples: { at: number; bytes: number }[] = [{ at: performance.now(), bytes: 0 }]
  let bytes = 0
  let told = -Infinity

  function tell(phase: 'download' | 'verify'): void {
    const now = performance.now()
    if (phase === 'download' && now - told < TELL_EVERY && bytes < totalBytes) return
    told = now
    samples.push({ at: now, bytes })
    while (samples.length > 2 && now - (samples[1]?.at ?? now) > RATE_WINDOW * 1000) samples.shift()
    const [oldest = { at: now, bytes }] = samples
    const seconds = (now - oldest.at) / 1000
    const rate = seconds > 0.5 ? (bytes - oldest.bytes) / seconds : undefined
    const total = Math.max(totalBytes, bytes) // files of unknown size come on top
    onProgress({
      phase,
      share: total === 0 ? 1 : bytes / total,
      bytes,
      totalBytes: total,
      ...(rate === undefined ? {} : { bytesPerSecond: rate }),
      ...(rate === undefined || rate === 0 ? {} : { secondsLeft: (total - bytes) / rate }),
    })
  }

  return {
    begin: () => tell('download'),
    add(count: number): void {
      bytes += count
      tell('download')
    },
    /** A file is there whole, which is told at once; others may still come. */
    verifying(): void {
      told = -Infinity
      tell(bytes < totalBytes ? 'download' : 'verify')
    },
    end: () => tell('verify'),
  }
}
