import { oneTabAtATime } from '../protocol/one-tab-at-a-time.ts'
import { openWeightRecords, type RecordChange, type WeightRecords } from '../protocol/weight-records.ts'

/**
 * The models that a site keeps, for its chat in a frame of another site. Browsers keep the storage of such a frame apart; Chromium 125 and newer
 * give the frame's page, if the visitor agrees, what the site has when it stands by itself. Workers get nothing of it, so what the engine shall
 * find is copied: that costs room, and no second download.
 */

/** Not in TypeScript's own types: https://privacycg.github.io/saa-non-cookie-storage/ */
interface StorageAccess {
  requestStorageAccess(types: { readonly indexedDB: true }): Promise<{ readonly indexedDB: IDBFactory } | undefined>
}

/** Whether the browser can be asked; Safari and Firefox, which give cookies alone, cannot. What came with it is the only thing to be seen of it. */
export function canAskForStorage(): boolean {
  return globalThis.parent !== globalThis.window && isSecureContext && 'hasUnpartitionedCookieAccess' in document
}

/**
 * Asks the browser, and it perhaps the visitor. Only while an event of the visitor's is handled.
 * @returns What the site keeps when it stands by itself.
 * @throws {DOMException} `NotAllowedError` when the visitor refuses, has never used the site by itself, or the frame is sandboxed without
 * `allow-storage-access-by-user-activation`.
 */
export async function askForStorage(): Promise<WeightRecords> {
  const access = await (document as unknown as StorageAccess).requestStorageAccess({ indexedDB: true })
  return openWeightRecords(undefined, access?.indexedDB) // without one, as in a frame of the same site, nothing is kept apart
}

/** Whether a model is stored here, with all files that it was ever loaded with. @param name - As `createEngine` takes it. */
export async function hasModel(records: WeightRecords, name: string): Promise<boolean> {
  const [models, whole] = await Promise.all([records.models(), wholeFiles(records)])
  const model = models.find(({ description: { id }, folderUrl }) => id === name || name.startsWith(folderUrl))
  return model !== undefined && model.addresses.every((address) => whole.has(address))
}

/**
 * Copies the whole files of a model that are not here yet. The engine checks all of their bytes before it uses them.
 * @param folderUrl - Of the model.
 * @param onShare - Told how much of it is copied, 0 to 1.
 * @returns False where there is no such model, or nothing of it is whole.
 * @throws {ReflectionError} `storage-full`, `storage-unreadable`. Files that were copied before stay.
 */
export function copyModel(
  folderUrl: string,
  from: WeightRecords,
  to: WeightRecords,
  onShare: (share: number) => void,
): Promise<boolean> {
  return oneTabAtATime(async () => {
    const model = (await from.models()).find((one) => one.folderUrl === folderUrl)
    if (model === undefined) return false
    const here = await wholeFiles(to)
    const files = (await from.files()).filter(({ address, isComplete }) => {
      return isComplete && model.addresses.includes(address) && !here.has(address)
    })
    const before = (await to.models()).find((one) => one.folderUrl === folderUrl)
    /** What is to be known of the model here, where another engine may have taken others of its files. */
    const note = (whole: ReadonlySet<string>): RecordChange => {
      const addresses = new Set([...(before?.addresses ?? []), ...model.addresses.filter((one) => whole.has(one))])
      if (addresses.size === 0) return { type: 'drop-model', folderUrl }
      const { description } = model
      return { type: 'put-model', model: { description, ...before, folderUrl, addresses: [...addresses] } }
    }
    // First, so that what a copy leaves that is cut off is listed, and can be deleted.
    await to.commit([note(new Set([...here, ...files.map(({ address }) => address)]))])
    const bytes = files.reduce((sum, { have }) => sum + have, 0)
    let copied = 0
    for (const file of files) {
      const pieces = await from.pieces(file.address, file.pieces)
      const whole = pieces.filter((piece) => piece !== undefined)
      if (whole.length < pieces.length) continue // deleted meanwhile
      const { address } = file
      // Until all of it is there it is a file of which nothing came, so that whoever is cut off leaves nothing that counts.
      await to.commit([
        { type: 'drop-file', address },
        { type: 'put-file', file: { address, have: 0, pieces: 0, isComplete: false } },
      ])
      for (const [index, piece] of whole.entries()) {
        await to.commit([{ type: 'put-piece', address, index, piece }])
        copied += piece.size
        onShare(copied / bytes)
      }
      await to.commit([{ type: 'put-file', file: { ...file, isSuspect: true } }])
    }
    const noted = note(await wholeFiles(to)) // what was not whole there is not missed here
    await to.commit([noted])
    return noted.type === 'put-model'
  })
}

/** The addresses of the files of which all is there. */
async function wholeFiles(records: WeightRecords): Promise<ReadonlySet<string>> {
  return new Set((await records.files()).flatMap(({ address, isComplete }) => (isComplete ? [address] : [])))
}
