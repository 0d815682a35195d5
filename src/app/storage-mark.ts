import type { SharedMark } from '../state/paused-downloads.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'

/**
 * A short text where the browser keeps it apart from its databases; where it keeps nothing, nothing is known the next time.
 * @param name - Of what is noted. It says nothing of what was written: it is stored as it is, however chats are kept. `server-keys` are here
 * to be seen, not to be written (`server-keys.ts`).
 */
export function storageMark(name: 'models' | 'paused' | 'server-keys'): SharedMark {
  const key = `second-thought.${name}`
  return {
    read: () => attempt(() => localStorage.getItem(key)) ?? null,
    write: (text) => void (hasLetGoOfStorage() || attempt(() => localStorage.setItem(key, text))),
    listen(listener) {
      const onStorage = (event: StorageEvent) => event.key === key && listener()
      window.addEventListener('storage', onStorage)
      return () => window.removeEventListener('storage', onStorage)
    },
  }
}

function attempt<Value>(use: () => Value): Value | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
