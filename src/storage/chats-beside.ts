import { isRecord } from '../core/check-data.ts'
import type { Conversation } from '../core/chat/conversation.ts'
import { mergeConversations } from '../core/chat/merge-conversations.ts'
import { CHAT_PREFIX, chatKey, isChatRecord, putChat, readChat, summaryKey } from './chat-records.ts'
import type { RecordTable } from './records.ts'
import { besideKey, dropBeside, keysBeside } from './unreadable-records.ts'

/**
 * Keeps a chat beside the one of a newer version of this page, which takes it in when it comes. What was kept there before is merged.
 * Nothing is known of the newer one, so nothing of it is changed.
 */
export async function putChatBeside(table: RecordTable, conversation: Conversation): Promise<void> {
  const key = chatKey(conversation.id)
  const before = valueOf(await table.get(besideKey(key)))
  const all = isChatRecord(before, conversation.id)
    ? mergeConversations(conversation, before.conversation)
    : conversation
  const record = { schema: 1, version: 0, conversation: all }
  const reason = 'It was written while a newer version of this page had the chat. That version takes it in.'
  table.put(besideKey(key), { key, value: record, reason, foundAt: Date.now() })
}

/** Takes in the chats that an older version of this page kept beside those of this one. Where that cannot be, they stay. */
export async function takeChatsBeside(table: RecordTable): Promise<void> {
  for (const key of await keysBeside(table)) {
    const chatId = key.slice(CHAT_PREFIX.length)
    const beside = valueOf(await table.get(besideKey(key)))
    if (!key.startsWith(CHAT_PREFIX) || !isChatRecord(beside, chatId)) continue
    const { value: chat, broken } = await readChat(table, chatId)
    if (broken.length > 0) continue
    const conversation =
      chat === undefined ? beside.conversation : mergeConversations(chat.conversation, beside.conversation)
    putChat(table, { version: Math.max(Date.now(), (chat?.version ?? 0) + 1), conversation })
    table.delete(summaryKey(chatId)) // made anew when the list is read
    dropBeside(table, key)
  }
}

function valueOf(record: unknown): unknown {
  return isRecord(record) ? record['value'] : undefined
}
