import type { Records } from '../records.ts'
import { isSame, putMerged } from './merge-records.ts'

/** How many records go at a time: so many are in memory, and so many transactions less are needed. */
const AT_ONCE = 32

export interface MoveOptions {
  /** Whether the records stay where they were as well. */
  readonly isCopy?: boolean
  /** After each few records: how many are done, of how many. */
  readonly onProgress?: (done: number, all: number) => void
}

/**
 * Moves all records of one place into another. Each is deleted only when it is stored in the other, so that at every moment each is in at
 * least one of them: whoever is cut off begins anew, and what is in both already is recognized.
 */
export async function moveRecords(from: Records, to: Records, options: MoveOptions = {}): Promise<void> {
  const { isCopy = false, onProgress = () => undefined } = options
  const names = await from.transact('readonly', (table) => table.allKeys())
  for (let start = 0; start < names.length; start += AT_ONCE) {
    await moveSome(from, to, names.slice(start, start + AT_ONCE), isCopy)
    onProgress(Math.min(start + AT_ONCE, names.length), names.length)
  }
}

async function moveSome(from: Records, to: Records, names: readonly string[], isCopy: boolean): Promise<void> {
  const read = await from.transact('readonly', (table) => Promise.all(names.map((name) => table.get(name))))
  await to.transact('readwrite', async (table) => {
    for (const [index, name] of names.entries()) {
      if (read[index] !== undefined) await putMerged(table, name, read[index])
    }
  })
  if (isCopy) return
  const changed = await from.transact('readwrite', async (table) => {
    const now = await Promise.all(names.map((name) => table.get(name)))
    const isMoved = (_name: string, index: number) => isSame(now[index], read[index])
    for (const name of names.filter(isMoved)) table.delete(name)
    return names.filter((name, index) => !isMoved(name, index))
  })
  if (changed.length > 0) await moveSome(from, to, changed, isCopy) // an older page wrote meanwhile
}

/** Deletes all records of a place. */
export function deleteRecords(records: Records): Promise<void> {
  return records.transact('readwrite', async (table) => {
    for (const name of await table.allKeys()) table.delete(name)
  })
}
