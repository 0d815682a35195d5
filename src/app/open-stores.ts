import type { ConversationStore } from '../core/chat/conversation-store.ts'
import type { PreferenceStore } from '../core/preference-store.ts'
import { createMemoryConversations } from '../storage/memory-conversations.ts'
import { createMemoryPreferences } from '../storage/memory-preferences.ts'
import { openConversations } from '../storage/open-conversations.ts'
import { openPreferences } from '../storage/open-preferences.ts'

export interface Stores {
  readonly conversations: ConversationStore
  readonly preferences: PreferenceStore
  /** False where the browser stores nothing, so that all is gone with the page. */
  readonly areKept: boolean
}

/** Opens what is stored in this browser, or a store in memory where it stores nothing. */
export async function openStores(): Promise<Stores> {
  const conversations = openConversations()
  const preferences = openPreferences()
  try {
    await Promise.all([conversations.list(), preferences.read()])
    return { conversations, preferences, areKept: true }
  } catch (error) {
    console.warn(error)
    return { conversations: createMemoryConversations(), preferences: createMemoryPreferences(), areKept: false }
  }
}
