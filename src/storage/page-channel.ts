/** Carries messages to the other pages of this site, never back to the one that posts them. */
export interface PageChannel {
  post(message: object): void
  /** What arrives may come from another version of this page: look at it before use. @returns Ends the subscription. */
  subscribe(listener: (message: unknown) => void): () => void
}

/** Opens a channel between the pages of this site that use the same name; in a browser without such channels nothing arrives. */
export function openPageChannel(name: string): PageChannel {
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    post: (message) => channel?.postMessage(message),
    subscribe(listener) {
      const onMessage = ({ data }: MessageEvent<unknown>) => listener(data)
      channel?.addEventListener('message', onMessage)
      return () => channel?.removeEventListener('message', onMessage)
    },
  }
}

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
