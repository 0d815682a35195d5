/** Where a page keeps what the user chose. Calls may reject with a `ReflectionError`: `storage-full` or `storage-unreadable`. */
export interface PreferenceStore {
  /** What was written last, of a shape that nobody has checked; undefined when nothing was. */
  read(): Promise<unknown>
  write(value: object): Promise<void>
  /** Keeps a value that could not be used, and why, so that it is not lost. */
  keepUnreadable(value: unknown, reason: string): Promise<void>
  /** Tells that another page of this site wrote. @returns Ends the subscription. */
  subscribe(listener: () => void): () => void
}
