import { beforeAll, describe, expect, test } from 'vitest'
import { keepConversations } from '../../../src/storage/keep-conversations.ts'
import { keepPreferences } from '../../../src/storage/keep-preferences.ts'
import { createMemoryRecords } from '../../../src/storage/memory-records.ts'
import { createPageHub } from '../../../src/storage/page-hub.ts'
import { FormChanged, PLAIN, setForm } from '../../../src/storage/record-form.ts'
import type { Records } from '../../../src/storage/records.ts'
import { createPageClaims } from '../../../src/storage/reply-claims.ts'
import { createDataKey, keysOf, type DataKeys } from '../../../src/storage/sealed/data-keys.ts'
import { sealedRecords } from '../../../src/storage/sealed/sealed-records.ts'
import { createChat, describeConversationStore } from './support/conversation-store-contract.ts'
import { describePreferenceStore } from './support/preference-store-contract.ts'

let keys: DataKeys

beforeAll(async () => {
  keys = await keysOf(createDataKey(), 'vault')
})

/** A database that says it is sealed; each call of `open` is one more page over it. */
function openSealed(): { readonly database: Records; readonly open: () => Records } {
  const database = createMemoryRecords()
  const ready = setForm(database, 'vault')
  return {
    database,
    open() {
      const records = sealedRecords(database, 'chats', keys)
      return { transact: (mode, work) => ready.then(() => records.transact(mode, work)) }
    },
  }
}

describe('chats that are encrypted', () => {
  describeConversationStore(() => {
    const { open } = openSealed()
    const claims = createPageClaims()
    const join = createPageHub()
    return { records: open(), open: () => keepConversations(open(), claims, join()) }
  })
})

describe('preferences that are encrypted', () => {
  describePreferenceStore(() => {
    const { open } = openSealed()
    const join = createPageHub()
    return { records: open(), open: () => keepPreferences(open(), join()) }
  })
})

/** All that the database holds, its keys too, as text that a search finds words in. */
async function rawText(database: Records): Promise<string> {
  return database.transact('readonly', async (table) => {
    const all = await table.allKeys()
    const values = await Promise.all(all.map((key) => table.get(key)))
    const texts = values.map((value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
    )
    return [...all, ...texts].join('\n')
  })
}

function storeOver(records: Records) {
  return keepConversations(records, createPageClaims(), createPageHub()())
}

test('neither names nor values can be read in the database', async () => {
  const { database, open } = openSealed()
  const chat = createChat('A secret question about Zanzibar')
  await storeOver(open()).save(chat)
  const raw = await rawText(database)
  expect(raw).toContain('sealed:chat:')
  for (const plain of ['Zanzibar', 'secret', chat.id, 'conversation', 'title']) expect(raw).not.toContain(plain)
})

test('a value in the place of another, or changed in one bit, is put aside and loses no other', async () => {
  const { database, open } = openSealed()
  const [one, two, three] = [createChat('One'), createChat('Two'), createChat('Three')]
  for (const chat of [one, two, three]) await storeOver(open()).save(chat)
  await database.transact('readwrite', async (table) => {
    const [first = '', second = ''] = await table.keys('sealed:chat:')
    const bytes = (await table.get(first)) as Uint8Array
    table.put(first, await table.get(second))
    bytes[bytes.length - 1]! ^= 1
    table.put(second, bytes)
  })
  const store = storeOver(open())
  expect(await store.list()).toHaveLength(3) // by their summaries
  for (const { id } of [one, two, three]) await store.get(id)
  expect(await store.list()).toHaveLength(1)
  const [first] = await store.unreadable()
  expect(await store.unreadable()).toHaveLength(2)
  expect(await store.readUnreadable(first?.key ?? '')).toContain('does not open with the key')
})

test('work runs again where another page wrote what it had read, and both writes stay', async () => {
  const { open } = openSealed()
  const [here, there] = [open(), open()]
  let runs = 0
  const count = (records: Records, meanwhile = async () => undefined as void) =>
    records.transact('readwrite', async (table) => {
      const value = ((await table.get('count:one')) ?? 0) as number
      runs += 1
      await meanwhile()
      table.put('count:one', value + 1)
    })
  let isFirst = true
  await count(here, async () => {
    if (!isFirst) return
    isFirst = false
    await count(there)
  })
  expect(await here.transact('readonly', (table) => table.get('count:one'))).toBe(2)
  expect(runs).toBe(3)
  await Promise.all(Array.from({ length: 8 }, (_, index) => count(index % 2 === 0 ? here : there)))
  expect(await here.transact('readonly', (table) => table.get('count:one'))).toBe(10)
})

test('a page that has not heard that the form has changed neither reads nor writes', async () => {
  const { database, open } = openSealed()
  const records = open()
  await storeOver(records).save(createChat())
  await setForm(database, PLAIN)
  await expect(records.transact('readonly', (table) => table.keys('chat:'))).rejects.toBeInstanceOf(FormChanged)
  await expect(records.transact('readwrite', async (table) => table.put('chat:x', 1))).rejects.toBeInstanceOf(
    FormChanged,
  )
})

test('a transaction sees what it wrote, and nothing of one that failed stays', async () => {
  const { open } = openSealed()
  const records = open()
  await records.transact('readwrite', async (table) => {
    table.put('a:1', { one: 1 })
    table.put('a:2', 2)
    table.delete('a:2')
    expect(await table.get('a:1')).toEqual({ one: 1 })
    expect([await table.has('a:1'), await table.has('a:2')]).toEqual([true, false])
    expect(await table.keys('a:')).toEqual(['a:1'])
    expect(await table.entries('a:')).toEqual([['a:1', { one: 1 }]])
    expect(await table.allKeys()).toEqual(['a:1'])
  })
  const failed = records.transact('readwrite', async (table) => {
    table.delete('a:1')
    throw new Error('stop')
  })
  await expect(failed).rejects.toThrow('stop')
  expect(await records.transact('readonly', (table) => table.entries('a:'))).toEqual([['a:1', { one: 1 }]])
})
