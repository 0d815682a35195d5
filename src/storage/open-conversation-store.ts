import type { ConversationStore } from '../core/chat/conversation-store.ts'
import { openIndexedRecords } from './indexed-records.ts'
import { keepConversations } from './keep-conversations.ts'
import { openDatabase } from './open-database.ts'
import { openPageChannel } from './page-channel.ts'
import type { Records } from './records.ts'
import { openReplyClaims } from './reply-claims.ts'

/** The database of chats, and the channel on which pages tell what they do to them. */
export const CHATS = 'second-thought-chats'

/** Opens the chats that this browser keeps for this site. @param records - With nothing else in them. */
export function openConversationStore(records: Records = openIndexedRecords(openDatabase(CHATS))): ConversationStore {
  return keepConversations(records, openReplyClaims(), openPageChannel(CHATS), records.onCleared)
}
