import { atom } from 'nanostores'
import { expect, test } from 'vitest'
import { followRoute } from '../../src/app/follow-route.ts'
import { createChatLibrary } from '../../src/state/chat-library.ts'
import { createChatSession } from '../../src/state/chat-session.ts'
import { createModelLoader } from '../../src/state/model-loader.ts'
import type { Route } from '../../src/state/route.ts'
import { shareMemoryConversations } from '../../src/storage/memory-conversations.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../fakes/scripted-engine.ts'

test('a chat that was begun before the address was read stays, has its address, and the next one comes by it', async () => {
  history.replaceState(null, '', '#/')
  const engine = createScriptedEngine({ replies: ['It is 9.'] })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  const library = createChatLibrary(shareMemoryConversations()(), session)
  await loader.load(SCRIPTED_MODEL)
  const asked = session.ask('What is 5 + 4?')
  const begun = session.conversation.get()

  const route = atom<Route>({ page: 'chat' })
  const missing: string[] = []
  const reveal = atom<string | undefined>(undefined)
  await followRoute({ route, session, library, reveal, onMissing: (why) => missing.push(why) })
  await asked
  const { id, nodes } = session.conversation.get()
  expect([id, nodes.map(({ content }) => content)]).toEqual([begun.id, ['What is 5 + 4?', 'It is 9.']])
  expect([route.get(), location.hash]).toEqual([{ page: 'chat', chatId: id }, `#/chat/${id}`])

  location.hash = '#/'
  await expect.poll(() => session.conversation.get().nodes).toEqual([])
  await library.flush()
  history.back()
  await expect.poll(() => session.conversation.get().id).toBe(id)
  expect(missing).toEqual([])
})
