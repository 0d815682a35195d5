import { expect, test } from 'vitest'
import { createMemoryConversations, shareMemoryConversations } from '../../../src/storage/memory-conversations.ts'
import { createMemoryRecords } from '../../../src/storage/memory-records.ts'
import { createChat, describeConversationStore } from './support/conversation-store-contract.ts'

describeConversationStore(() => {
  const records = createMemoryRecords()
  return { records, open: shareMemoryConversations(records) }
})

test('nothing of a transaction that fails stays', async () => {
  const records = createMemoryRecords()
  const failed = records.transact('readwrite', async (table) => {
    table.put('key', 'value')
    throw new Error('stop')
  })
  await expect(failed).rejects.toThrow('stop')
  expect(await records.transact('readonly', (table) => table.has('key'))).toBe(false)
})

test('stores that share nothing see nothing of each other', async () => {
  const chat = createChat()
  const store = createMemoryConversations()
  await store.save(chat)
  expect(await store.get(chat.id)).toEqual(chat)
  expect(await createMemoryConversations().get(chat.id)).toBeUndefined()
})
