/** Carries messages to the other pages of this site, never back to the one that posts them. */
export interface PageChannel {
  post(message: object | string): void
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
