import type { UseStore } from 'idb-keyval'
import { describe, expect, test, vi } from 'vitest'
import { openIndexedRecords } from '../../src/storage/indexed-records.ts'
import { openConversationStore } from '../../src/storage/open-conversation-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { plainOf, plainRecords, setForm } from '../../src/storage/record-form.ts'
import { switchRecords } from '../../src/storage/switch-records.ts'
import { openPageChannel } from '../../src/storage/page-channel.ts'
import { createChat, describeConversationStore, replyOf } from '../unit/storage/support/conversation-store-contract.ts'

const nameDatabase = () => `chats-${crypto.randomUUID()}`

describe('chats in IndexedDB', () => {
  describeConversationStore(() => {
    const name = nameDatabase()
    // Each page has a connection of its own, as in a browser.
    return {
      open: () => openConversationStore(openIndexedRecords(openDatabase(name))),
      records: openIndexedRecords(openDatabase(name)),
    }
  })
})

describe('a connection that the browser closed', () => {
  test('is opened again', async () => {
    const useStore = openDatabase(nameDatabase())
    const store = openConversationStore(openIndexedRecords(useStore))
    const chat = createChat()
    await store.save(chat)
    await useStore('readonly', ({ transaction }) => transaction.db.close())
    expect(await store.get(chat.id)).toEqual(chat)
    await useStore('readonly', ({ transaction }) => transaction.db.close())
    expect(await store.save(chat)).toBe(chat)
  })

  test('gives way when another page deletes the database, and is opened again', async () => {
    const name = nameDatabase()
    const store = openConversationStore(openIndexedRecords(openDatabase(name)))
    const chat = createChat()
    await store.save(chat)
    await new Promise((resolve, reject) => {
      const deletion = indexedDB.deleteDatabase(name)
      deletion.addEventListener('success', resolve)
      deletion.addEventListener('error', reject)
      deletion.addEventListener('blocked', reject)
    })
    expect(await store.get(chat.id)).toBeUndefined()
    await store.save(chat)
    expect(await store.get(chat.id)).toEqual(chat)
  })

  test('in the middle of a transaction is opened again, and the call runs again', async () => {
    const store = openConversationStore(openIndexedRecords(openDatabase(nameDatabase())))
    const chat = createChat()
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore) {
      this.transaction.abort()
      throw new DOMException('cut off', 'AbortError')
    })
    try {
      expect(await store.save(chat)).toBe(chat)
      expect(await store.get(chat.id)).toEqual(chat)
    } finally {
      put.mockRestore()
    }
  })

  test('is opened again once, not for ever', async () => {
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('closing', 'InvalidStateError')
    })
    try {
      await expect(
        openConversationStore(openIndexedRecords(openDatabase(nameDatabase()))).list(),
      ).rejects.toMatchObject({
        code: 'storage-unreadable',
        message: expect.stringContaining('Reload the page'),
      })
      expect(open).toHaveBeenCalledTimes(2)
    } finally {
      open.mockRestore()
    }
  })
})

test('what a page writes in a form that another page has changed waits for the new one', async () => {
  const name = nameDatabase()
  const [database, another] = [openIndexedRecords(openDatabase(name)), openIndexedRecords(openDatabase(name))]
  const sealed = plainOf(database) // stands for those of the new form
  const records = switchRecords(plainRecords(database), async () => records.use(sealed))
  await records.transact('readwrite', async (table) => table.put('chat:a', 1))
  await setForm(another, 'vault')
  await records.transact('readwrite', async (table) => table.put('chat:b', 2))
  expect(await sealed.transact('readonly', (table) => table.keys('chat:'))).toEqual(['chat:a', 'chat:b'])
})

describe('where storage fails', () => {
  test.each([
    ['SecurityError', 'storage-unreadable', 'private windows'],
    ['UnknownError', 'storage-unreadable', 'restart the browser'],
    ['VersionError', 'storage-unreadable', 'newer version'],
    ['NotFoundError', 'storage-unreadable', 'delete the data of this site'],
    ['QuotaExceededError', 'storage-full', 'Delete chats'],
  ])('%s is %s, with what to do', async (name, code, advice) => {
    const cause = new DOMException('what the browser says', name)
    const failing: UseStore = () => Promise.reject(cause)
    const store = openConversationStore(openIndexedRecords(failing))
    const chat = createChat()
    for (const call of [store.list(), store.get('x'), store.save(chat), store.saveReply('x', replyOf(chat))]) {
      await expect(call).rejects.toMatchObject({ code, cause, message: expect.stringContaining(advice) })
    }
  })

  test('a browser without IndexedDB is storage-unreadable', async () => {
    vi.stubGlobal('indexedDB', null)
    try {
      await expect(
        openConversationStore(openIndexedRecords(openDatabase(nameDatabase()))).list(),
      ).rejects.toMatchObject({
        code: 'storage-unreadable',
        message: expect.stringContaining('private windows'),
      })
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

/** Another page of this site, which ends when it is removed. @param script - What it does with `openConversationStore` and `openDatabase`. */
function openPage(script: string): HTMLIFrameElement {
  const page = document.createElement('iframe')
  page.srcdoc = `<script type="module">
    import { openIndexedRecords } from '/src/storage/indexed-records.ts'
    import { openConversationStore } from '/src/storage/open-conversation-store.ts'
    import { openDatabase } from '/src/storage/open-database.ts'
    ${script}
  </script>`
  document.body.append(page)
  return page
}

function nextMessage(text: string): Promise<void> {
  return new Promise((resolve) => {
    addEventListener('message', function listen({ data }) {
      if (data !== text) return
      removeEventListener('message', listen)
      resolve()
    })
  })
}

test('a page that is gone in mid-reply leaves what it saved last', async () => {
  const name = nameDatabase()
  const store = openConversationStore(openIndexedRecords(openDatabase(name)))
  const chat = createChat()
  await store.save(chat)
  const reply = replyOf(chat)
  const page = openPage(`
    const store = openConversationStore(openIndexedRecords(openDatabase('${name}')))
    const reply = ${JSON.stringify(reply)}
    for (let length = 1; ; length++) {
      await store.saveReply('${chat.id}', { ...reply, content: 'x'.repeat(length) })
      if (length === 20) parent.postMessage('twenty')
    }`)
  await nextMessage('twenty')
  page.remove()
  const left = replyOf(await store.get(chat.id))
  expect(left.content.length).toBeGreaterThanOrEqual(20)
  expect(left).toEqual({ ...reply, content: 'x'.repeat(left.content.length) })
  expect(await store.unreadable()).toEqual([])
})

describe('a claim', () => {
  test('ends with its page, however it goes', async () => {
    const store = openConversationStore(openIndexedRecords(openDatabase(nameDatabase())))
    const page = openPage(`await openConversationStore().claim('reply-of-another-page'); parent.postMessage('claimed')`)
    await nextMessage('claimed')
    expect(await store.isClaimed('reply-of-another-page')).toBe(true)
    page.remove()
    await expect.poll(() => store.isClaimed('reply-of-another-page')).toBe(false)
  })

  test('is of this page alone where there are no Web Locks', async () => {
    vi.stubGlobal('navigator', {})
    try {
      const store = openConversationStore(openIndexedRecords(openDatabase(nameDatabase())))
      const release = await store.claim('reply')
      expect(await openConversationStore(openIndexedRecords(openDatabase(nameDatabase()))).isClaimed('reply')).toBe(
        true,
      )
      release()
      expect(await store.isClaimed('reply')).toBe(false)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

test('messages that no version of this page sends are not told', async () => {
  const changes: unknown[] = []
  openConversationStore(openIndexedRecords(openDatabase(nameDatabase()))).subscribe((change) => changes.push(change))
  const page = openPageChannel('second-thought-chats')
  for (const message of [[], { chatId: 7, type: 'saved' }, { chatId: 'x', type: 'renamed' }]) page.post(message)
  const change = { chatId: 'x', type: 'deleted' }
  page.post(change)
  await expect.poll(() => changes).toEqual([change])
})
