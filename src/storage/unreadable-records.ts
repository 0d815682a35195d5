import { fields, number, problemsOf, text } from '../core/check-data.ts'
import type { UnreadableRecord } from '../core/chat/conversation-store.ts'
import type { RecordTable } from './records.ts'

/** A record that cannot be read, and why, for people. */
export interface BrokenRecord {
  readonly key: string
  readonly value: unknown
  readonly reason: string
}

/** What is stored of one that was put aside: the value itself is untouched. */
interface AsideRecord extends BrokenRecord {
  /** Milliseconds since the epoch. */
  readonly foundAt: number
}

const PREFIX = 'unreadable:'
const ASIDE = fields<Omit<AsideRecord, 'value'>>({ key: text(), reason: text(), foundAt: number() })

/** Moves records out of the way, in the transaction that found them. */
export async function putAside(table: RecordTable, broken: readonly BrokenRecord[]): Promise<void> {
  for (const { key, value, reason } of broken) {
    await keepAside(table, { key, value, reason })
    table.delete(key)
  }
}

/** Keeps a copy of a record that cannot be read, beside those that were kept under the same key before. */
export async function keepAside(table: RecordTable, { key, value, reason }: BrokenRecord): Promise<void> {
  const foundAt = Date.now()
  let mark = foundAt
  while (await table.has(`${PREFIX}${key}:${mark}`)) mark += 1
  const record: AsideRecord = { key, value, reason, foundAt }
  table.put(`${PREFIX}${key}:${mark}`, record)
}

/** All that were put aside, oldest first. */
export async function listAside(table: RecordTable): Promise<UnreadableRecord[]> {
  const entries = await table.entries(PREFIX)
  return entries
    .map(([key, value]) => {
      const about = isAside(value) ? value : { foundAt: 0, reason: 'Why it was put aside is not known.' }
      return { key: key.slice(PREFIX.length), foundAt: about.foundAt, reason: about.reason }
    })
    .toSorted((one, other) => one.foundAt - other.foundAt)
}

/** The value that was put aside, as JSON text; undefined when there is none under this key. */
export async function readAside(table: RecordTable, key: string): Promise<string | undefined> {
  const record = await table.get(PREFIX + key)
  return record === undefined ? undefined : toJson(isAside(record) ? record.value : record)
}

export function deleteAside(table: RecordTable, key: string): void {
  table.delete(PREFIX + key)
}

function isAside(value: unknown): value is AsideRecord {
  return problemsOf(value, ASIDE).length === 0
}

/** JSON of any value that a database can hold; what JSON cannot say is named in words. */
function toJson(value: unknown): string {
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
