import { atom, type ReadableAtom } from 'nanostores'
import { ReflectionError } from '../../core/errors.ts'

/** Calls of the store, of which no failure is lost: `error` tells the last one. */
export interface StorageQueue {
  /** Why storage failed the last time; absent while it works. */
  readonly error: ReadableAtom<ReflectionError | undefined>
  /** Changes something in the store, after all that was queued before. Never rejects. */
  enqueue(task: () => Promise<void>): Promise<void>
  /** Reads from the store at once. @returns Undefined when that fails; never rejects. */
  attempt<Value>(ask: () => Promise<Value>): Promise<Value | undefined>
  /** Something was stored, so storage works again. */
  clearError(): void
  setError(error: unknown): void
  /** Resolves when all that was queued is done. */
  settled(): Promise<void>
}

/** An empty queue; storage counts as working until a call fails. */
export function createStorageQueue(): StorageQueue {
  const $error = atom<ReflectionError | undefined>(undefined)
  let last: Promise<void> = Promise.resolve()
  const setError = (error: unknown) => $error.set(ReflectionError.from(error, 'storage-unreadable'))
  return {
    error: $error,
    enqueue(task) {
      last = last.then(task).then(() => undefined, setError)
      return last
    },
    async attempt(ask) {
      try {
        return await ask()
      } catch (error) {
        setError(error)
        return undefined
      }
    },
    clearError: () => $error.set(undefined),
    setError,
    settled: () => last,
  }
}
