/** Asks the browser to keep what the page stores even when space runs short; it may ask the user, and may decline. */
export async function keepStorage(): Promise<void> {
  const { storage } = navigator as { storage?: StorageManager } // only in secure contexts
  if (storage !== undefined && !(await storage.persisted())) await storage.persist()
}
