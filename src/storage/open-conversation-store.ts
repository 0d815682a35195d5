import type { ConversationStore } from '../core/chat/conversation-store.ts'
import { openIndexedRecords } from './indexed-records.ts'
import { keepConversations } from './keep-conversations.ts'
import { openDatabase, type Database } from './open-database.ts'
import { openPageChannel } from './page-channel.ts'
import { openReplyClaims } from './reply-claims.ts'

const NAME = 'second-thought-chats'

/** Opens the chats that this browser keeps for this site. @param useStore - A database with nothing else in it. */
export function openConversationStore(useStore: Database = openDatabase(NAME)): ConversationStore {
  const { onCleared } = useStore
  return keepConversations(openIndexedRecords(useStore), openReplyClaims(), openPageChannel(NAME), onCleared)
}
