import { atom, type ReadableAtom } from 'nanostores'
import type { ConversationStore, UnreadableRecord } from '../../core/chat/conversation-store.ts'
import type { StorageQueue } from './storage-queue.ts'

/** What was stored but cannot be read. It is kept as it was found until the user deletes it. */
export interface UnreadableChats {
  readonly unreadable: ReadableAtom<readonly UnreadableRecord[]>
  /** Reads the list anew. Where storage fails it is empty. */
  read(): Promise<void>
  /** @returns The record as JSON text; undefined when there is none under this key. */
  readUnreadable(key: string): Promise<string | undefined>
  deleteUnreadable(key: string): Promise<void>
}

/** A list that is empty until `read` is called. */
export function createUnreadableChats(store: ConversationStore, queue: StorageQueue): UnreadableChats {
  const $unreadable = atom<readonly UnreadableRecord[]>([])
  return {
    unreadable: $unreadable,
    async read() {
      $unreadable.set((await queue.attempt(() => store.unreadable())) ?? [])
    },
    readUnreadable: (key) => store.readUnreadable(key),
    async deleteUnreadable(key) {
      await store.deleteUnreadable(key)
      $unreadable.set($unreadable.get().filter((record) => record.key !== key))
    },
  }
}
