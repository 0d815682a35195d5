import type { ConversationStore } from '../core/chat/conversation-store.ts'
import { keepConversations } from './keep-conversations.ts'
import { createMemoryRecords } from './memory-records.ts'
import { createPageHub } from './page-hub.ts'
import type { Records } from './records.ts'
import { createPageClaims } from './reply-claims.ts'

/** A store of chats in memory, for pages that can store nothing. */
export function createMemoryConversations(): ConversationStore {
  return shareMemoryConversations()()
}

/** Chats in memory that several stores share, as pages of one site do. @returns Makes one more such store. @internal */
export function shareMemoryConversations(records: Records = createMemoryRecords()): () => ConversationStore {
  const claims = createPageClaims()
  const join = createPageHub()
  return () => keepConversations(records, claims, join())
}
