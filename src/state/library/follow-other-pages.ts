import { atom, type ReadableAtom } from 'nanostores'
import type { ConversationStore, StoreChange } from '../../core/chat/conversation-store.ts'
import { finishReply, type Conversation } from '../../core/chat/conversation.ts'
import type { ChatSession } from '../chat-session.ts'
import { atMostOneMore } from '../at-most-one-more.ts'
import type { ChatSaver } from './save-chats.ts'
import type { StorageQueue } from './storage-queue.ts'
import { streamingReplies } from './streaming-replies.ts'

/** What other pages of this site do to the chats, brought into this one. */
export interface OtherPages {
  /** Replies of the shown chat that another page writes at this moment. */
  readonly writtenElsewhere: ReadableAtom<ReadonlySet<string>>
  /** Looks at a chat that is shown anew: who writes in it, and which of its replies were left behind, which ends them. */
  look(): Promise<void>
  /** Ends the link to the store. */
  close(): void
}

/** What following them needs. */
export interface OtherPagesParts {
  readonly store: ConversationStore
  readonly session: ChatSession
  readonly queue: StorageQueue
  readonly saver: ChatSaver
  /** The list of chats has to be read anew. */
  readonly onListChange: () => Promise<void>
  /** Another page deleted a chat. */
  readonly onDeleted: (chatId: string) => void
}

/** How often to look whether a reply is still written elsewhere, milliseconds. */
const WATCH_INTERVAL_MS = 2000

/** Follows the other pages from now on. */
export function followOtherPages(parts: OtherPagesParts): OtherPages {
  const { store, session, queue, saver, onListChange, onDeleted } = parts
  const $elsewhere = atom<ReadonlySet<string>>(new Set())
  /** Of chats that the session holds or held. */
  const taking = new Map<string, () => Promise<void>>()
  let watch: ReturnType<typeof setTimeout> | undefined

  async function onStoreChange({ chatId, type }: StoreChange): Promise<void> {
    if (type === 'deleted') onDeleted(chatId) // at once: while the list is read, a reply in it would be saved, and the chat with it
    if (type !== 'reply-saved') await onListChange()
    if (type === 'deleted' || session.chat(chatId) === undefined) return
    const takeIn = taking.get(chatId) ?? atMostOneMore(() => takeStored(chatId))
    taking.set(chatId, takeIn)
    await takeIn()
  }

  async function takeStored(chatId: string): Promise<void> {
    const stored = await queue.attempt(() => store.get(chatId))
    if (stored === undefined) return
    saver.merge(stored)
    if (session.conversation.get().id === chatId) await watchWriters()
  }

  /** Notes which replies others write, ends those whose page is gone, and looks again while there are some. */
  async function watchWriters(): Promise<void> {
    clearTimeout(watch)
    const conversation = session.conversation.get()
    const mine = session.run.get()?.replyId
    const others = streamingReplies(conversation).filter(({ id }) => id !== mine)
    const claimed = new Set<string>()
    for (const { id } of others) if (await store.isClaimed(id)) claimed.add(id)
    if (session.conversation.get().id !== conversation.id) return
    $elsewhere.set(claimed)
    for (const { id } of others) if (!claimed.has(id)) session.change((now) => interrupted(now, id))
    if (claimed.size > 0) watch = setTimeout(() => void watchWriters(), WATCH_INTERVAL_MS)
  }

  const unsubscribe = store.subscribe((change) => void onStoreChange(change))
  return {
    writtenElsewhere: $elsewhere,
    async look() {
      $elsewhere.set(new Set())
      await watchWriters()
    },
    close() {
      clearTimeout(watch)
      unsubscribe()
    },
  }
}

/** The chat with a reply ended that its page left behind, unless it has ended meanwhile. */
function interrupted(conversation: Conversation, replyId: string): Conversation {
  const isLeft = streamingReplies(conversation).some(({ id }) => id === replyId)
  return isLeft ? finishReply(conversation, replyId, { status: 'interrupted' }) : conversation
}
