import type { PageChannel } from './page-channel.ts'

/** A hub inside one page whose members hear each other as if each were a page. @returns Joins one more member. */
export function createPageHub(): () => PageChannel {
  const members = new Set<Set<(message: unknown) => void>>()
  return () => {
    const listeners = new Set<(message: unknown) => void>()
    members.add(listeners)
    return {
      post(message) {
        for (const others of members) {
          if (others !== listeners) others.forEach((listener) => queueMicrotask(() => listener(message)))
        }
      },
      subscribe(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    }
  }
}
