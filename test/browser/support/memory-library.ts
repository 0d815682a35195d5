import { addReply, addUserMessage, createConversation, finishReply } from '../../../src/core/chat/conversation.ts'
import type { Conversation } from '../../../src/core/chat/conversation.ts'
import type { ConversationStore } from '../../../src/core/chat/conversation-store.ts'
import type { ReflectionError } from '../../../src/core/errors.ts'
import { createChatLibrary } from '../../../src/state/chat-library.ts'
import { createChatSession } from '../../../src/state/chat-session.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { chatKey } from '../../../src/storage/chat-records.ts'
import { createMemoryRecords } from '../../../src/storage/memory-records.ts'
import { shareMemoryConversations } from '../../../src/storage/memory-conversations.ts'
import { appendToReply } from '../../fakes/append-to-reply.ts'
import { createScriptedEngine } from '../../fakes/scripted-engine.ts'

export interface MemoryLibrarySetting {
  readonly chats?: readonly Conversation[]
  readonly store?: (store: ConversationStore) => ConversationStore
  /** Something stored that is no chat. */
  readonly broken?: unknown
}

/** A chat of one question and its reply. */
export function chat(question: string, thinking = '', answer = '', title?: string): Conversation {
  const asked = addUserMessage(createConversation(), question)
  const replied = addReply(asked, { modelId: 'scripted', revision: 'one' })
  const reply = replied.nodes.at(-1)?.id ?? ''
  const text = `<thinking>${thinking}</thinking><output>${answer}</output>`
  const ended = finishReply(appendToReply(replied, reply, text), reply, { status: 'interrupted' })
  return { ...ended, ...(title === undefined ? {} : { title }) }
}

export const THREE = [
  chat('Which is larger, 9.9 or 9.11?', 'I compare the tenths.', 'It is 9.9.'),
  chat('Sort three numbers', 'I find the smallest.', 'Here: **one**, two, three.'),
  chat('What is 47 * 38?', 'I multiply.', '1786'),
]

/** A library over a store in memory. */
export async function createMemoryLibrary({
  chats = THREE,
  store: change = (store) => store,
  broken,
}: MemoryLibrarySetting = {}) {
  const records = createMemoryRecords()
  const store = change(shareMemoryConversations(records)())
  for (const conversation of chats) {
    await store.save(conversation)
    await new Promise((resolve) => setTimeout(resolve, 2)) // so that one is the last updated
  }
  if (broken !== undefined) {
    await records.transact('readwrite', async (table) => table.put(chatKey('broken'), broken))
  }
  const engine = createScriptedEngine({ replies: [] })
  const session = createChatSession(engine, createModelLoader(engine))
  const library = createChatLibrary(store, session)
  return { store, session, library }
}

/** Chats that cannot be read. */
export function failing(error: ReflectionError): AsyncIterable<Conversation> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }
}
