import { atom, type ReadableAtom } from 'nanostores'
import type { ChatSummary, ConversationStore } from '../../core/chat/conversation-store.ts'
import { titleOf, type Conversation } from '../../core/chat/conversation.ts'
import type { StorageQueue } from './storage-queue.ts'

/** All chats, the last updated first. */
export interface ChatList {
  /** `reading` until they were read for the first time. */
  readonly status: 'reading' | 'ready'
  readonly chats: readonly ChatSummary[]
}

/** The list of chats, which follows what this page saves without being read anew. */
export interface ChatSummaries {
  readonly list: ReadableAtom<ChatList>
  /** Reads the list anew. Where storage fails it stays as it is. */
  read(): Promise<void>
  /**
   * Puts a chat that was just saved at the top of the list.
   * @param before - How it was saved before: where only another branch of it is shown now, the list stays as it is.
   */
  saved(conversation: Conversation, before?: Conversation): void
  /** Takes a chat that was deleted off the list. */
  deleted(chatId: string): void
  /** All chats are gone. */
  cleared(): void
}

/** A list that is empty and `reading` until `read` is called. */
export function createChatSummaries(store: ConversationStore, queue: StorageQueue): ChatSummaries {
  const $list = atom<ChatList>({ status: 'reading', chats: [] })
  const setChats = (chats: readonly ChatSummary[]) => $list.set({ status: 'ready', chats })
  return {
    list: $list,
    async read() {
      setChats((await queue.attempt(() => store.list())) ?? $list.get().chats)
    },
    saved(conversation, before) {
      const { id, createdAt, nodes, title } = conversation
      if (nodes === before?.nodes && title === before.title) return
      const summary = { id, title: titleOf(conversation), createdAt, updatedAt: Date.now() }
      setChats([summary, ...$list.get().chats.filter((other) => other.id !== id)])
    },
    cleared: () => setChats([]),
    deleted: (chatId) => setChats($list.get().chats.filter(({ id }) => id !== chatId)),
  }
}
