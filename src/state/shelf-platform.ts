/** What the shelf of models asks of the browser itself. */
export interface ShelfPlatform {
  /** Asks the browser to keep what the page stores even when space runs short; it may ask the user, and may decline. */
  persist(): Promise<void>
  /**
   * Watches what the page's Content-Security-Policy forbids to fetch.
   * @returns Ends the watch and tells whether an address of that origin was among it.
   */
  watchPolicy(origin: string): () => Promise<boolean>
}

export const browserPlatform: ShelfPlatform = {
  async persist() {
    const { storage } = navigator as { storage?: StorageManager } // only in secure contexts
    if (storage !== undefined && !(await storage.persisted())) await storage.persist()
  },

  watchPolicy(origin) {
    let isBlocked = false
    const onViolation = ({ blockedURI }: SecurityPolicyViolationEvent) => {
      isBlocked ||= blockedURI.startsWith(origin)
    }
    document.addEventListener('securitypolicyviolation', onViolation)
    return async () => {
      await new Promise((resolve) => setTimeout(resolve, 50)) // the event is told apart from the failed request
      document.removeEventListener('securitypolicyviolation', onViolation)
      return isBlocked
    }
  },
}
