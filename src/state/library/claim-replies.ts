import type { ConversationStore } from '../../core/chat/conversation-store.ts'
import type { ChatSession } from '../chat-session.ts'
import type { StorageQueue } from './storage-queue.ts'

/**
 * Claims each reply that this page writes, so that other pages know it is being written, and gives it back once its end is saved.
 * @param flush - Saves what is not saved yet.
 * @returns Ends the link to the session.
 */
export function claimReplies(
  store: ConversationStore,
  session: ChatSession,
  queue: StorageQueue,
  flush: () => Promise<void>,
): () => void {
  let release: Promise<() => void> | undefined
  return session.run.listen((run, before) => {
    if (run?.replyId === before?.replyId) return
    const ended = release
    release = run === undefined ? undefined : store.claim(run.replyId)
    release?.catch(queue.setError)
    if (ended !== undefined) void flush().then(async () => (await ended)())
  })
}
