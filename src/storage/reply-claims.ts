import { toStorageError } from './storage-error.ts'

/** Says which reply is being written by some page. */
export interface ReplyClaims {
  /** Claims a reply, once nobody else does. @returns Gives the claim back; calling it again does nothing. */
  claim(replyId: string): Promise<() => void>
  isClaimed(replyId: string): Promise<boolean>
}

/** Claims that all pages of this site see, and that end with their page. Without Web Locks (no https) only this page sees them. */
export function openReplyClaims(): ReplyClaims {
  // Absent outside of secure contexts, whatever the type says.
  const locks: LockManager | undefined = navigator.locks
  return locks === undefined ? PAGE_CLAIMS : createLockClaims(locks)
}

function createLockClaims(locks: LockManager): ReplyClaims {
  const nameOf = (replyId: string) => `second-thought-reply:${replyId}`
  return {
    claim: (replyId) =>
      new Promise((resolve, reject) => {
        const held = locks.request(nameOf(replyId), () => new Promise<void>((release) => resolve(() => release())))
        held.catch((error: unknown) => reject(toStorageError(error)))
      }),
    async isClaimed(replyId) {
      try {
        const { held = [] } = await locks.query()
        return held.some(({ name }) => name === nameOf(replyId))
      } catch (error) {
        throw toStorageError(error)
      }
    },
  }
}

/** Claims that only those who share this object see. */
export function createPageClaims(): ReplyClaims {
  const waiting = new Map<string, Promise<void>>()
  return {
    async claim(replyId) {
      const before = waiting.get(replyId)
      let end: () => void = () => undefined
      const held = new Promise<void>((resolve) => (end = resolve))
      const last = (before ?? Promise.resolve()).then(() => held)
      waiting.set(replyId, last)
      await before
      return () => {
        end()
        if (waiting.get(replyId) === last) waiting.delete(replyId)
      }
    },
    isClaimed: async (replyId) => waiting.has(replyId),
  }
}

const PAGE_CLAIMS = createPageClaims()
