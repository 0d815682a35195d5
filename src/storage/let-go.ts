let isOver = false

/**
 * From now on this page stores nothing: all that it had is being deleted, and nothing of it may come back. What is being written meanwhile
 * is deleted with the rest.
 */
export function letGoOfStorage(): void {
  isOver = true
}

/** Whether this page has let go of what is stored. */
export function hasLetGoOfStorage(): boolean {
  return isOver
}
