import type { ConversationStore } from '../core/chat/conversation-store.ts'
import type { FoundFiles } from '../core/models/gguf/find-gguf.ts'
import type { PreferenceStore } from '../core/preference-store.ts'
import { createMemoryConversations } from './memory-conversations.ts'
import { createMemoryPreferences } from './memory-preferences.ts'
import { createMemoryRecords } from './memory-records.ts'
import { openFoundFiles } from './open-found-files.ts'

/** All that a page stores, in memory, for browsers that store nothing. */
export function createMemoryStores(): {
  readonly conversations: ConversationStore
  readonly preferences: PreferenceStore
  readonly found: FoundFiles
} {
  return {
    conversations: createMemoryConversations(),
    preferences: createMemoryPreferences(),
    found: openFoundFiles(createMemoryRecords()),
  }
}
