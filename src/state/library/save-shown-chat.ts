import type { ConversationStore } from '../../core/chat/conversation-store.ts'
import type { Conversation } from '../../core/chat/conversation.ts'
import { mergeConversations } from '../../core/chat/merge-conversations.ts'
import type { ChatSession } from '../chat-session.ts'
import type { ChatSummaries } from './chat-summaries.ts'
import type { StorageQueue } from './storage-queue.ts'
import { streamingReplies } from './streaming-replies.ts'

/** Saves the chat that a session shows as it changes: a growing reply a few times a second, all else at once. */
export interface ShownChatSaver {
  /** Shows a chat as it was just read from the store. */
  open(stored: Conversation): void
  /** Takes what another page stored of the shown chat into what is shown. */
  merge(stored: Conversation): void
  /** Saves what is not saved yet; resolves when it is, or when that failed. */
  flush(): Promise<void>
  /** Ends the link to the session. */
  close(): void
}

/** What the saver is made of. */
export interface ShownChatSaverParts {
  readonly store: ConversationStore
  readonly session: ChatSession
  readonly queue: StorageQueue
  readonly summaries: ChatSummaries
}

/** How often a growing reply is saved, milliseconds: what a crash can cost. */
const REPLY_INTERVAL_MS = 400

/** Saves from now on. What could not be saved is tried again with the next change. */
export function saveShownChat({ store, session, queue, summaries }: ShownChatSaverParts): ShownChatSaver {
  let seen = session.conversation.get() // the last version that was looked at
  let saved: Conversation | undefined // the last version that is stored, if it is of this chat
  let dirty: 'no' | 'reply' | 'all' = 'no'
  let timer: ReturnType<typeof setTimeout> | undefined

  function onConversation(conversation: Conversation): void {
    const before = seen
    seen = conversation
    if (conversation === before || conversation === saved) return
    if (conversation.id !== before.id) {
      if (dirty !== 'no') void saveNow(before)
      saved = undefined
      dirty = 'no'
      // A chat that was just opened is stored already; a new one has nothing to store.
      return
    }
    const onlyReply = dirty !== 'all' && isReplyGrowth(before, conversation)
    dirty = onlyReply ? 'reply' : 'all'
    if (onlyReply) timer ??= setTimeout(flush, REPLY_INTERVAL_MS)
    else {
      clearTimeout(timer)
      timer = setTimeout(flush, 0) // several changes of one moment are one
    }
  }

  function saveNow(conversation: Conversation): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const what = dirty
    dirty = 'no'
    if (what === 'no') return queue.settled()
    return queue.enqueue(async () => {
      try {
        // As it is now: what another page did may have come in since this was asked for.
        const newest = session.conversation.get().id === conversation.id ? session.conversation.get() : conversation
        const reply = what === 'reply' ? streamingReplies(newest).at(-1) : undefined
        if (reply !== undefined) await store.saveReply(newest.id, reply)
        else await saveAll(newest)
        queue.clearError()
      } catch (error) {
        if (seen.id === conversation.id && dirty === 'no') dirty = 'all' // tried again with the next change
        throw error
      }
    })
  }

  async function saveAll(conversation: Conversation): Promise<void> {
    if (conversation.nodes.length === 0) {
      await store.delete(conversation.id)
      summaries.deleted(conversation.id)
      return
    }
    const stored = await store.save(conversation)
    summaries.saved(stored, saved)
    if (session.conversation.get().id !== stored.id) return
    if (stored === conversation) {
      saved = stored
      return
    }
    const now = session.conversation.get()
    saved = now === conversation ? stored : merged(now, stored)
    session.change(() => saved ?? now)
  }

  /** What this page has and what is stored; the reply that this page writes stays as it is here. */
  function merged(here: Conversation, stored: Conversation): Conversation {
    return mergeConversations(here, stored, session.run.get()?.replyId, saved)
  }

  function flush(): Promise<void> {
    return saveNow(seen)
  }

  const unlisten = session.conversation.listen(onConversation)
  return {
    open(stored) {
      seen = stored
      saved = stored
      session.open(stored)
    },
    merge(stored) {
      const both = merged(session.conversation.get(), stored)
      if (dirty === 'no') saved = both
      session.change(() => both)
    },
    flush,
    close: unlisten,
  }
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
