import type { ReadableAtom } from 'nanostores'
import type { ChatSummary } from '../../core/chat/conversation-store.ts'
import type { Conversation } from '../../core/chat/conversation.ts'
import { createChatSearch, type ChatMatch } from '../../core/chat/search-chats.ts'
import type { ChatList } from './chat-summaries.ts'

/** A chat that a search found, and where in it. */
export interface SearchHit {
  readonly summary: ChatSummary
  readonly match: ChatMatch
}

/** Those of `chats` in which all words of `query` occur, as they are found; without what is not in the list. */
export async function* searchAll(
  chats: AsyncIterable<Conversation>,
  list: ReadableAtom<ChatList>,
  query: string,
  signal: AbortSignal,
): AsyncIterable<SearchHit> {
  const chatSearch = createChatSearch(query)
  for await (const conversation of chats) {
    if (signal.aborted) return
    const match = chatSearch.find(conversation)
    const summary = list.get().chats.find(({ id }) => id === conversation.id)
    if (match !== undefined && summary !== undefined) yield { summary, match }
  }
}
