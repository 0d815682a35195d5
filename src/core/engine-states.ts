import type { EngineState } from './engine.ts'

/** Where an engine is, and who wants to know. */
export interface EngineStates {
  readonly current: EngineState
  /** Tells everyone. */
  set(next: EngineState): void
  /** As `Engine.subscribe`. */
  subscribe(listener: (state: EngineState) => void): () => void
  /** Nobody is told any more. */
  clear(): void
}

export function createEngineStates(first: EngineState): EngineStates {
  const listeners = new Set<(state: EngineState) => void>()
  let current = first
  return {
    get current() {
      return current
    },
    set(next) {
      current = next
      for (const listener of listeners) listener(next)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    clear: () => listeners.clear(),
  }
}
