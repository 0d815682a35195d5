import { isRecord } from '../core/check-data.ts'
import type { Records, RecordTable } from './records.ts'

/*
 * In which form the records of a database are: plain, sealed under the data key of a vault, or none at all. The database itself says so,
 * and each transaction looks there first: so a page that has not heard yet that the form has changed cannot write in the old one.
 */

/** `plain`, `none`, or the id of the vault whose data key seals the records. */
export type RecordForm = string

export const PLAIN: RecordForm = 'plain'
/** Nothing is kept, and what may have been left is not touched. */
export const NONE: RecordForm = 'none'

/** Where a database says in which form its records are. */
const FORM_KEY = 'form'

/** Keys of sealed records begin with it; no other ones do. */
export const SEALED_PREFIX = 'sealed:'

/** Where the database of settings says how chats and settings are stored. */
export const MODE_KEY = 'storage'

/** Thrown inside: the records are in another form by now. */
export class FormChanged extends Error {}

/** Plain records of a database, as long as it holds such. */
export function plainRecords(database: Records): Records {
  return {
    transact: (mode, work) =>
      database.transact(mode, async (table) => {
        await requireForm(table, PLAIN)
        return work(table)
      }),
  }
}

/** Plain records of a database, whatever its form: for those who move them. */
export function plainOf(database: Records): Records {
  return {
    transact: (mode, work) =>
      database.transact(mode, (table) =>
        work({ ...table, allKeys: async () => (await table.allKeys()).filter(isPlainKey) }),
      ),
  }
}

/** @param table - Of the database itself. @throws {FormChanged} */
export async function requireForm(table: RecordTable, form: RecordForm): Promise<void> {
  if ((await formIn(table)) !== form) throw new FormChanged()
}

/** In which form the records of a database are, as it says itself. */
export async function formOf(database: Records): Promise<RecordForm> {
  return database.transact('readonly', formIn)
}

async function formIn(table: RecordTable): Promise<RecordForm> {
  return ((await table.get(FORM_KEY)) as RecordForm | undefined) ?? PLAIN
}

/** From now on the database holds records in this form. */
export function setForm(database: Records, form: RecordForm): Promise<void> {
  return database.transact('readwrite', async (table) => table.put(FORM_KEY, form))
}

/** Whether there is anything to move before all records of a database are in a form. */
export async function isInForm(database: Records, form: RecordForm): Promise<boolean> {
  return database.transact('readonly', async (table) => {
    if ((await formIn(table)) !== form) return false
    const keys = await table.allKeys()
    return form === PLAIN ? !keys.some(isSealedKey) : !keys.some(isPlainKey)
  })
}

export function isSealedKey(key: string): boolean {
  return key.startsWith(SEALED_PREFIX)
}

/** Of a record, in whatever form; not of what says in which. */
export function isRecordKey(key: string): boolean {
  return key !== FORM_KEY && key !== MODE_KEY
}

function isPlainKey(key: string): boolean {
  return isRecordKey(key) && !isSealedKey(key)
}

/** Whether what was read under `MODE_KEY` says that all is plain, and nothing is to be done about it. */
export function isPlainMode(value: unknown): boolean {
  return value === undefined || (isRecord(value) && value['mode'] === 'keep' && value['isDeleting'] !== true)
}
