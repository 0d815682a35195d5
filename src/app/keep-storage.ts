/** Whether the browser promised to keep what the page stores; false where it cannot. */
export async function isStorageKept(): Promise<boolean> {
  const { storage } = navigator as { storage?: StorageManager } // only in secure contexts
  return (await storage?.persisted()) === true
}

/** Asks the browser to keep what the page stores even when space runs short; it may ask the user, and may decline. */
export async function keepStorage(): Promise<void> {
  const { storage } = navigator as { storage?: StorageManager }
  if (storage !== undefined && !(await storage.persisted())) await storage.persist()
}
