import { fields, number, problemsOf, text } from '../core/check-data.ts'
import type { UnreadableRecord } from '../core/chat/conversation-store.ts'
import type { RecordTable } from './records.ts'

/** A record that cannot be read, and why, for people. */
export interface BrokenRecord {
  readonly key: string
  readonly value: unknown
  readonly reason: string
  /** A newer version of this page wrote it and reads it: it stays where it is. */
  readonly isNewer?: boolean
}

/** How it is kept: the value as it was found. */
interface StoredUnreadable extends Omit<BrokenRecord, 'isNewer'> {
  /** Milliseconds since the epoch. */
  readonly foundAt: number
}

const PREFIX = 'unreadable:'
const UNREADABLE = fields<Omit<StoredUnreadable, 'value'>>({ key: text(), reason: text(), foundAt: number() })

/** Moves records that cannot be read out of the way, in the transaction that found them; not those of a newer version of the page. */
export async function moveUnreadable(table: RecordTable, broken: readonly BrokenRecord[]): Promise<void> {
  for (const { key, value, reason, isNewer } of broken) {
    if (isNewer === true) continue
    await keepUnreadable(table, { key, value, reason })
    table.delete(key)
  }
}

/** Keeps a copy of a record that cannot be read, beside copies that were kept of the same key before. */
export async function keepUnreadable(table: RecordTable, { key, value, reason }: BrokenRecord): Promise<void> {
  const foundAt = Date.now()
  let mark = foundAt
  while (await table.has(`${PREFIX}${key}:${mark}`)) mark += 1
  const record: StoredUnreadable = { key, value, reason, foundAt }
  table.put(`${PREFIX}${key}:${mark}`, record)
}

/** All records that were kept because they cannot be read, oldest first. */
export async function listUnreadable(table: RecordTable): Promise<UnreadableRecord[]> {
  const entries = await table.entries(PREFIX)
  return entries
    .map(([key, value]) => {
      const about = isUnreadable(value) ? value : { foundAt: 0, reason: 'Why it was put aside is not known.' }
      return { key: key.slice(PREFIX.length), foundAt: about.foundAt, reason: about.reason }
    })
    .toSorted((one, other) => one.foundAt - other.foundAt)
}

/** The kept value as JSON text; undefined when there is none under this key. */
export async function readUnreadable(table: RecordTable, key: string): Promise<string | undefined> {
  const record = await table.get(PREFIX + key)
  return record === undefined ? undefined : toJson(isUnreadable(record) ? record.value : record)
}

/** Deletes a kept record for good. */
export function deleteUnreadable(table: RecordTable, key: string): void {
  table.delete(PREFIX + key)
}

/** The keys of which something waits beside the record of a newer version of this page; `chats-beside.ts` puts and takes it. */
export async function keysBeside(table: RecordTable): Promise<string[]> {
  const keys = await table.keys(PREFIX)
  return keys.filter((key) => key.endsWith(BESIDE)).map((key) => key.slice(PREFIX.length, -BESIDE.length))
}

/** Where it waits; there is one at most. */
export function besideKey(key: string): string {
  return `${PREFIX}${key}${BESIDE}`
}

export function dropBeside(table: RecordTable, key: string): void {
  table.delete(besideKey(key))
}

/** Where other records have the time at which they were found. */
const BESIDE = ':0'

function isUnreadable(value: unknown): value is StoredUnreadable {
  return problemsOf(value, UNREADABLE).length === 0
}

/** JSON of any value that a database can hold; what JSON cannot say is named in words. */
export function toJson(value: unknown): string {
  const path: object[] = []
  function plain(this: unknown, _key: string, inner: unknown): unknown {
    while (path.length > 0 && path.at(-1) !== this) path.pop()
    if (inner === undefined || typeof inner === 'bigint') return String(inner)
    if (typeof inner !== 'object' || inner === null) return inner
    if (path.includes(inner)) return '(contains itself)'
    const listed = inner instanceof Map || inner instanceof Set ? [...inner] : inner
    path.push(listed)
    return listed
  }
  return JSON.stringify(value, plain, 2)
}
