import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { ConversationStore, StoreChange } from '../../../../src/core/chat/conversation-store.ts'
import {
  addReply,
  addUserMessage,
  createConversation,
  finishReply,
  regenerateReply,
  renameConversation,
  selectBranch,
  type Conversation,
  type ReplyNode,
} from '../../../../src/core/chat/conversation.ts'
import type { Records } from '../../../../src/storage/records.ts'
import { appendToReply } from '../../../fakes/append-to-reply.ts'

/** Where several pages share one storage. */
export interface TestSite {
  /** Opens one more page. */
  open(): ConversationStore
  /** What the pages have stored, as it is. */
  readonly records: Records
}

const AUTHOR = { modelId: 'tiny', revision: 'v1' }
let count = 0

/** A chat with a question and a reply that streams; its ids are its own. */
export function createChat(question = 'How many?', createdAt = 1000): Conversation {
  const id = `chat-${count++}`
  const asked = addUserMessage(createConversation({ id, createdAt }), question, { id: `${id}-q`, createdAt })
  return addReply(asked, AUTHOR, { id: `${id}-a`, createdAt: createdAt + 1 })
}

const replyIdOf = ({ id }: Conversation) => `${id}-a`
const append = (chat: Conversation, text: string) => appendToReply(chat, replyIdOf(chat), text)
const finish = (chat: Conversation) => finishReply(chat, replyIdOf(chat), { status: 'interrupted' })
const regenerate = (chat: Conversation, id: string) => regenerateReply(chat, replyIdOf(chat), AUTHOR, { id })
const idsOf = (chat: Conversation | undefined) => chat?.nodes.map(({ id }) => id)

/** The chat without the nodes that came after its first two. */
function withoutLast(chat: Conversation): Conversation {
  const nodes = chat.nodes.slice(0, 2)
  const [question, reply] = nodes
  return { ...chat, nodes, chosen: { '': question?.id ?? '', [question?.id ?? '']: reply?.id ?? '' } }
}

export function replyOf(chat: Conversation | undefined, id?: string): ReplyNode {
  const reply = chat?.nodes.find((node) => (id === undefined ? node.role === 'assistant' : node.id === id))
  if (reply?.role !== 'assistant') throw new Error('there is no such reply')
  return reply
}

async function collect(chats: AsyncIterable<Conversation>): Promise<Conversation[]> {
  const all: Conversation[] = []
  for await (const chat of chats) all.push(chat)
  return all
}

/** Waits until the clock that stamps records shows another time. */
async function nextMoment(): Promise<void> {
  for (const start = Date.now(); Date.now() === start;) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** What every store of chats does. @param openSite - Makes storage that is empty. */
export function describeConversationStore(openSite: () => TestSite): void {
  let site: TestSite
  let store: ConversationStore
  let other: ConversationStore

  beforeEach(() => {
    site = openSite()
    store = site.open()
    other = site.open()
  })

  const rawKeys = (prefix: string) => site.records.transact('readonly', (table) => table.keys(prefix))
  const rawValue = (key: string) => site.records.transact('readonly', (table) => table.get(key))
  const putRaw = (key: string, value: unknown) =>
    site.records.transact('readwrite', async (table) => table.put(key, value))
  const deleteRaw = (key: string) => site.records.transact('readwrite', async (table) => table.delete(key))

  describe('a chat', () => {
    test('comes back as it was saved, on every page', async () => {
      const chat = finish(append(createChat(), 'Two.'))
      expect(await store.save(chat)).toBe(chat)
      expect(await store.get(chat.id)).toEqual(chat)
      expect(await other.get(chat.id)).toEqual(chat)
    })

    test('that is not there is undefined, and so is one that was deleted', async () => {
      expect(await store.get('nowhere')).toBeUndefined()
      const chat = createChat()
      await store.save(chat)
      await store.saveReply(chat.id, replyOf(append(chat, 'Two')))
      await other.delete(chat.id)
      expect(await store.get(chat.id)).toBeUndefined()
      expect(await store.list()).toEqual([])
      expect(await Promise.all(['chat:', 'summary:', 'writing:'].map(rawKeys))).toEqual([[], [], []])
    })

    test('keeps names that mean something to JavaScript', async () => {
      const chat = addUserMessage(createConversation({ id: '__proto__' }), 'x', { id: 'constructor' })
      await store.save(chat)
      expect(await other.get('__proto__')).toEqual(chat)
    })
  })

  describe('the list', () => {
    test('has the last updated first, with the titles that people see', async () => {
      const first = createChat('First?', 10)
      const second = createChat('Second?', 20)
      for (const chat of [first, second]) {
        await store.save(chat)
        await nextMoment()
      }
      expect((await other.list()).map(({ title }) => title)).toEqual(['Second?', 'First?'])
      await other.save(append(first, 'One.'))
      expect(await store.list()).toMatchObject([
        { id: first.id, title: 'First?', createdAt: 10 },
        { id: second.id, title: 'Second?', createdAt: 20 },
      ])
    })

    test('has the last updated first also when the clock is set back meanwhile', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-01T12:00:00Z') })
      try {
        const [first, second, third] = [createChat('First'), createChat('Second'), createChat('Third')]
        await store.save(first)
        vi.setSystemTime(new Date('2026-05-01T11:00:00Z'))
        await store.save(second)
        await other.list()
        await other.save(third)
        const newest = [third, second, first].map(({ id }) => id)
        expect((await site.open().list()).map(({ id }) => id)).toEqual(newest)
        // What is saved again is neither older than before nor lost, and a clock that was a year ahead is not followed.
        await store.save(append(first, 'One'))
        expect(await other.get(first.id)).toEqual(append(first, 'One'))
        expect((await other.list())[0]?.id).toBe(first.id)
        vi.setSystemTime(new Date('2025-05-01T11:00:00Z'))
        await store.save(append(second, 'Two'))
        const updated = (await store.list()).find(({ id }) => id === second.id)
        expect(updated?.updatedAt).toBe(Date.now())
      } finally {
        vi.useRealTimers()
      }
    })

    test('counts as an update only what adds something', async () => {
      const chat = regenerate(finish(append(createChat(), 'One')), 'again')
      await store.save(chat)
      const [before] = await store.list()
      await nextMoment()
      await store.save(selectBranch(chat, replyIdOf(chat)))
      await store.save(finishReply(chat, 'again', { status: 'interrupted' }))
      expect(await store.list()).toEqual([before])
      await store.save(renameConversation(chat, 'Numbers'))
      const [after] = await store.list()
      expect(after?.title).toBe('Numbers')
      expect(after?.updatedAt).toBeGreaterThan(before?.updatedAt ?? Infinity)
    })

    test('has a chat that was deleted and comes back where it was, if its time is told', async () => {
      const [first, second] = [createChat('First?'), createChat('Second?')]
      for (const chat of [first, second]) {
        await store.save(chat)
        await nextMoment()
      }
      const before = await store.list()
      await store.delete(first.id)
      await store.save(first, before[1]?.updatedAt)
      expect(await other.list()).toEqual(before)
    })

    test('is made anew from the chats where it is missing or broken', async () => {
      const chats = [createChat('One', 10), createChat('Two', 20), createChat('Three', 30)]
      const [one, two, three] = chats.map(({ id }) => `summary:${id}`)
      for (const chat of chats) await store.save(chat)
      await deleteRaw(one ?? '')
      await putRaw(two ?? '', { schema: 1, title: 7 })
      await putRaw(three ?? '', { schema: 2, heading: 'Three' })
      expect((await store.list()).map(({ title, updatedAt }) => [title, updatedAt])).toEqual([
        ['Three', 31],
        ['Two', 21],
        ['One', 11],
      ])
      expect(await rawValue(one ?? '')).toEqual({ schema: 1, title: 'One', createdAt: 10, updatedAt: 11 })
    })

    test('of 500 chats is complete, and so are the chats', async () => {
      const chats = Array.from({ length: 500 }, (_, index) => createChat(`Question ${index}`, 1000 + index))
      await Promise.all(chats.map((chat) => store.save(chat)))
      const list = await other.list()
      expect(list).toHaveLength(500)
      const all = await collect(other.all())
      expect(all.map(({ id }) => id)).toEqual(list.map(({ id }) => id))
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set(chats.map(({ id }) => id)))
    })
  })

  test('the page has its turn while someone goes through all chats', async () => {
    for (let index = 0; index < 40; index++) await store.save(createChat())
    let turns = 0
    let timer = setTimeout(function turn() {
      turns += 1
      timer = setTimeout(turn)
    })
    for await (const _ of store.all()) for (const start = performance.now(); performance.now() - start < 3;);
    clearTimeout(timer)
    expect(turns).toBeGreaterThan(4)
  })

  describe('two pages that save one chat', () => {
    test('lose nothing of each other', async () => {
      const chat = finish(append(createChat(), 'One'))
      await store.save(chat)
      const theirs = await other.get(chat.id)
      const mine = regenerate(chat, 'mine')
      expect(await store.save(mine)).toBe(mine)
      const merged = await other.save(regenerate(theirs ?? chat, 'theirs'))
      expect(idsOf(merged)?.toSorted()).toEqual([...(idsOf(chat) ?? []), 'mine', 'theirs'].toSorted())
      expect(await store.get(chat.id)).toEqual(merged)
    })

    test('lose nothing when they do it at the same moment', async () => {
      const chat = finish(append(createChat(), 'One'))
      await store.save(chat)
      await other.get(chat.id)
      await Promise.all([store.save(regenerate(chat, 'mine')), other.save(regenerate(chat, 'theirs'))])
      expect(idsOf(await store.get(chat.id))?.toSorted()).toEqual([...(idsOf(chat) ?? []), 'mine', 'theirs'].toSorted())
    })

    test('keep what arrives while a save waits for its turn', async () => {
      const chat = finish(append(createChat(), 'One'))
      await store.save(chat)
      await other.get(chat.id)
      await store.save(regenerate(chat, 'mine'))
      const [, saved] = await Promise.all([other.get(chat.id), other.save(regenerate(chat, 'theirs'))])
      expect(idsOf(saved)).toEqual(expect.arrayContaining(['mine', 'theirs']))
    })

    test('keep what one of them only came across while it went through all chats', async () => {
      const chat = finish(append(createChat(), 'One'))
      await store.save(chat)
      await other.get(chat.id)
      await store.save(regenerate(chat, 'mine'))
      await collect(other.all())
      expect(idsOf(await other.save(regenerate(chat, 'theirs')))).toEqual(expect.arrayContaining(['mine', 'theirs']))
    })

    test('keep a chat that was deleted and saved again meanwhile', async () => {
      const chat = finish(append(createChat(), 'One'))
      await store.save(chat)
      await other.delete(chat.id)
      await nextMoment()
      await other.save(regenerate(chat, 'theirs'))
      expect(idsOf(await store.save(regenerate(chat, 'mine')))).toEqual(expect.arrayContaining(['mine', 'theirs']))
    })

    test('keep a name that one of them gave', async () => {
      const chat = renameConversation(finish(append(createChat(), 'One')), 'Old')
      await store.save(chat)
      const theirs = await other.get(chat.id)
      await store.save(renameConversation(chat, 'New'))
      expect((await other.save(regenerate(theirs ?? chat, 'theirs'))).title).toBe('New')
    })
  })

  test('what a page takes back of a chat that nobody else saved stays away', async () => {
    const chat = finish(append(createChat(), 'One'))
    await store.save(regenerate(chat, 'second'))
    const taken = withoutLast(chat)
    expect(await store.save(taken)).toBe(taken)
    expect(idsOf(await other.get(chat.id))).toEqual(idsOf(chat))
    const read = regenerate((await other.get(chat.id)) ?? chat, 'third')
    await other.save(read)
    expect(idsOf(await other.save(withoutLast(read)))).toEqual(idsOf(chat))
    expect(idsOf(await store.get(chat.id))).toEqual(idsOf(chat))
  })

  describe('a growing reply', () => {
    test('is as it was saved last when its page is gone, and still streams', async () => {
      const chat = createChat()
      await store.save(chat)
      await store.saveReply(chat.id, replyOf(append(chat, 'One, ')))
      await store.saveReply(chat.id, replyOf(append(chat, 'One, two')))
      // The page that wrote is gone here: nothing more comes from it.
      expect(await other.get(chat.id)).toEqual(append(chat, 'One, two'))
      expect(await collect(other.all())).toEqual([append(chat, 'One, two')])
    })

    test('does not write the chat again', async () => {
      const chat = createChat()
      await store.save(chat)
      const before = await rawValue(`chat:${chat.id}`)
      await store.saveReply(chat.id, replyOf(append(chat, 'One')))
      expect(await rawValue(`chat:${chat.id}`)).toEqual(before)
      expect(await rawKeys('writing:')).toEqual([`writing:${chat.id}`])
    })

    test('goes into the chat with the next save, and its own record goes away', async () => {
      const chat = createChat()
      await store.save(chat)
      await store.saveReply(chat.id, replyOf(append(chat, 'One')))
      const ended = finish(append(chat, 'One'))
      expect(await store.save(ended)).toBe(ended)
      expect(await rawKeys('writing:')).toEqual([])
      expect(await other.get(chat.id)).toEqual(ended)
    })

    test('survives that another page, which saw less of it, saves the chat', async () => {
      const chat = createChat()
      await store.save(chat)
      const early = await other.get(chat.id)
      await store.saveReply(chat.id, replyOf(append(chat, 'One, two')))
      await other.save(renameConversation(early ?? chat, 'Numbers'))
      expect(await other.get(chat.id)).toEqual(renameConversation(append(chat, 'One, two'), 'Numbers'))
    })

    test('is kept beside one that another page writes in the same chat', async () => {
      const chat = regenerate(createChat(), 'theirs')
      await store.save(chat)
      await store.saveReply(chat.id, replyOf(append(chat, 'One')))
      await other.saveReply(chat.id, replyOf(appendToReply(chat, 'theirs', 'Uno'), 'theirs'))
      expect(await store.get(chat.id)).toEqual(appendToReply(append(chat, 'One'), 'theirs', 'Uno'))
    })

    test('of a chat that is gone, or that is not in the chat, adds nothing', async () => {
      const chat = createChat()
      await store.saveReply(chat.id, replyOf(chat))
      expect(await rawKeys('writing:')).toEqual([])
      await store.save(chat)
      await store.saveReply(chat.id, { ...replyOf(append(chat, 'One')), id: 'unknown' })
      expect(await store.get(chat.id)).toEqual(chat)
    })
  })

  describe('what cannot be read', () => {
    test.each([
      ['no record', 'text', 'The record is "text", but must be an object.'],
      [
        'a chat without nodes',
        { schema: 1, version: 1, conversation: { schema: 1, id: 'x', createdAt: 0 } },
        'nodes is',
      ],
      ['a chat under a wrong id', { schema: 1, version: 1, conversation: createChat() }, 'the id of another chat'],
    ])('is put aside as it is: %s', async (_name, value, reason) => {
      const good = createChat()
      await store.save(good)
      await putRaw('chat:x', value)
      const start = Date.now()
      expect((await store.list()).map(({ id }) => id)).toEqual([good.id])
      const [found, ...more] = await other.unreadable()
      expect(more).toEqual([])
      expect(found?.reason).toContain(reason)
      expect(found?.foundAt).toBeGreaterThanOrEqual(start)
      expect(await rawValue(`unreadable:${found?.key}`)).toMatchObject({ key: 'chat:x', value })
      expect(JSON.parse((await store.readUnreadable(found?.key ?? '')) ?? '')).toEqual(value)
      expect(await rawKeys('chat:')).toEqual([`chat:${good.id}`])
      expect(await other.get('x')).toBeUndefined()
    })

    test.each([
      ['a record', { schema: 2, blocks: [1] }, 'A newer version of this page wrote it'],
      [
        'a chat',
        { schema: 1, version: 1, conversation: { schema: 3 } },
        'A newer version of this page wrote it (form 3',
      ],
    ])('of a newer page stays where it is and is told: %s', async (_name, value, reason) => {
      const good = createChat()
      await store.save(good)
      await putRaw('chat:x', value)
      await putRaw('writing:x', { schema: 2 })
      expect((await store.list()).map(({ id }) => id)).toEqual([good.id])
      expect(await store.get('x')).toBeUndefined()
      expect(await collect(store.all())).toEqual([good])
      expect(await store.unreadable()).toMatchObject([{ key: 'chat:x', chatId: 'x', isNewer: true }])
      expect((await store.unreadable())[0]?.reason).toContain(reason)
      expect(JSON.parse((await store.readUnreadable('chat:x')) ?? '')).toEqual(value)
      expect(await rawValue('chat:x')).toEqual(value)
      expect(await rawValue('writing:x')).toEqual({ schema: 2 })
      expect(await rawKeys('unreadable:')).toEqual([])
      await deleteRaw('chat:x')
      expect(await store.unreadable()).toEqual([])
    })

    test('of a newer page is not written over: what this page has is kept beside it, and taken in by the newer one', async () => {
      const chat = createChat()
      await store.save(chat)
      const stored = await rawValue(`chat:${chat.id}`)
      await putRaw(`chat:${chat.id}`, { schema: 2, blocks: [1] })
      await expect(store.save(append(chat, 'One'))).rejects.toMatchObject({ code: 'storage-unreadable' })
      await expect(store.save(append(chat, 'One, two'))).rejects.toMatchObject({ code: 'storage-unreadable' })
      expect(await rawValue(`chat:${chat.id}`)).toEqual({ schema: 2, blocks: [1] })
      await site.open().list() // another old page leaves it there
      expect(await rawKeys('unreadable:')).toEqual([`unreadable:chat:${chat.id}:0`])

      await putRaw(`chat:${chat.id}`, stored) // as a page that can read both of them finds it
      const next = site.open()
      expect((await next.list()).map(({ id }) => id)).toEqual([chat.id])
      expect(replyOf(await next.get(chat.id)).content).toBe('One, two')
      expect(await rawKeys('unreadable:')).toEqual([])
    })

    test('is found by each way of reading', async () => {
      const [one, two, three] = [createChat('One'), createChat('Two'), createChat('Three')]
      for (const chat of [one, two, three]) {
        await store.save(chat)
        await putRaw(`chat:${chat.id}`, { schema: 1, version: 5, conversation: { ...chat, nodes: 'lost' } })
      }
      expect(await store.get(one.id)).toBeUndefined()
      expect(await store.save(two)).toBe(two)
      expect(await collect(store.all())).toEqual([two])
      expect((await store.list()).map(({ id }) => id)).toEqual([two.id])
      expect(await store.unreadable()).toHaveLength(3)
      expect(await rawKeys('summary:')).toEqual([`summary:${two.id}`])
    })

    test('takes the growing reply of its chat along', async () => {
      const chat = createChat()
      await store.save(chat)
      await store.saveReply(chat.id, replyOf(append(chat, 'One')))
      await putRaw(`chat:${chat.id}`, null)
      expect(await store.get(chat.id)).toBeUndefined()
      expect(await Promise.all(['chat:', 'summary:', 'writing:'].map(rawKeys))).toEqual([[], [], []])
      const kept = await Promise.all((await store.unreadable()).map(({ key }) => store.readUnreadable(key)))
      expect(kept.join()).toContain('"content": "One"')
    })

    test('as a growing reply of a newer page stays, and the chat is as it was', async () => {
      const chat = createChat()
      await store.save(chat)
      await putRaw(`writing:${chat.id}`, { schema: 2, parts: [] })
      expect(await store.get(chat.id)).toEqual(chat)
      expect(await store.saveReply(chat.id, replyOf(append(chat, 'One')))).toBe(false)
      await expect(store.save(append(chat, 'One'))).rejects.toMatchObject({ code: 'storage-unreadable' })
      expect(await rawValue(`writing:${chat.id}`)).toEqual({ schema: 2, parts: [] })
      await deleteRaw(`writing:${chat.id}`)
      const next = site.open()
      await next.list()
      expect(await next.get(chat.id)).toEqual(append(chat, 'One'))
    })

    test.each([['something else', { schema: 1, replies: [{ role: 'assistant', id: 'a' }] }, 'replies[0].parentId']])(
      'as a growing reply leaves the chat as it was: %s',
      async (_name, value, reason) => {
        const chat = createChat()
        await store.save(chat)
        await putRaw(`writing:${chat.id}`, value)
        expect(await store.get(chat.id)).toEqual(chat)
        const [found] = await store.unreadable()
        expect(found?.reason).toContain(reason)
        expect(await rawValue(`unreadable:${found?.key}`)).toMatchObject({ key: `writing:${chat.id}`, value })
        await putRaw(`writing:${chat.id}`, value)
        await store.saveReply(chat.id, replyOf(append(chat, 'One')))
        expect(await store.get(chat.id)).toEqual(append(chat, 'One'))
        expect(await store.unreadable()).toHaveLength(2)
      },
    )

    test('is listed oldest first, beside others of the same chat, until it is deleted', async () => {
      for (const value of ['first', 'second']) {
        await putRaw('chat:x', value)
        await store.list()
      }
      const found = await store.unreadable()
      const values = await Promise.all(found.map(({ key }) => store.readUnreadable(key)))
      expect(values).toEqual(['"first"', '"second"'])
      await other.deleteUnreadable(found[0]?.key ?? '')
      expect(await store.unreadable()).toEqual(found.slice(1))
      expect(await store.readUnreadable(found[0]?.key ?? '')).toBeUndefined()
    })

    test('can be looked at though JSON has no word for it', async () => {
      const ring: Record<string, unknown> = { big: 7n, nothing: undefined, map: new Map([['a', 1]]), twice: [] }
      ring['again'] = ring['twice']
      ring['self'] = ring
      await putRaw('chat:x', ring)
      await store.list()
      const [found] = await store.unreadable()
      expect(JSON.parse((await store.readUnreadable(found?.key ?? '')) ?? '')).toEqual({
        big: '7',
        nothing: 'undefined',
        map: [['a', 1]],
        twice: [],
        again: [],
        self: '(contains itself)',
      })
    })

    test('is listed even where the note about it was damaged', async () => {
      await putRaw('unreadable:chat:x:1', 'damaged')
      expect(await store.unreadable()).toMatchObject([{ key: 'chat:x:1', foundAt: 0 }])
      expect(await store.readUnreadable('chat:x:1')).toBe('"damaged"')
    })
  })

  test('other pages are told of what a page does, itself not', async () => {
    const [here, there]: StoreChange[][] = [[], []]
    store.subscribe((change) => here?.push(change))
    const end = other.subscribe((change) => there?.push(change))
    const chat = createChat()
    await store.save(chat)
    await store.saveReply(chat.id, replyOf(append(chat, 'One')))
    await store.delete(chat.id)
    await expect.poll(() => there?.map(({ type }) => type)).toEqual(['saved', 'reply-saved', 'deleted'])
    expect(there?.every(({ chatId }) => chatId === chat.id)).toBe(true)
    expect(here).toEqual([])
    end()
    await store.save(chat)
    await other.save(chat)
    await expect.poll(() => here).toHaveLength(1) // what comes later than the other page would have heard
    expect(there).toHaveLength(3)
  })

  describe('a claim', () => {
    test('is seen by all pages until it is released', async () => {
      const id = `claimed-${count++}`
      expect(await other.isClaimed(id)).toBe(false)
      const release = await store.claim(id)
      expect(await other.isClaimed(id)).toBe(true)
      expect(await store.isClaimed(id)).toBe(true)
      release()
      release()
      await expect.poll(() => other.isClaimed(id)).toBe(false)
    })

    test('of two waits for the first', async () => {
      const id = `claimed-${count++}`
      const events: string[] = []
      const release = await store.claim(id)
      const second = other.claim(id).then((end) => {
        events.push('second')
        return end
      })
      await nextMoment()
      events.push('released')
      release()
      const releaseSecond = await second
      expect(events).toEqual(['released', 'second'])
      expect(await store.isClaimed(id)).toBe(true)
      releaseSecond()
      await expect.poll(() => store.isClaimed(id)).toBe(false)
    })
  })
}
