import { atom } from 'nanostores'
import { EMPTY_DRAFT } from '../../src/core/chat/message-draft.ts'
import type { ChatSession } from '../../src/state/chat-session.ts'
import type { ModelLoader } from '../../src/state/model-loader.ts'
import type { ThinkingMode } from '../../src/state/preferences.ts'
import type { ChatParts } from '../../src/ui/chat/mount-chat.ts'
import { ENGLISH } from './english.ts'

/** What a chat alone needs beside its loader and session, on a page without settings and other chats. */
export function chatParts(loader: ModelLoader, session: ChatSession, thinking: ThinkingMode = 'standard'): ChatParts {
  return {
    loader,
    session,
    locale: atom(ENGLISH),
    thinking: atom(thinking),
    chatCount: atom(1),
    onThinking: () => undefined,
    writtenElsewhere: atom(new Set<string>()),
    draft: atom(EMPTY_DRAFT),
    rewordings: atom({}),
    reveal: atom(undefined),
    onLoadOther: (model) => void loader.load(model),
    fetchPart: (part) => part,
  }
}
