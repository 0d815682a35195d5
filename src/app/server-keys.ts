import type { ReadableAtom } from 'nanostores'
import type { StorageMode } from '../state/privacy.ts'
import type { KeyState } from '../state/servers.ts'
import { hasLetGoOfStorage } from '../storage/let-go.ts'

const STORED = 'second-thought.server-keys'

/** The keys for servers, by the servers' addresses. */
export interface ServerKeys {
  keyFor(address: string): string | undefined
  stateOf(address: string): KeyState
  /** @returns Whether it was kept, if it was to be. */
  set(address: string, key: string, isKept: boolean): boolean
  /** Forgets the keys for some addresses. */
  forget(addresses: readonly string[]): void
}

/**
 * In memory, unless the user wants one kept: then in this browser's `localStorage`, as it is. Who keeps chats encrypted or not at all has
 * no key there: what was kept moves into memory.
 * @param mode - How chats are stored; absent where the browser stores nothing.
 */
export function createServerKeys(mode?: ReadableAtom<StorageMode>): ServerKeys {
  const inMemory = new Map<string, string>()
  mode?.subscribe((now) => {
    if (now === 'keep') return
    for (const [address, key] of stored()) inMemory.set(address, key)
    store(new Map())
  })

  return {
    keyFor: (address) => inMemory.get(address) ?? stored().get(address),
    stateOf: (address) => (stored().has(address) ? 'kept' : inMemory.has(address) ? 'memory' : 'none'),
    set(address, key, isKept) {
      inMemory.delete(address)
      const others = stored()
      others.delete(address)
      const mayKeep = (mode?.get() ?? 'keep') === 'keep'
      if (key !== '' && isKept && mayKeep) others.set(address, key)
      const isDone = store(others) && mayKeep
      if (key !== '' && !(isKept && isDone)) inMemory.set(address, key)
      return isDone || !isKept
    },
    forget(addresses) {
      const kept = stored()
      const wereKept = addresses.filter((address) => kept.delete(address))
      if (wereKept.length > 0) store(kept)
      for (const address of addresses) inMemory.delete(address)
    },
  }
}

function stored(): Map<string, string> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORED) ?? '{}')
    if (typeof value !== 'object' || value === null) return new Map()
    return new Map(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return new Map() // nothing is stored, or nothing that can be read
  }
}

/** @returns False where the browser stores nothing. */
function store(keys: ReadonlyMap<string, string>): boolean {
  try {
    if (keys.size === 0 || hasLetGoOfStorage()) localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, JSON.stringify(Object.fromEntries(keys)))
    return true
  } catch {
    return false
  }
}
