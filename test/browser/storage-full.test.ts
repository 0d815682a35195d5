import { expect, test, vi } from 'vitest'
import { openIndexedRecords } from '../../src/storage/indexed-records.ts'
import { openConversationStore } from '../../src/storage/open-conversation-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { createChat } from '../unit/storage/support/conversation-store-contract.ts'

/** Storage with a quota of its own, of Chromium's Storage Buckets API. */
declare global {
  interface Navigator {
    readonly storageBuckets: {
      open(name: string, options: { readonly quota: number }): Promise<{ readonly indexedDB: IDBFactory }>
      delete(name: string): Promise<void>
    }
  }
}

test('a full disk is storage-full, and what was stored before stays', async () => {
  const name = `small-${crypto.randomUUID()}`
  const bucket = await navigator.storageBuckets.open(name, { quota: 20_000_000 })
  vi.stubGlobal('indexedDB', bucket.indexedDB)
  try {
    const store = openConversationStore(openIndexedRecords(openDatabase('chats')))
    const chat = createChat()
    await store.save(chat)
    const large = Array.from({ length: 1_000_000 }, () => crypto.randomUUID()).join()
    const failure: unknown = await store.save({ ...chat, instructions: large }).then(
      () => 'saved',
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'storage-full', cause: { name: 'QuotaExceededError' } })
    expect(await store.get(chat.id)).toEqual(chat)
    const named = { ...chat, title: 'Small enough' }
    expect(await store.save(named)).toBe(named)
  } finally {
    vi.unstubAllGlobals()
    await navigator.storageBuckets.delete(name)
  }
})
