import { describe, expect, test } from 'vitest'
import { addUserMessage, currentPath, titleOf, type Conversation } from '../../../src/core/chat/conversation.ts'
import type { ConversationStore, StoreChange } from '../../../src/core/chat/conversation-store.ts'
import { ReflectionError } from '../../../src/core/errors.ts'
import { createChatLibrary, type ChatLibrary } from '../../../src/state/chat-library.ts'
import { createChatSession, type ChatSession } from '../../../src/state/chat-session.ts'
import { createModelLoader } from '../../../src/state/model-loader.ts'
import { chatKey } from '../../../src/storage/chat-records.ts'
import { createMemoryRecords } from '../../../src/storage/memory-records.ts'
import { shareMemoryConversations } from '../../../src/storage/memory-conversations.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type Script } from '../../fakes/scripted-engine.ts'

const GOOD = '<thinking>one<reflection>two</reflection></thinking><output>three</output>'

interface PageOfSite {
  readonly session: ChatSession
  readonly library: ChatLibrary
  readonly store: ConversationStore
}

/** A page over a store, with a model that is ready. */
async function openPage(store: ConversationStore, script: Partial<Script> = {}): Promise<PageOfSite> {
  const engine = createScriptedEngine({ replies: [GOOD], ...script })
  const loader = createModelLoader(engine)
  const session = createChatSession(engine, loader)
  const library = createChatLibrary(store, session)
  await library.start()
  await loader.load(SCRIPTED_MODEL)
  return { session, library, store }
}

const onePage = (script: Partial<Script> = {}) => openPage(shareMemoryConversations()(), script)

function texts(conversation: Conversation | undefined): string[] {
  return conversation === undefined ? [] : currentPath(conversation).map(({ content }) => content)
}

/** A pace that stands still from the piece with a number on, until it is let go. */
function stall(from: number): { pace: () => Promise<void>; go: () => void } {
  let count = 0
  let go = () => undefined as void
  const opened = new Promise<void>((resolve) => (go = resolve))
  return { pace: () => (++count > from ? opened : new Promise((resolve) => setTimeout(resolve, 0))), go }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('a chat', () => {
  test('is stored with its first message, listed, and there for another page', async () => {
    const open = shareMemoryConversations()
    const { session, library } = await openPage(open())
    expect(library.list.get()).toEqual({ status: 'ready', chats: [] })
    await session.ask('First?')
    await library.flush()
    expect(library.list.get().chats.map(({ title }) => title)).toEqual(['First?'])
    const other = await openPage(open())
    const { id } = session.conversation.get()
    expect(await other.library.open(id)).toBe('shown')
    expect(other.session.conversation.get()).toEqual(session.conversation.get())
  })

  test('that has nothing in it is not stored', async () => {
    const { library, store } = await onePage()
    library.create()
    await library.flush()
    expect(await store.list()).toEqual([])
  })

  test('whose first message is refused leaves nothing behind', async () => {
    const error = new ReflectionError('prompt-too-long', 'Too long.')
    const { session, library, store } = await onePage({ replies: [{ text: '', error }] })
    await expect(session.ask('Long')).rejects.toThrow('Too long.')
    await library.flush()
    expect(await store.list()).toEqual([])
    expect(library.list.get().chats).toEqual([])
  })

  test('is saved while its reply is written', async () => {
    const { pace, go } = stall(5)
    const { session, library, store } = await onePage({ pace })
    const asked = session.ask('First?')
    await until(() => (session.run.get() ? session.conversation.get().nodes.at(-1)?.content !== '' : false))
    await until(() => session.conversation.get().nodes.at(-1)?.content.includes('<reflection>') === true)
    await library.flush()
    const stored = await store.get(session.conversation.get().id)
    expect(texts(stored)).toEqual(['First?', session.conversation.get().nodes.at(-1)?.content])
    expect(stored?.nodes.at(-1)).toMatchObject({ status: 'streaming' })
    go()
    await asked
    await library.flush()
    expect((await store.get(session.conversation.get().id))?.nodes.at(-1)).toMatchObject({
      status: 'complete',
      content: GOOD,
    })
  })

  test('that a page left in mid-stream is opened as interrupted', async () => {
    const open = shareMemoryConversations()
    const store = open()
    const { session } = await onePage()
    await session.ask('First?')
    const whole = session.conversation.get()
    const nodes = whole.nodes.map((node) =>
      node.role === 'assistant' ? { ...node, status: 'streaming' as const, content: '<thinking>on' } : node,
    )
    await store.save({ ...whole, nodes })
    const page = await openPage(open())
    await page.library.open(whole.id)
    expect(page.session.conversation.get().nodes.at(-1)).toMatchObject({
      status: 'interrupted',
      content: '<thinking>on',
    })
    await page.library.flush()
    expect((await store.get(whole.id))?.nodes.at(-1)).toMatchObject({ status: 'interrupted' })
  })

  test('that is left for another one goes on, is saved to its end, and is unread until it is opened', async () => {
    const { pace, go } = stall(5)
    const { session, library, store } = await onePage({ pace })
    const asked = session.ask('First?')
    await until(() => session.conversation.get().nodes.at(-1)?.content.includes('<reflection>') === true)
    const { id } = session.conversation.get()
    library.create()
    await library.flush()
    expect(session.conversation.get().nodes).toEqual([])
    expect((await store.get(id))?.nodes.at(-1)).toMatchObject({ status: 'streaming' })
    const replyId = (await store.get(id))?.nodes.at(-1)?.id ?? ''
    expect(await store.isClaimed(replyId)).toBe(true)
    await library.rename(id, 'In the background')
    go()
    await asked
    await library.flush()
    expect((await store.get(id))?.nodes.at(-1)).toMatchObject({ status: 'complete', content: GOOD })
    expect(titleOf((await store.get(id))!)).toBe('In the background')
    await until(async () => !(await store.isClaimed(replyId)))
    expect([...library.unread.get()]).toEqual([id])
    expect(await library.open(id)).toBe('shown')
    expect(texts(session.conversation.get())).toEqual(['First?', GOOD])
    expect([...library.unread.get()]).toEqual([])
  })

  test('is shown as it grows when one goes back to it', async () => {
    const { pace, go } = stall(5)
    const { session, library } = await onePage({ pace })
    const asked = session.ask('First?')
    await until(() => session.conversation.get().nodes.at(-1)?.content.includes('<reflection>') === true)
    const { id } = session.conversation.get()
    library.create()
    expect(await library.open(id)).toBe('shown')
    expect(session.run.get()).toBeDefined()
    go()
    await asked
    expect(texts(session.conversation.get())).toEqual(['First?', GOOD])
    expect(library.unread.get().size).toBe(0)
  })

  test.each([
    ['here', 'in the background'],
    ['elsewhere', 'in the background'],
    ['here', 'in sight'],
    ['elsewhere', 'in sight'],
  ])('that is deleted %s while its reply is written %s stops that, and stays deleted', async (where, sight) => {
    const open = shareMemoryConversations()
    const { pace, go } = stall(5)
    const { session, library, store } = await openPage(open(), { pace })
    const asked = session.ask('First?')
    await until(() => session.conversation.get().nodes.at(-1)?.content.includes('<reflection>') === true)
    const { id } = session.conversation.get()
    if (sight === 'in the background') library.create()
    await library.flush()
    await (where === 'here' ? library : open()).delete(id)
    await expect.poll(() => session.runs.get().size).toBe(0)
    go() // by now the engine may stand still
    await Promise.all([asked, library.flush()])
    expect([await store.list(), library.list.get().chats, [...library.unread.get()]]).toEqual([[], [], []])
    expect(session.conversation.get().nodes).toEqual([])
  })

  test('that is not there cannot be opened', async () => {
    const { session, library } = await onePage()
    const before = session.conversation.get()
    expect(await library.open('nowhere')).toBe('missing')
    expect(session.conversation.get()).toBe(before)
  })

  test('that was damaged since it was listed is told as such, leaves the list, and what is stored of it is kept', async () => {
    const records = createMemoryRecords()
    const { session, library } = await openPage(shareMemoryConversations(records)())
    await session.ask('First?')
    await library.flush()
    const { id } = session.conversation.get()
    library.create()
    await records.transact('readwrite', async (table) => table.put(chatKey(id), { schema: 1, nodes: 'none' }))
    const before = session.conversation.get()
    expect(await library.open(id)).toBe('unreadable')
    expect(session.conversation.get()).toBe(before)
    expect(library.list.get().chats).toEqual([])
    expect(library.unreadable.get()).toMatchObject([{ chatId: id }])
    expect(await library.open(id)).toBe('unreadable') // as after a reload
  })

  test('that storage does not give is not said to be missing', async () => {
    const error = new ReflectionError('storage-unreadable', 'There is no storage.')
    const store = { ...shareMemoryConversations()(), get: () => Promise.reject(error) }
    const { library } = await openPage(store)
    expect(await library.open('any')).toBe('storage-failed')
    expect(library.storageError.get()).toBe(error)
  })

  test('is renamed, shown or not', async () => {
    const { session, library, store } = await onePage()
    await session.ask('First?')
    const { id } = session.conversation.get()
    await library.rename(id, 'Shown')
    expect(titleOf(session.conversation.get())).toBe('Shown')
    library.create()
    await library.rename(id, 'Not shown')
    expect((await store.list()).map(({ title }) => title)).toEqual(['Not shown'])
    expect(library.list.get().chats.map(({ title }) => title)).toEqual(['Not shown'])
  })

  test('that is deleted comes back whole', async () => {
    const { session, library, store } = await onePage()
    await session.ask('First?')
    await library.flush()
    const chat = session.conversation.get()
    await library.delete(chat.id)
    expect(await store.list()).toEqual([])
    expect(session.conversation.get().nodes).toEqual([])
    expect(library.deleted.get()?.title).toBe('First?')
    await library.undoDelete()
    expect(session.conversation.get()).toEqual(chat)
    expect(library.deleted.get()).toBeUndefined()
  })

  test('that is deleted just as another one is begun comes back whole, and what was begun stays', async () => {
    const { session, library } = await onePage()
    await session.ask('First?')
    await library.flush()
    const chat = session.conversation.get()
    const deleting = library.delete(chat.id)
    library.create()
    const begun = session.conversation.get()
    await deleting
    expect(session.conversation.get()).toBe(begun)
    expect(library.deleted.get()).toMatchObject({ title: 'First?', conversation: chat })
    await library.undoDelete()
    expect(session.conversation.get()).toEqual(chat)
  })

  test.each(['shown', 'not shown'])(
    'that comes back after a file brought it too, %s by then, has what either had',
    async (where) => {
      const { session, library, store } = await onePage()
      await session.ask('First?')
      await library.flush()
      const early = session.conversation.get()
      await session.ask('Second?')
      await library.flush()
      const chat = session.conversation.get()
      await library.delete(chat.id)
      const inFile = addUserMessage(early, 'From the file?', { id: 'from-file' })
      await library.add(inFile)
      if (where === 'shown') await library.open(chat.id)
      await library.undoDelete()
      const all = [...chat.nodes.map(({ id }) => id), 'from-file'].toSorted()
      const idsOf = (conversation: Conversation | undefined) => conversation?.nodes.map(({ id }) => id).toSorted()
      expect([idsOf(await store.get(chat.id)), idsOf(session.conversation.get())]).toEqual([all, all])
      await library.rename(chat.id, 'Both') // it goes on with all of it
      expect(idsOf(await store.get(chat.id))).toEqual(all)
    },
  )

  test('takes what else is kept of it along, and brings it back', async () => {
    const engine = createScriptedEngine({ replies: [GOOD] })
    const loader = createModelLoader(engine)
    const session = createChatSession(engine, loader)
    const told: string[] = []
    const library = createChatLibrary(shareMemoryConversations()(), session, undefined, (conversation) => {
      told.push(`${titleOf(conversation)} goes`)
      return () => told.push(`${titleOf(conversation)} is back`)
    })
    await loader.load(SCRIPTED_MODEL)
    await session.ask('First?')
    await library.delete(session.conversation.get().id)
    await library.undoDelete()
    await library.deleteAll()
    expect(told).toEqual(['First? goes', 'First? is back', 'First? goes'])
  })

  test('that comes back stands where it stood in the list', async () => {
    const { session, library, store } = await onePage()
    await session.ask('First?')
    const { id } = session.conversation.get()
    library.create()
    await session.ask('Second?')
    await library.flush()
    const before = await store.list()
    expect(before.map(({ title }) => title)).toEqual(['Second?', 'First?'])
    await library.delete(id)
    await library.undoDelete()
    expect(await store.list()).toEqual(before)
    expect(library.list.get().chats).toEqual(before)
  })
})

describe('two pages', () => {
  test('that write to one chat lose nothing of either, and each sees what the other did', async () => {
    const open = shareMemoryConversations()
    const first = await openPage(open())
    await first.session.ask('From the first')
    await first.library.flush()
    const { id } = first.session.conversation.get()
    const second = await openPage(open())
    await second.library.open(id)
    await second.session.ask('From the second')
    await second.library.flush()
    await until(() => texts(first.session.conversation.get()).join().endsWith(`From the second,${GOOD}`))
    await until(() => first.library.writtenElsewhere.get().size === 0)
    await first.session.ask('From the first again')
    await first.library.flush()
    await until(() => texts(second.session.conversation.get()).includes('From the first again'))
    expect(texts(await open().get(id))).toEqual([
      'From the first',
      GOOD,
      'From the second',
      GOOD,
      'From the first again',
      GOOD,
    ])
  })

  test('show a reply that one of them writes in the other, as long as it writes', async () => {
    const open = shareMemoryConversations()
    const { pace, go } = stall(5)
    const first = await openPage(open(), { pace })
    const asked = first.session.ask('First?')
    await until(() => first.session.conversation.get().nodes.at(-1)?.content.includes('<reflection>') === true)
    await first.library.flush()
    const replyId = first.session.run.get()?.replyId ?? ''
    const second = await openPage(open())
    await second.library.open(first.session.conversation.get().id)
    expect([...second.library.writtenElsewhere.get()]).toEqual([replyId])
    expect(second.session.conversation.get().nodes.at(-1)).toMatchObject({ status: 'streaming' })
    go()
    await asked
    await until(() => second.session.conversation.get().nodes.at(-1)?.content === GOOD)
    await until(() => second.library.writtenElsewhere.get().size === 0)
    expect(second.session.conversation.get().nodes.at(-1)).toMatchObject({ status: 'complete' })
  })

  test('delete a chat from both', async () => {
    const open = shareMemoryConversations()
    const first = await openPage(open())
    await first.session.ask('First?')
    await first.library.flush()
    const { id } = first.session.conversation.get()
    const second = await openPage(open())
    await second.library.delete(id)
    await until(() => first.library.list.get().chats.length === 0)
    expect(first.session.conversation.get().nodes).toEqual([])
  })
})

describe('storage that fails', () => {
  /** A page whose storage is full until it is not. */
  async function openFull() {
    const store = shareMemoryConversations()()
    const disk = { isFull: false }
    const save: ConversationStore['save'] = (...saved) =>
      disk.isFull ? Promise.reject(new ReflectionError('storage-full', 'No room.')) : store.save(...saved)
    return { ...(await openPage({ ...store, save })), disk }
  }

  test.each(['shown', 'left'])('keeps a chat away that was %s, could not be saved and was deleted', async (where) => {
    const { session, library, store, disk } = await openFull()
    await session.ask('First?')
    await library.flush()
    const { id } = session.conversation.get()
    disk.isFull = true
    await session.ask('Second?')
    const chat = session.conversation.get()
    await library.flush()
    expect(library.storageError.get()?.code).toBe('storage-full')
    if (where === 'left') library.create()
    await library.delete(id)
    disk.isFull = false
    await session.ask('In another chat?')
    await library.flush()
    expect((await store.list()).map(({ title }) => title)).toEqual(['In another chat?'])
    expect(library.list.get().chats.map(({ title }) => title)).toEqual(['In another chat?'])
    await library.undoDelete()
    expect(session.conversation.get()).toEqual(chat)
    expect(texts(await store.get(id))).toEqual(['First?', GOOD, 'Second?', GOOD])
  })

  test('keeps a deleted chat that could not be brought back, so that it can be tried again', async () => {
    const { session, library, store, disk } = await openFull()
    await session.ask('First?')
    await library.flush()
    const chat = session.conversation.get()
    await library.delete(chat.id)
    disk.isFull = true
    await library.undoDelete()
    expect(library.deleted.get()?.conversation).toEqual(chat)
    expect(library.storageError.get()?.code).toBe('storage-full')
    disk.isFull = false
    await library.undoDelete()
    expect(library.deleted.get()).toBeUndefined()
    expect(library.storageError.get()).toBeUndefined()
    expect(session.conversation.get()).toEqual(chat)
    expect(await store.get(chat.id)).toEqual(chat)
  })

  test('is told, and what could not be saved is saved with the next change', async () => {
    const store = shareMemoryConversations()()
    let isBroken = true
    const save: ConversationStore['save'] = (conversation) =>
      isBroken ? Promise.reject(new ReflectionError('storage-full', 'No room.')) : store.save(conversation)
    const { session, library } = await openPage({ ...store, save })
    await session.ask('First?')
    await library.flush()
    expect(library.storageError.get()?.code).toBe('storage-full')
    expect(texts(session.conversation.get())).toEqual(['First?', GOOD])
    isBroken = false
    await library.flush()
    expect(library.storageError.get()).toBeUndefined()
    expect(texts(await store.get(session.conversation.get().id))).toEqual(['First?', GOOD])
  })

  test('gives out chats as they are here where that could not be saved, also one that never was, and shows it', async () => {
    const { session, library, store, disk } = await openFull()
    await session.ask('Stored?')
    await library.flush()
    library.create()
    await session.ask('First?')
    await library.flush()
    disk.isFull = true
    await session.ask('Second?')
    library.create()
    await session.ask('Never stored?')
    const { id } = session.conversation.get()
    const given = async () => {
      const found: string[] = []
      for await (const conversation of library.all())
        found.push(
          texts(conversation)
            .filter((text) => text !== GOOD)
            .join(),
        )
      return found
    }
    expect(await given()).toEqual(['First?,Second?', 'Never stored?', 'Stored?'])
    library.create()
    await library.flush()
    expect(await store.get(id)).toBeUndefined()
    expect(await library.open(id)).toBe('shown')
    expect(texts(session.conversation.get())).toEqual(['Never stored?', GOOD])
    await library.delete(id)
    expect(await given()).toEqual(['First?,Second?', 'Stored?'])
    disk.isFull = false
    await library.undoDelete()
    expect((await given()).toSorted()).toEqual(['First?,Second?', 'Never stored?', 'Stored?'])
    expect(library.storageError.get()).toBeUndefined()
    expect(library.list.get().chats.map(({ title }) => title)).toContain('Never stored?')
  })

  test('keeps a chat that could not be saved and was left, and saves it later', async () => {
    const store = shareMemoryConversations()()
    let isBroken = true
    const save: ConversationStore['save'] = (conversation) =>
      isBroken ? Promise.reject(new ReflectionError('storage-full', 'No room.')) : store.save(conversation)
    const { session, library } = await openPage({ ...store, save })
    await session.ask('First?')
    await library.flush()
    const { id } = session.conversation.get()
    library.create()
    await library.flush()
    isBroken = false
    await library.flush()
    expect(texts(await store.get(id))).toEqual(['First?', GOOD])
    expect(await library.open(id)).toBe('shown')
    expect(texts(session.conversation.get())).toEqual(['First?', GOOD])
  })
})

test('a flood of messages from other pages costs a few readings of the list, and the last word counts', async () => {
  const open = shareMemoryConversations()
  const store = open()
  let tell: (change: StoreChange) => void = () => undefined
  let readings = 0
  const counted: ConversationStore = {
    ...store,
    list: () => {
      readings += 1
      return store.list()
    },
    subscribe: (listener) => {
      tell = listener
      return () => undefined
    },
  }
  const { library } = await openPage(counted)
  const other = await openPage(open())
  const before = readings
  for (let count = 0; count < 5000; count++) tell({ chatId: `none-${count}`, type: 'saved' })
  await other.session.ask('From elsewhere')
  await other.library.flush()
  tell({ chatId: other.session.conversation.get().id, type: 'saved' })
  await until(() => library.list.get().chats.length === 1)
  expect(readings - before).toBeLessThan(10)
})

test('storage that is cleared is told, and what is shown is stored whole with its next change', async () => {
  const open = shareMemoryConversations()
  const store = open()
  const clearing = new Set<() => void>()
  const onCleared: ConversationStore['onCleared'] = (listener) => {
    clearing.add(listener)
    return () => void clearing.delete(listener)
  }
  const { session, library } = await openPage({ ...store, onCleared })
  await session.ask('First?')
  await library.flush()
  const { id } = session.conversation.get()
  await store.delete(id)
  for (const tell of clearing) tell()
  expect(library.list.get().chats).toEqual([])
  expect(await open().list()).toEqual([]) // nothing comes back by itself
  await library.rename(id, 'Still here')
  expect(library.list.get().chats.map(({ title }) => title)).toEqual(['Still here'])
  expect(texts(await open().get(id))).toEqual(['First?', GOOD])
  await library.close()
  expect(clearing.size).toBe(0)
})

test('a search finds the chats that have all words, with what is not stored yet', async () => {
  const { session, library } = await onePage()
  await session.ask('About pears')
  library.create()
  await session.ask('About apples and pears')
  const hits: string[] = []
  for await (const { summary } of library.search('pears apples', new AbortController().signal)) hits.push(summary.title)
  expect(hits).toEqual(['About apples and pears'])
})
