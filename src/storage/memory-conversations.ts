import type { ConversationStore } from '../core/chat/conversation-store.ts'
import { keepConversations } from './keep-conversations.ts'
import { createMemoryRecords } from './memory-records.ts'
import { createPageHub } from './page-channel.ts'
import type { Records } from './records.ts'
import { createPageClaims } from './reply-claims.ts'

/** Chats that are gone with the page. */
export function createMemoryConversations(): ConversationStore {
  return shareMemoryConversations()()
}

/** Chats in memory for several that act as pages of one site. @returns Opens one more page. @internal */
export function shareMemoryConversations(records: Records = createMemoryRecords()): () => ConversationStore {
  const claims = createPageClaims()
  const join = createPageHub()
  return () => keepConversations(records, claims, join())
}
