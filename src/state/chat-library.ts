import { atom, type ReadableAtom } from 'nanostores'
import type { ConversationStore } from '../core/chat/conversation-store.ts'
import { createConversation, renameConversation, titleOf, type Conversation } from '../core/chat/conversation.ts'
import { mergeConversations } from '../core/chat/merge-conversations.ts'
import type { ReflectionError } from '../core/errors.ts'
import type { ChatSession } from './chat-session.ts'
import { atMostOneMore } from './at-most-one-more.ts'
import { createChatSummaries, type ChatList } from './library/chat-summaries.ts'
import { claimReplies } from './library/claim-replies.ts'
import { followOtherPages } from './library/follow-other-pages.ts'
import { saveChats } from './library/save-chats.ts'
import type { SearchHit } from './library/search-all.ts'
import { createStorageQueue } from './library/storage-queue.ts'
import { noteUnread } from './library/unread-chats.ts'
import { createUnreadableChats, type UnreadableChats } from './library/unreadable-chats.ts'

/** The chat that was deleted last, whole, so that it can come back. */
export interface DeletedChat {
  readonly conversation: Conversation
  readonly title: string
  /** When it had last been saved with something new in it, milliseconds since the epoch; absent for one that never was. */
  readonly updatedAt?: number | undefined
  /** Puts back what `onDeleted` of the library took away with it. */
  readonly putBack?: (() => void) | undefined
}

/**
 * What became of a chat that was to be shown. One that is stored and cannot be read, or that a newer version of this page wrote, is in the
 * list of those from then on; where storage
 * failed, `storageError` says why.
 */
export type OpenedChat = 'shown' | 'missing' | 'unreadable' | 'newer' | 'storage-failed'

/**
 * The chats of this device, of which the session shows one; in others it may still be writing. All of these are saved as they change
 * (`library/save-chats.ts`), and follow what other pages of this site do to them.
 */
export interface ChatLibrary extends Omit<UnreadableChats, 'read'> {
  readonly list: ReadableAtom<ChatList>
  /** Why storage failed the last time; absent while it works. What could not be saved is tried again with the next change. */
  readonly storageError: ReadableAtom<ReflectionError | undefined>
  /** The chat that was deleted last, as long as it can be brought back. */
  readonly deleted: ReadableAtom<DeletedChat | undefined>
  /** Replies of the shown chat that another page writes at this moment. */
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  /** Chats whose reply came to its end while another one was shown, and that were not opened since. */
  readonly unread: ReadableAtom<ReadonlySet<string>>
  /** Reads the list. Never rejects: `storageError` says what is wrong. */
  start(): Promise<void>
  /**
   * Shows a chat; replies that a page left in mid-stream are marked as interrupted. Where it cannot, what is shown stays. A reply that is
   * being written in the chat before goes on in the background.
   */
  open(chatId: string): Promise<OpenedChat>
  /** Shows a new, empty chat, which is stored with its first message. A reply that is being written goes on in the background. */
  create(): void
  rename(chatId: string, title: string): Promise<void>
  /** Takes a chat away and stops a reply that is being written in it; the last one can be brought back until `forgetDeleted`. */
  delete(chatId: string): Promise<void>
  undoDelete(): Promise<void>
  forgetDeleted(): void
  /** Takes all chats of the list away, for good: none can be brought back. */
  deleteAll(): Promise<void>
  /**
   * Stores a chat of an import; it comes into the list when that is read anew.
   * @param updatedAt - When it was last saved with something new in it, milliseconds since the epoch. Default: now.
   * @returns Whether it was stored; `storageError` says why not.
   */
  add(conversation: Conversation, updatedAt?: number): Promise<boolean>
  /**
   * Chats one by one: first those of which something cannot be stored, as on a full disk, as they are here, then those that are stored.
   * @throws {ReflectionError} What storage failed with, after the first ones.
   */
  all(): AsyncIterable<Conversation>
  /** Chats in which all words occur, the last updated first, as they are found. */
  search(query: string, signal: AbortSignal): AsyncIterable<SearchHit>
  /** Saves what is not saved yet; resolves when it is, or when that failed. */
  flush(): Promise<void>
  /** Saves, and ends the links to session and store. */
  close(): Promise<void>
}

/**
 * Puts a library together over a store; nothing is read before `start`.
 * @param onCleared - Told when all that was stored was deleted by others; the shown chat is stored again with its next change.
 * @param onDeleted - Told of each chat that is deleted here; takes away what else is kept of it. @returns Puts that back.
 */
export function createChatLibrary(
  store: ConversationStore,
  session: ChatSession,
  onCleared: () => void = () => undefined,
  onDeleted?: (conversation: Conversation) => () => void,
): ChatLibrary {
  const queue = createStorageQueue()
  const summaries = createChatSummaries(store, queue)
  const unreadableChats = createUnreadableChats(store, queue)
  const read = atMostOneMore(async () => {
    await summaries.read()
    await unreadableChats.read()
  })
  const saver = saveChats({ store, session, queue, summaries })
  const unreadChats = noteUnread(session)
  const endClaims = claimReplies(store, session, queue, saver.flush)
  const otherPages = followOtherPages({
    store,
    session,
    queue,
    saver,
    onListChange: read,
    onDeleted(chatId) {
      saver.forget(chatId)
      session.endNow(chatId)
      if (session.conversation.get().id === chatId) create()
    },
  })
  const endCleared = store.onCleared(() => {
    const hadChats = summaries.list.get().chats.length > 0
    saver.forgetStored()
    summaries.cleared()
    if (hadChats) onCleared()
  })
  const $deleted = atom<DeletedChat | undefined>(undefined)
  let opening = 0 // only the chat that was asked for last is shown

  async function open(chatId: string): Promise<OpenedChat> {
    const mine = ++opening
    if (chatId === session.conversation.get().id) return 'shown'
    const held = session.background.get().get(chatId)
    if (held !== undefined) session.open(held)
    else {
      await saver.flush()
      const found = await queue.attempt(async () => ({ stored: await store.get(chatId) }))
      if (mine !== opening) return 'shown' // another chat was asked for meanwhile
      const unsaved = saver.unsaved().find(({ id }) => id === chatId)
      if (found?.stored !== undefined) saver.open(found.stored)
      else if (unsaved !== undefined) session.open(unsaved)
      else return found === undefined ? 'storage-failed' : whyMissing(chatId)
    }
    await otherPages.look()
    return 'shown'
  }

  async function whyMissing(chatId: string): Promise<OpenedChat> {
    await read() // it may stand in the list, and what cannot be read does no longer
    const found = unreadableChats.unreadable.get().filter((record) => record.chatId === chatId)
    if (found.length === 0) return 'missing'
    return found.some(({ isNewer }) => isNewer === true) ? 'newer' : 'unreadable'
  }

  function create(): void {
    opening += 1
    if (session.conversation.get().nodes.length > 0) session.open(createConversation())
  }

  async function* all(): AsyncIterable<Conversation> {
    await saver.flush()
    const unsaved = saver.unsaved()
    yield* unsaved
    for await (const stored of store.all()) if (unsaved.every(({ id }) => id !== stored.id)) yield stored
  }

  /** @returns What was there and is gone now. */
  async function remove(chatId: string): Promise<DeletedChat | undefined> {
    session.endNow(chatId)
    unreadChats.forget(chatId)
    await saver.flush()
    const stored = session.chat(chatId) ?? (await queue.attempt(() => store.get(chatId)))
    if (session.conversation.get().id === chatId) create() // not before: the user may have gone elsewhere meanwhile
    let deleted: DeletedChat | undefined
    await queue.enqueue(async () => {
      await store.delete(chatId)
      const updatedAt = summaries.list.get().chats.find(({ id }) => id === chatId)?.updatedAt
      summaries.deleted(chatId)
      const conversation = saver.forget(chatId) ?? stored
      if (conversation !== undefined) {
        deleted = { conversation, title: titleOf(conversation), updatedAt, putBack: onDeleted?.(conversation) }
      }
    })
    return deleted
  }

  return {
    list: summaries.list,
    storageError: queue.error,
    deleted: $deleted,
    unreadable: unreadableChats.unreadable,
    readUnreadable: unreadableChats.readUnreadable,
    deleteUnreadable: unreadableChats.deleteUnreadable,
    writtenElsewhere: otherPages.writtenElsewhere,
    unread: unreadChats.unread,
    start: read,
    open,
    create,
    async rename(chatId, title) {
      if (session.chat(chatId) !== undefined) {
        session.changeChat(chatId, (conversation) => renameConversation(conversation, title))
        await saver.flush()
        return
      }
      await queue.enqueue(async () => {
        const conversation = await store.get(chatId)
        if (conversation === undefined) await read()
        else summaries.saved(await store.save(renameConversation(conversation, title)))
      })
    },
    async delete(chatId) {
      const deleted = await remove(chatId)
      if (deleted !== undefined) $deleted.set(deleted)
    },
    async deleteAll() {
      $deleted.set(undefined)
      for (const { id } of summaries.list.get().chats) await remove(id)
    },
    async undoDelete() {
      const chat = $deleted.get()
      if (chat === undefined) return
      let isBack = false
      const { conversation } = chat
      await queue.enqueue(async () => {
        const there = await store.get(conversation.id) // from a file, since
        const both = there === undefined ? conversation : mergeConversations(conversation, there)
        saver.merge(await store.save(both, chat.updatedAt))
        isBack = true
        queue.clearError()
        await read()
      })
      if (!isBack) return // nothing else has it: it can be tried again
      if ($deleted.get() === chat) $deleted.set(undefined)
      chat.putBack?.()
      await open(conversation.id)
    },
    forgetDeleted: () => $deleted.set(undefined),
    async add(conversation, updatedAt) {
      let isStored = false
      await queue.enqueue(async () => {
        await store.save(conversation, updatedAt)
        isStored = true
      })
      return isStored
    },
    all,
    async *search(query, signal) {
      const { searchAll } = await import('./library/search-all.ts')
      yield* searchAll(all(), summaries.list, query, signal)
    },
    flush: saver.flush,
    async close() {
      await saver.flush()
      saver.close()
      unreadChats.close()
      endClaims()
      endCleared()
      otherPages.close()
    },
  }
}
