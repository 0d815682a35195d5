import { describeProblem, fields, number, oneOf, optional, problemsOf, text, yesOrNo } from '../../core/check-data.ts'
import { ReflectionError } from '../../core/errors.ts'
import { MODE_KEY } from '../record-form.ts'
import type { Records } from '../records.ts'
import { VAULT, type Vault } from './vault.ts'

/** How chats and settings are stored: as they are, encrypted, or not at all. */
export type StorageMode = 'keep' | 'encrypted' | 'nothing'

/** What the page before it is unlocked has to look like; nothing else of the settings can be read then. */
export interface Appearance {
  /** BCP 47; absent for the browser's own. */
  readonly language?: string
  readonly theme: 'system' | 'light' | 'dark'
}

/** How chats and settings are stored, in the database of settings. Absent, it is `keep`, and was never anything else. It is never encrypted. */
export interface ModeRecord {
  readonly schema: 1
  readonly mode: StorageMode
  /** With `encrypted`; with `nothing` where encrypted chats were left. */
  readonly vault?: Vault
  /** They are on their way out of the encryption: whoever unlocks them goes on with that. */
  readonly isLeaving?: boolean
  /** What was kept is being deleted: whoever comes goes on with that. */
  readonly isDeleting?: boolean
  /** After so many minutes without a sign of the user; 0 for never. */
  readonly lockAfterMinutes?: number
  readonly appearance?: Appearance
}

const MODES: readonly StorageMode[] = ['keep', 'encrypted', 'nothing']

const RECORD = fields<ModeRecord>({
  schema: oneOf([1]),
  mode: oneOf(MODES),
  vault: optional(VAULT),
  isLeaving: optional(yesOrNo),
  isDeleting: optional(yesOrNo),
  lockAfterMinutes: optional(number({ least: 0, most: 10_000 })),
  appearance: optional(fields<Appearance>({ language: optional(text()), theme: oneOf(['system', 'light', 'dark']) })),
})

/** What stands for `keep` where nothing is stored. */
export const KEEP: ModeRecord = { schema: 1, mode: 'keep' }

/** @throws {ReflectionError} `storage-unreadable` where it cannot be read, in which case nothing must be written over it. */
function parseMode(value: unknown): ModeRecord {
  if (value === undefined) return KEEP
  const [problem] = problemsOf(value, RECORD)
  const record = value as ModeRecord
  if (problem === undefined && (record.mode !== 'encrypted' || record.vault !== undefined)) return record
  const what = problem === undefined ? 'it has no key.' : describeProblem(problem, 'it')
  throw new ReflectionError(
    'storage-unreadable',
    `What says how chats are stored here cannot be read: ${what} Nothing was deleted. Reload the page; if that does not help, delete the data of this site in the settings of the browser.`,
  )
}

/** @param settings - The database of settings itself. */
export async function readMode(settings: Records): Promise<ModeRecord> {
  return parseMode(await settings.transact('readonly', (table) => table.get(MODE_KEY)))
}

/** Changes it in one step. @returns What is stored now. */
export function changeMode(settings: Records, change: (record: ModeRecord) => ModeRecord): Promise<ModeRecord> {
  return settings.transact('readwrite', async (table) => {
    const record = change(parseMode(await table.get(MODE_KEY)))
    table.put(MODE_KEY, record)
    return record
  })
}

/** Whether nobody ever changed the mode, or all that was stored was deleted since, this record too. */
export async function isModeMissing(settings: Records): Promise<boolean> {
  return settings.transact('readonly', async (table) => !(await table.has(MODE_KEY)))
}
