import type { LoadProgress } from '../../src/core/engine.ts'
import type { StoredFile, StoredModel } from '../../src/core/model-storage.ts'
import { wholeFiles } from '../../src/core/models/engine-files.ts'
import type { FileRecord, ModelRecord } from '../../src/protocol/weight-records.ts'
import { nameOf, type WeightStore } from './weight-store.ts'

/** What is stored of each model, the one that was used last first. Models of which nothing is stored are left out. */
export async function listStoredModels(store: WeightStore): Promise<StoredModel[]> {
  const [models, files] = await Promise.all([store.models(), store.files()])
  const owners = new Map<string, number>()
  for (const { addresses } of models)
    for (const address of addresses) owners.set(address, (owners.get(address) ?? 0) + 1)
  return models
    .map((model) => storedModel(model, files, owners))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((one, other) => (other.usedAt ?? 0) - (one.usedAt ?? 0))
}

function storedModel(
  { description, addresses, usedAt }: ModelRecord,
  records: ReadonlyMap<string, FileRecord>,
  owners: ReadonlyMap<string, number>,
): StoredModel {
  const isImported = addresses.some((address) => records.get(address)?.importedFor !== undefined)
  const files = addresses.map((address) => storedFile(address, records.get(address), (owners.get(address) ?? 0) > 1))
  const whole = new Set(wholeFiles(description, addresses, (address) => records.get(address)?.isComplete === true))
  // Of what another engine left unfinished, nothing is to be known.
  const times = files.filter((_, index) => whole.has(addresses[index] ?? '')).map(({ verifiedAt }) => verifiedAt)
  const isVerified = times.every((time) => time !== undefined)
  return {
    description,
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    isComplete: whole.size > 0,
    ...(isImported && { isImported }),
    ...(usedAt === undefined ? {} : { usedAt }),
    ...(isVerified && times.length > 0 ? { verifiedAt: Math.min(...times) } : {}),
  }
}

function storedFile(address: string, record: FileRecord | undefined, isShared: boolean): StoredFile {
  const { have = 0, bytes, isComplete = false, sha256, verifiedAt, isSuspect } = record ?? {}
  return {
    name: nameOf(address),
    bytes: have,
    ...(bytes === undefined ? {} : { totalBytes: bytes }),
    isComplete,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(verifiedAt === undefined || isSuspect === true ? {} : { verifiedAt }),
    isShared,
  }
}

/** Reads every byte of a model's whole files. What is damaged is deleted. @returns The names of those files. */
export async function verifyModel(
  folderUrl: string,
  store: WeightStore,
  onProgress: (progress: LoadProgress) => void,
): Promise<string[]> {
  const [models, files] = await Promise.all([store.models(), store.files()])
  const model = models.find(({ description }) => description.folderUrl === folderUrl)
  const whole = (model?.addresses ?? []).filter((address) => files.get(address)?.isComplete === true)
  const totalBytes = whole.reduce((sum, address) => sum + (files.get(address)?.have ?? 0), 0)
  let bytes = 0
  const count = (more: number) => {
    bytes += more
    onProgress({ phase: 'verify', share: totalBytes === 0 ? 1 : bytes / totalBytes, bytes, totalBytes })
  }
  const damaged: string[] = []
  for (const address of whole) {
    if (await store.check(address, 'whole', count)) continue
    damaged.push(nameOf(address))
    await store.drop(address)
  }
  return damaged
}
