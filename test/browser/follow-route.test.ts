import { atom } from 'nanostores'
import { expect, onTestFinished, test, vi } from 'vitest'
import { followRoute, type RouteParts } from '../../src/app/follow-route.ts'
import { createChatLibrary } from '../../src/state/chat-library.ts'
import { createChatSession } from '../../src/state/chat-session.ts'
import { createModelLoader } from '../../src/state/model-loader.ts'
import type { Route } from '../../src/state/route.ts'
import { shareMemoryConversations } from '../../src/storage/memory-conversations.ts'
import { createScriptedEngine, SCRIPTED_MODEL } from '../fakes/scripted-engine.ts'

/** A page follows its address as long as it is there; here, as long as the test. */
async function follow(parts: RouteParts): Promise<void> {
  const listen = vi.spyOn(window, 'addEventListener')
  const following = followRoute(parts)
  const heard = listen.mock.calls.filter(([type]) => type === 'hashchange')
  listen.mockRestore()
  onTestFinished(() => heard.forEach(([type, listener]) => window.removeEventListener(type, listener)))
  await following
}

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
  await follow({ route, session, library, reveal, onMissing: (why) => missing.push(why) })
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

test('a link to a message leads there each time, and leaves an address that a reload takes to what was chosen since', async () => {
  const engine = createScriptedEngine({ replies: ['It is 9.'] })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  const library = createChatLibrary(shareMemoryConversations()(), session)
  await loader.load(SCRIPTED_MODEL)
  await session.ask('What is 5 + 4?')
  await library.flush()
  const { id, nodes } = session.conversation.get()
  const [, first] = nodes
  history.replaceState(null, '', `#/chat/${id}/${first?.id}`)
  const route = atom<Route>({ page: 'chat' })
  const reveal = atom<string | undefined>(undefined)
  await follow({ route, session, library, reveal, onMissing: () => undefined })
  expect(reveal.get()).toBe(first?.id)
  expect([route.get(), location.hash]).toEqual([{ page: 'chat', chatId: id }, `#/chat/${id}`])

  await session.regenerate(first?.id ?? '')
  const newest = session.conversation.get()
  expect(location.hash).toBe(`#/chat/${id}`) // what a reload shows, which is the newest reply
  reveal.set(undefined)
  location.hash = `#/chat/${id}/${first?.id}`
  await expect.poll(() => reveal.get()).toBe(first?.id)
  expect(session.conversation.get().chosen).not.toEqual(newest.chosen)
  reveal.set(undefined)
  location.hash = `#/chat/${id}/${first?.id}`
  await expect.poll(() => reveal.get()).toBe(first?.id)
  expect(location.hash).toBe(`#/chat/${id}`)
})
