import { FormChanged } from './record-form.ts'
import type { Records } from './records.ts'

/** Records whose place can be changed under those who use them, who notice nothing of it. */
export interface SwitchableRecords extends Records {
  /** Calls wait from now on. Resolves when those that run have ended. */
  hold(): Promise<void>
  /** Calls go on, those that waited among them. @param records - Where from now on. Default: where before. */
  use(records?: Records): void
}

/** @param onChanged - The records are in another form by now. Calls wait until it has called `use`; it never rejects. */
export function switchRecords(first: Records, onChanged: () => Promise<void>): SwitchableRecords {
  let current = first
  /** Calls wait for it; absent while they need not. */
  let opened: Promise<void> | undefined
  let open: () => void = () => undefined
  const running = new Set<Promise<unknown>>()

  return {
    async transact(mode, work) {
      for (;;) {
        if (opened !== undefined) {
          await opened
          continue
        }
        const used = current
        const call = used.transact(mode, work)
        running.add(call)
        try {
          return await call
        } catch (error) {
          if (!(error instanceof FormChanged)) throw error
          running.delete(call)
          if (current === used) await onChanged()
        } finally {
          running.delete(call)
        }
      }
    },
    async hold() {
      opened ??= new Promise((resolve) => (open = resolve))
      await Promise.allSettled(running)
    },
    use(records = current) {
      current = records
      opened = undefined
      open()
    },
  }
}
