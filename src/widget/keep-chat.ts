import { conversationProblem } from '../core/chat/conversation-problem.ts'
import { interruptStreaming, type Conversation } from '../core/chat/conversation.ts'
import { mergeConversations } from '../core/chat/merge-conversations.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ChatSession } from '../state/chat-session.ts'

/** How long a chat that changes waits before it is stored, milliseconds. */
const WAITS_MS = 500

/** A chat that the browser keeps for this tab, or for the site. */
export interface KeptChat {
  /** Stores what is not stored yet, and ends. */
  close(): void
}

/**
 * Keeps the chat of a session under a key: shows what is stored there, and stores what changes. What another page stored under the same
 * key meanwhile is merged in, not lost. What cannot be read is put aside under another key.
 * @param onProblem - Told once of each kind of `storage-full` and `storage-unreadable`; the chat goes on without.
 */
export function keepChat(
  storage: () => Storage,
  key: string,
  session: ChatSession,
  onProblem: (error: ReflectionError) => void,
): KeptChat {
  const told = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stored: Conversation | undefined // as of the last time

  function attempt<Value>(code: 'storage-full' | 'storage-unreadable', use: () => Value): Value | undefined {
    try {
      return use()
    } catch (cause) {
      if (!told.has(code)) onProblem(new ReflectionError(code, 'The browser does not keep the chat.', { cause }))
      told.add(code)
      return undefined
    }
  }

  function read(): Conversation | undefined {
    const text = attempt('storage-unreadable', () => storage().getItem(key)) ?? null
    if (text === null) return undefined
    const found = parseConversation(text)
    if (found !== undefined) return found
    attempt('storage-unreadable', () => {
      storage().setItem(`${key}.unreadable`, text)
      storage().removeItem(key)
      throw new TypeError(`What is stored as ${key} is no chat; it was put aside as ${key}.unreadable.`)
    })
    return undefined
  }

  function write(): void {
    clearTimeout(timer)
    timer = undefined
    const mine = session.conversation.get()
    if (mine === stored) return
    const other = read()
    const next = other?.id === mine.id ? mergeConversations(mine, other, session.run.get()?.replyId, stored) : mine
    stored = mine
    if (mine.nodes.length === 0) attempt('storage-full', () => storage().removeItem(key))
    else attempt('storage-full', () => storage().setItem(key, JSON.stringify(next)))
  }

  const kept = read()
  if (kept !== undefined && session.conversation.get().nodes.length === 0) {
    stored = interruptStreaming(kept)
    session.open(stored)
  }
  const unlisten = session.conversation.listen(() => (timer ??= setTimeout(write, WAITS_MS)))
  const life = new AbortController()
  globalThis.addEventListener('pagehide', write, { signal: life.signal })
  return {
    close() {
      write()
      unlisten()
      life.abort()
    },
  }
}

/** A chat that was stored as JSON; undefined for what is none. */
export function parseConversation(text: string): Conversation | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return conversationProblem(value) === undefined ? (value as Conversation) : undefined
  } catch {
    return undefined
  }
}
