import { createHash } from 'node:crypto'
import type { OlderFiles } from '../../../../worker/weights/older-files.ts'
import type { FileRecord, ModelRecord, WeightRecords } from '../../../../src/protocol/weight-records.ts'
import { createWeightStore, type WeightStore } from '../../../../worker/weights/weight-store.ts'

export interface MemoryRecords extends WeightRecords {
  /** What was done to them, in order: `put-piece <file>`, `drop-file <file>` and the like. */
  readonly log: readonly string[]
  /** Pieces of files, to be looked at and damaged; by `<address> <index>`. */
  readonly bytes: Map<string, Blob>
  /** What the next commits fail with; undefined when they work. */
  failure: unknown
}

/** Records that are forgotten with the test; those over IndexedDB need a browser. @param stored Small files that are there, by their addresses. */
export function createMemoryRecords(stored: Readonly<Record<string, string>> = {}): MemoryRecords {
  const files = new Map<string, FileRecord>()
  const models = new Map<string, ModelRecord>()
  const bytes = new Map<string, Blob>()
  const log: string[] = []
  for (const [address, content] of Object.entries(stored)) {
    const sha256 = createHash('sha256').update(content).digest('hex')
    const size = content.length
    files.set(address, { address, have: size, bytes: size, pieces: 1, isComplete: true, sha256, sample: sha256 })
    bytes.set(`${address} 0`, new Blob([content]))
  }
  const dropPieces = (address: string) => {
    for (const key of bytes.keys()) if (key.startsWith(`${address} `)) bytes.delete(key)
  }
  const records: MemoryRecords = {
    log,
    bytes,
    failure: undefined,
    files: async () => [...files.values()],
    file: async (address) => files.get(address),
    pieces: async (address, count) => Array.from({ length: count }, (_, index) => bytes.get(`${address} ${index}`)),
    models: async () => [...models.values()],
    async commit(changes) {
      if (records.failure !== undefined) throw records.failure
      for (const change of changes) {
        const place =
          change.type === 'put-file'
            ? change.file.address
            : change.type === 'put-model'
              ? change.model.folderUrl
              : change.type === 'drop-model'
                ? change.folderUrl
                : change.address
        const isWhole = change.type === 'put-file' && change.file.isComplete ? ' whole' : ''
        log.push(`${change.type} ${place.split('/').at(-1)}${isWhole}`)
        if (change.type === 'put-file') files.set(place, change.file)
        if (change.type === 'note-file') {
          const file = files.get(place)
          if (file?.isComplete === true) files.set(place, change.note(file))
        }
        if (change.type === 'put-piece') bytes.set(`${place} ${change.index}`, change.piece)
        if (change.type === 'put-model') models.set(place, change.model)
        if (change.type === 'drop-model') models.delete(place)
        if (change.type === 'drop-file') {
          files.delete(place)
          dropPieces(place)
        }
      }
    },
  }
  return records
}

/** A store over records in memory, and what an earlier version of the page stored: nothing. */
export function createMemoryPlaces(stored?: Readonly<Record<string, string>>): {
  store: WeightStore
  records: MemoryRecords
  older: OlderFiles
} {
  const records = createMemoryRecords(stored)
  const older: OlderFiles = { addresses: async () => new Set(), read: async () => [], delete: async () => undefined }
  return { store: createWeightStore(records), records, older }
}

/** The content of a stored file as text. */
export async function textOf(store: WeightStore, address: string): Promise<string | undefined> {
  return (await store.open(address))?.text()
}
