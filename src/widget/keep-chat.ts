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
 * Keeps the chat of a session under a key: shows what is stored there, and stores what changes. As long as the chat is empty, it shows what
 * another page of the site stores under that key. One place holds one chat, so that nothing of two pages is lost in it:
 * - What another page stored of the same chat is merged in.
 * - What another page stored of another chat, since this one looked last, comes into this one when it is stored next, as another version of
 *   its beginning. A chat that this page has shown gives way to the next one, as when it is cleared.
 *
 * What cannot be read is put aside under another key.
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
  let known: string | null = null // what lies there, as this page wrote it or took it in

  function attempt<Value>(code: 'storage-full' | 'storage-unreadable', use: () => Value): Value | undefined {
    try {
      return use()
    } catch (cause) {
      if (!told.has(code)) onProblem(new ReflectionError(code, 'The browser does not keep the chat.', { cause }))
      told.add(code)
      return undefined
    }
  }

  /** What another page, or an earlier one, stored since this one looked last; undefined for nothing. Replies in it may be written there still. */
  function readNews(): { readonly text: string; readonly chat: Conversation } | undefined {
    const text = attempt('storage-unreadable', () => storage().getItem(key)) ?? null
    if (text === null || text === known) return undefined
    const chat = parseConversation(text)
    if (chat !== undefined) return { text, chat: interruptStreaming(chat) }
    attempt('storage-unreadable', () => {
      storage().setItem(`${key}.unreadable`, text)
      storage().removeItem(key)
      throw new TypeError(`What is stored as ${key} is no chat; it was put aside as ${key}.unreadable.`)
    })
    return undefined
  }

  /** Takes in what is new there. */
  function look(): void {
    const mine = session.conversation.get()
    const news = readNews()
    if (news === undefined) return
    const { text, chat } = news
    known = text
    if (mine.nodes.length === 0) session.open(chat)
    else {
      const isSame = chat.id === mine.id
      const base = isSame ? stored : chat // of another chat, no name and no instructions
      const both = mergeConversations(mine, chat, session.run.get()?.replyId, base)
      session.change(() => both)
      if (!isSame || mine !== stored) return
    }
    stored = session.conversation.get() // there is nothing to store
  }

  function write(): void {
    clearTimeout(timer)
    timer = undefined
    if (session.conversation.get() === stored) return
    look()
    const now = session.conversation.get()
    if (now === stored) return
    stored = now
    const text = now.nodes.length === 0 ? null : JSON.stringify(now)
    attempt('storage-full', () => {
      if (text === null) storage().removeItem(key)
      else storage().setItem(key, text)
      known = text
    })
  }

  /** Another page stored something. A chat of its own stays apart from that until it is stored. */
  function onStorage(event: StorageEvent): void {
    if (event.key !== key) return
    const { id, nodes } = session.conversation.get()
    if (nodes.length === 0 || parseConversation(event.newValue ?? '')?.id === id) look()
  }

  if (session.conversation.get().nodes.length === 0) look()
  const unlisten = session.conversation.listen(() => (timer ??= setTimeout(write, WAITS_MS)))
  const life = new AbortController()
  globalThis.addEventListener('storage', onStorage, { signal: life.signal })
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
