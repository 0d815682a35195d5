import type { ConversationStore } from '../../core/chat/conversation-store.ts'
import type { Conversation } from '../../core/chat/conversation.ts'
import { mergeConversations } from '../../core/chat/merge-conversations.ts'
import type { ChatSession } from '../chat-session.ts'
import type { ChatSummaries } from './chat-summaries.ts'
import type { StorageQueue } from './storage-queue.ts'
import { streamingReplies } from './streaming-replies.ts'

/** Saves the chats that a session holds as they change, shown or not: a growing reply a few times a second, all else at once. */
export interface ChatSaver {
  /** Shows a chat as it was just read from the store. */
  open(stored: Conversation): void
  /** Takes what another page stored of a chat into what the session holds of it. */
  merge(stored: Conversation): void
  /** Saves what is not saved yet; resolves when it is, or when that failed. */
  flush(): Promise<void>
  /** All that was stored is gone: what the session holds is stored whole with its next change. */
  forgetStored(): void
  /** Saves nothing more of a chat, which was deleted. @returns It with what could not be saved of it; undefined where all was. */
  forget(chatId: string): Conversation | undefined
  /** Chats as they are here, where that is not stored. */
  unsaved(): Conversation[]
  /** Ends the link to the session. */
  close(): void
}

/** What the saver is made of. */
export interface ChatSaverParts {
  readonly store: ConversationStore
  readonly session: ChatSession
  readonly queue: StorageQueue
  readonly summaries: ChatSummaries
}

/** A chat that the session holds. */
interface Held {
  /** The last version that was looked at. */
  seen: Conversation
  /** The last version that is stored; absent as long as none is known to be. */
  saved?: Conversation
  dirty: 'no' | 'reply' | 'all'
  /** How many of its savings have not ended. */
  saving: number
  timer?: ReturnType<typeof setTimeout> | undefined
}

/** How often a growing reply is saved, milliseconds: what a crash can cost. */
const REPLY_INTERVAL_MS = 400

/** Saves from now on. What could not be saved is tried again with the next change. */
export function saveChats({ store, session, queue, summaries }: ChatSaverParts): ChatSaver {
  const held = new Map<string, Held>()
  const forgotten = new Set<string>()

  function look(): void {
    const shown = session.conversation.get()
    const now = new Map(session.background.get()).set(shown.id, shown)
    for (const conversation of now.values()) lookAt(conversation)
    for (const [chatId, chat] of held) {
      if (now.has(chatId)) continue
      // What cannot be saved, as on a full disk, is held until it is.
      void saveNow(chatId).then(() => {
        if (isStored(chat) && session.chat(chatId) === undefined) held.delete(chatId)
      })
    }
  }

  function lookAt(conversation: Conversation): void {
    const { id } = conversation
    const chat = held.get(id)
    if (chat === undefined) {
      // A chat that was just opened is stored already; a new one has nothing to store.
      held.set(id, { seen: conversation, dirty: 'no', saving: 0 })
      return
    }
    const before = chat.seen
    chat.seen = conversation
    if (conversation === before || conversation === chat.saved || forgotten.has(id)) return
    const onlyReply = isReplyGrowth(before, conversation)
    if (chat.dirty !== 'all') chat.dirty = onlyReply ? 'reply' : 'all'
    const save = () => void saveNow(id)
    if (onlyReply) chat.timer ??= setTimeout(save, REPLY_INTERVAL_MS)
    else {
      clearTimeout(chat.timer)
      chat.timer = setTimeout(save, 0) // several changes of one moment are one
    }
  }

  function saveNow(chatId: string): Promise<void> {
    const chat = held.get(chatId)
    if (chat === undefined) return queue.settled()
    clearTimeout(chat.timer)
    chat.timer = undefined
    const what = chat.dirty
    chat.dirty = 'no'
    if (what === 'no' || forgotten.has(chatId)) return queue.settled()
    chat.saving += 1
    return queue.enqueue(async () => {
      try {
        if (forgotten.has(chatId)) return
        // As it is now: what another page did may have come in since this was asked for.
        const newest = session.chat(chatId) ?? chat.seen
        const reply = what === 'reply' ? streamingReplies(newest).at(-1) : undefined
        const isSaved = reply !== undefined && (await store.saveReply(newest.id, reply))
        if (!isSaved) await saveAll(newest, chat) // also where the chat of the reply is no longer there
        queue.clearError()
      } catch (error) {
        chat.dirty = 'all' // tried again with the next change
        throw error
      } finally {
        chat.saving -= 1
      }
    })
  }

  async function saveAll(conversation: Conversation, chat: Held): Promise<void> {
    if (conversation.nodes.length === 0) {
      await store.delete(conversation.id)
      summaries.deleted(conversation.id)
      return
    }
    const stored = await store.save(conversation)
    summaries.saved(stored, chat.saved)
    const now = session.chat(stored.id)
    if (now === undefined) return
    const saved = now === conversation || stored === conversation ? stored : merged(now, stored)
    chat.saved = saved
    if (stored !== conversation) session.changeChat(stored.id, () => saved)
  }

  /** What this page has and what is stored; a reply that this page writes stays as it is here. */
  function merged(here: Conversation, stored: Conversation): Conversation {
    return mergeConversations(here, stored, session.runs.get().get(here.id)?.replyId, held.get(here.id)?.saved)
  }

  look()
  const ends = [session.conversation.listen(look), session.background.listen(look)]
  return {
    open(stored) {
      forgotten.delete(stored.id)
      const before = held.get(stored.id)
      session.open(before === undefined || isStored(before) ? stored : merged(before.seen, stored))
      const chat = held.get(stored.id)
      if (chat?.seen === stored) chat.saved = stored
    },
    merge(stored) {
      const here = session.chat(stored.id)
      if (here === undefined) return
      const both = merged(here, stored)
      const chat = held.get(stored.id)
      if (chat?.dirty === 'no') chat.saved = both
      session.changeChat(stored.id, () => both)
    },
    async flush() {
      for (const chatId of held.keys()) void saveNow(chatId)
      await queue.settled()
    },
    forgetStored() {
      for (const chat of held.values()) {
        delete chat.saved
        if (chat.seen.nodes.length > 0) chat.dirty = 'all'
      }
    },
    forget(chatId) {
      forgotten.add(chatId)
      const chat = held.get(chatId)
      return chat === undefined || isStored(chat) ? undefined : chat.seen
    },
    unsaved() {
      return [...held.values()].flatMap((chat) => (isStored(chat) || forgotten.has(chat.seen.id) ? [] : chat.seen))
    },
    close() {
      for (const end of ends) end()
    },
  }
}

/** Whether all of a chat is stored, and not on its way there, which may fail. */
function isStored({ dirty, saving }: Held): boolean {
  return dirty === 'no' && saving === 0
}

/** Whether nothing but the text of a reply that streams came in. */
function isReplyGrowth(before: Conversation, after: Conversation): boolean {
  if (before.nodes.length !== after.nodes.length || before.chosen !== after.chosen) return false
  if (before.title !== after.title || before.instructions !== after.instructions) return false
  return after.nodes.every((node, index) => {
    const old = before.nodes[index]
    return node === old || (isStreaming(node) && isStreaming(old))
  })
}

function isStreaming(node: Conversation['nodes'][number] | undefined): boolean {
  return node?.role === 'assistant' && node.status === 'streaming'
}
