/** What can be done with records inside a transaction. Nothing else may be awaited there: the transaction would end. */
export interface RecordTable {
  /** Undefined when there is none. */
  get(key: string): Promise<unknown>
  has(key: string): Promise<boolean>
  /** Keys that begin with `prefix`, in order. @param prefix - Ends with a colon. */
  keys(prefix: string): Promise<string[]>
  /** Keys of all records, in order. */
  allKeys(): Promise<string[]>
  /** Keys and values of the records whose keys begin with `prefix`, in order. @param prefix - Ends with a colon. */
  entries(prefix: string): Promise<[key: string, value: unknown][]>
  put(key: string, value: unknown): void
  delete(key: string): void
}

/** Values of any shape under keys; several pages may use them at the same time. */
export interface Records {
  /**
   * Does all of `work` or, when it throws, nothing of it, with no other transaction in between. `work` may be called twice, because the
   * browser may close a database at any moment.
   * @throws {ReflectionError} `storage-full` or `storage-unreadable`.
   */
  transact<Value>(mode: 'readonly' | 'readwrite', work: (table: RecordTable) => Promise<Value>): Promise<Value>
  /** Tells that all of them were deleted, by this page or another one or by the browser; absent where that never happens. @returns Ends it. */
  readonly onCleared?: ((listener: () => void) => () => void) | undefined
}
