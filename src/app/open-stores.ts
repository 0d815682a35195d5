import type { ConversationStore } from '../core/chat/conversation-store.ts'
import type { PreferenceStore } from '../core/preference-store.ts'
import { createMemoryConversations } from '../storage/memory-conversations.ts'
import { createMemoryPreferences } from '../storage/memory-preferences.ts'
import { openConversationStore } from '../storage/open-conversation-store.ts'
import { openPreferenceStore } from '../storage/open-preference-store.ts'

export interface Stores {
  readonly conversations: ConversationStore
  readonly preferences: PreferenceStore
  /** False where the browser stores nothing, so that all is gone with the page. */
  readonly areKept: boolean
}

/** Opens what is stored in this browser, or a store in memory where it stores nothing. */
export async function openStores(): Promise<Stores> {
  const conversations = openConversationStore()
  const preferences = openPreferenceStore()
  try {
    await Promise.all([conversations.list(), preferences.read()])
    return { conversations, preferences, areKept: true }
  } catch (error) {
    console.warn(error)
    return { conversations: createMemoryConversations(), preferences: createMemoryPreferences(), areKept: false }
  }
}
