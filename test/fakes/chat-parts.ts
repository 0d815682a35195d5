import { atom } from 'nanostores'
import type { ChatSession } from '../../src/state/chat-session.ts'
import type { ThinkingMode } from '../../src/state/preferences.ts'
import type { ChatParts } from '../../src/ui/chat/mount-chat.ts'
import { ENGLISH } from '../../src/ui/words/locales.ts'

/** What a chat alone needs beside its session, on a page without settings and other chats. */
export function chatParts(session: ChatSession, thinking: ThinkingMode = 'standard'): ChatParts {
  return {
    session,
    locale: atom(ENGLISH),
    thinking: atom(thinking),
    writtenElsewhere: atom(new Set<string>()),
    draft: atom(''),
    reveal: atom(undefined),
    onLoadOther: (model) => void session.load(model),
    fetchPart: (part) => part,
  }
}
