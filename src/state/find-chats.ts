import { atom, type ReadableAtom } from 'nanostores'
import { ReflectionError } from '../core/errors.ts'
import type { ChatLibrary } from './chat-library.ts'
import type { SearchHit } from './library/search-all.ts'

/** What was found so far. */
export interface FoundChats {
  readonly query: string
  /** `done`: all chats were looked at. While it searches, the hits may still be those of the query before. */
  readonly status: 'searching' | 'done' | 'failed'
  readonly hits: readonly SearchHit[]
  /** Present when it failed. */
  readonly error?: ReflectionError
}

/** A search that follows what is typed. */
export interface ChatFinder {
  /** Undefined while nothing is looked for. */
  readonly found: ReadableAtom<FoundChats | undefined>
  /** Looks for chats when typing has paused; ends the search before. A blank query shows none. */
  look(query: string): void
  /** Ends a search that runs. */
  stop(): void
}

/** How long typing must pause, milliseconds. */
const PAUSE_MS = 150

/** How often hits are told while more are looked for, milliseconds. */
const TELL_INTERVAL_MS = 50

export function createChatFinder({ search }: Pick<ChatLibrary, 'search'>): ChatFinder {
  const $found = atom<FoundChats | undefined>(undefined)
  let running: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
    running?.abort()
  }

  async function run(query: string): Promise<void> {
    const control = new AbortController()
    running = control
    const hits: SearchHit[] = []
    let told = -Infinity
    const tell = (end: Pick<FoundChats, 'status' | 'error'>) => $found.set({ query, hits: [...hits], ...end })
    try {
      for await (const hit of search(query, control.signal)) {
        if (control.signal.aborted) return
        hits.push(hit)
        if (performance.now() - told < TELL_INTERVAL_MS) continue
        tell({ status: 'searching' })
        told = performance.now()
      }
      if (!control.signal.aborted) tell({ status: 'done' })
    } catch (error) {
      if (!control.signal.aborted) tell({ status: 'failed', error: ReflectionError.from(error) })
    }
  }

  return {
    found: $found,
    look(query) {
      stop()
      if (query.trim() === '') return $found.set(undefined)
      // What was found before stays until something new is: a list that comes and goes with each key cannot be read.
      $found.set({ query, status: 'searching', hits: $found.get()?.hits ?? [] })
      timer = setTimeout(() => void run(query), PAUSE_MS)
    },
    stop,
  }
}
