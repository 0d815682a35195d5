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
  const claims = new Map<string, Promise<() => void>>() // by reply
  return session.runs.listen((runs) => {
    const written = new Set([...runs.values()].map(({ replyId }) => replyId))
    for (const [replyId, release] of claims) {
      if (written.has(replyId)) continue
      claims.delete(replyId)
      void flush()
        .then(() => release)
        .then(
          (end) => end(),
          () => undefined,
        )
    }
    for (const replyId of written) {
      if (claims.has(replyId)) continue
      const claim = store.claim(replyId)
      claim.catch(queue.setError)
      claims.set(replyId, claim)
    }
  })
}
