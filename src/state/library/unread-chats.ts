import { atom, type ReadableAtom } from 'nanostores'
import type { ChatSession, CurrentRun } from '../chat-session.ts'

/** Chats whose reply came to its end in the background and that were not opened since. */
export interface UnreadChats {
  readonly unread: ReadableAtom<ReadonlySet<string>>
  /** Takes a chat out, as one that was deleted. */
  forget(chatId: string): void
  /** Ends the link to the session. */
  close(): void
}

/** Notes from now on which chats have news. A reply that the user stopped is none. */
export function noteUnread(session: ChatSession): UnreadChats {
  const $unread = atom<ReadonlySet<string>>(new Set())

  function forget(chatId: string): void {
    const unread = $unread.get()
    if (unread.has(chatId)) $unread.set(new Set([...unread].filter((id) => id !== chatId)))
  }

  const ends = [
    session.runs.listen((runs, before: ReadonlyMap<string, CurrentRun> = new Map()) => {
      const shown = session.conversation.get().id
      const ended = [...before].filter(([id, { isStopping }]) => !runs.has(id) && id !== shown && !isStopping)
      if (ended.length > 0) $unread.set(new Set([...$unread.get(), ...ended.map(([id]) => id)]))
    }),
    session.conversation.listen(({ id }) => forget(id)),
  ]
  return {
    unread: $unread,
    forget,
    close() {
      for (const end of ends) end()
    },
  }
}
