import { atom } from 'nanostores'
import { afterEach, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import '../../src/ui/app/app-page.css'
import { EMPTY_DRAFT } from '../../src/core/chat/message-draft.ts'
import type { ConversationStore } from '../../src/core/chat/conversation-store.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import { createChatLibrary } from '../../src/state/chat-library.ts'
import { createChatSession } from '../../src/state/chat-session.ts'
import { createModelCatalog } from '../../src/state/model-catalog.ts'
import { createModelLoader } from '../../src/state/model-loader.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../src/state/preferences.ts'
import type { Route } from '../../src/state/route.ts'
import { shareMemoryConversations } from '../../src/storage/memory-conversations.ts'
import { mountApp } from '../../src/ui/app/mount-app.ts'
import type { Notice } from '../../src/ui/app/notice-bar.ts'
import { ENGLISH } from '../fakes/english.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../fakes/scripted-engine.ts'
import { button, find, textOf, until } from './support/elements.ts'

let life = new AbortController()
afterEach(() => {
  life.abort()
  document.body.replaceChildren()
})

/** The whole page over a store in memory whose disk may be full. */
async function open(page: Route['page'], replies: Script['replies'] = ['It is 9.'], model = SCRIPTED_MODEL) {
  life = new AbortController()
  const engine = createScriptedEngine({ replies })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  const store = shareMemoryConversations()()
  const disk = { isFull: false }
  const save: ConversationStore['save'] = (...saved) =>
    disk.isFull ? Promise.reject(new ReflectionError('storage-full', 'No room.')) : store.save(...saved)
  const library = createChatLibrary({ ...store, save }, session)
  const preferences = atom<Preferences>(DEFAULT_PREFERENCES)
  const catalog = createModelCatalog({ engine, loader, preferences, resolve: async () => SCRIPTED_MODEL })
  const route = atom<Route>({ page })
  const notices = atom<readonly Notice[]>([])
  const root = document.createElement('div')
  document.body.append(root)
  const servers = () => Promise.reject(new TypeError('not here'))
  const parts = { loader, session, library, catalog, servers, preferences, locale: atom(ENGLISH), route, notices }
  mountApp(
    root,
    {
      ...parts,
      reveal: atom(undefined),
      draft: atom(EMPTY_DRAFT),
      rewordings: atom({}),
      offline: atom(undefined),
      openRequests: servers,
      onAutomatic: () => undefined,
      onClear: () => undefined,
      fetchPart: (part) => part.catch(() => undefined),
    },
    { signal: life.signal },
  )
  await loader.load(model)
  const place = page === 'models' ? '.models-region h2' : '.composer textarea'
  await until(() => root.querySelector(place) !== null)
  return { root, session, library, notices, disk, hasFocus: () => document.activeElement === find(root, place) }
}

test.each([
  ['chat', 'Skip to the message field'],
  ['models', 'Skip to the models'],
] as const)('on the page of the %s, "%s" leads there', async (page, name) => {
  const { root, hasFocus } = await open(page)
  const skip = find(root, '.skip')
  expect(textOf(skip)).toBe(name)
  skip.focus()
  await userEvent.keyboard('{Enter}')
  expect(hasFocus()).toBe(true)
})

test.each(['chat', 'models'] as const)(
  'on the page of the %s, a notice that is dismissed leaves the focus there',
  async (page) => {
    const { root, notices, hasFocus } = await open(page)
    notices.set(['no-such-chat'])
    await until(() => root.querySelector('.bar') !== null)
    button(find(root, '.bar'), 'Dismiss').focus()
    await userEvent.keyboard('{Enter}')
    await until(() => root.querySelector('.bar') === null)
    expect(hasFocus()).toBe(true)
  },
)

test.each(['chat', 'models'] as const)(
  'on the page of the %s, what is saved when it is tried again leaves the focus there, and what is not, on the button',
  async (page) => {
    const { root, session, library, disk, hasFocus } = await open(page)
    disk.isFull = true
    await session.ask('What is 5 + 4?')
    await library.flush()
    await until(() => root.querySelector('.failure-bar') !== null)
    const again = button(find(root, '.failure-bar'), 'Try again')
    again.focus()
    await userEvent.keyboard('{Enter}')
    await library.flush()
    expect(document.activeElement).toBe(again)
    disk.isFull = false
    await userEvent.keyboard('{Enter}')
    await until(() => root.querySelector('.failure-bar') === null)
    expect(hasFocus()).toBe(true)
  },
)

const SKILLS = [
  'putting people into rows',
  'sorting long numbers',
  'answering in unbelievablylongwords',
  'comparing',
].map((task) => ({
  task,
  examples: [`A question about ${task}, which is neither short nor long?`],
}))

test.each([1280, 1024, 360])('cards with long titles stay beside each other: %d pixels', async (width) => {
  const { root } = await open('chat', [], { ...SCRIPTED_MODEL, skills: SKILLS })
  await until(() => root.querySelector('.examples') !== null)
  const page = find(root, '.page')
  page.style.width = `${width > 1000 ? width - 288 : width}px`
  const cards = [...root.querySelectorAll('.examples button')].map((card) => card.getBoundingClientRect())
  const { right: edge } = find(root, '.examples').getBoundingClientRect()
  const overlaps = cards.filter((one, at) => {
    const next = cards[at + 1]
    return one.right > edge + 0.5 || (next !== undefined && next.top === one.top && one.right > next.left)
  })
  expect(cards).toHaveLength(4)
  expect(overlaps).toEqual([])
  const titles = [...root.querySelectorAll<HTMLElement>('.example-kind span')]
  expect(titles.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)).toEqual([])
})

test('a card that is clicked leaves the focus in the field, where one goes on', async () => {
  const { root, hasFocus } = await open('chat', ['It is 9.'], { ...SCRIPTED_MODEL, skills: SKILLS })
  await until(() => root.querySelector('.examples') !== null)
  await userEvent.click(find(root, '.examples button'))
  await until(() => root.querySelector('.examples') === null)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(hasFocus()).toBe(true)
})

test('only a reply that fails before the eyes of the user is an alert', async () => {
  const error = new ReflectionError('model-broken', 'The model failed.')
  const replies = [{ text: '<thinking>I', error }]
  const engine = createScriptedEngine({ replies })
  const loader = createModelLoader(engine)
  await loader.load(SCRIPTED_MODEL)
  const before = createChatSession(engine, loader)
  for (const question of ['One?', 'Two?', 'Three?']) await before.ask(question)

  const { root, session } = await open('chat', replies)
  session.open(before.conversation.get())
  const failed = () => [...root.querySelectorAll('.reply .failure')]
  await until(() => failed().length === 3)
  expect(failed().map((failure) => failure.getAttribute('role'))).toEqual([null, null, null])
  await session.ask('Four?')
  await until(() => failed().length === 4)
  expect(failed().map((failure) => failure.getAttribute('role'))).toEqual([null, null, null, 'alert'])
})

test('a reply that has no room to go on stays as it was, and the page says why', async () => {
  const error = new ReflectionError('prompt-too-long', 'This reply cannot go on.')
  const replies: Script['replies'] = [{ text: 'It is', finishReason: 'length' }, { text: '', error }, ' 9.']
  const { root, session } = await open('chat', replies)
  await session.ask('What is 3 * 3?')
  await until(() => root.querySelector('.reply .notice button') !== null)
  find<HTMLButtonElement>(root, '.reply .notice button').click()
  await until(() => textOf(root).includes(error.message))
  expect(textOf(find(root, '.reply [role=alert]'))).toBe(error.message)
  expect(root.querySelector('.reply .failure')).toBeNull()
  find<HTMLButtonElement>(root, '.reply .notice button').click() // a larger window may be there by now
  await until(() => textOf(root).includes('It is 9.'))
  expect(root.querySelector('.reply [role=alert]')).toBeNull()
})
