import { describe, expect, test } from 'vitest'
import { renameConversation, titleOf, type Conversation } from '../../../src/core/chat/conversation.ts'
import { keepConversations } from '../../../src/storage/keep-conversations.ts'
import { keepPreferences } from '../../../src/storage/keep-preferences.ts'
import { createMemoryRecords } from '../../../src/storage/memory-records.ts'
import { createPageHub } from '../../../src/storage/page-hub.ts'
import { plainRecords } from '../../../src/storage/record-form.ts'
import type { Records } from '../../../src/storage/records.ts'
import { createPageClaims } from '../../../src/storage/reply-claims.ts'
import { argon2 } from '../../../src/storage/sealed/argon2.ts'
import type { DataKeys } from '../../../src/storage/sealed/data-keys.ts'
import { deleteRecords } from '../../../src/storage/sealed/move-records.ts'
import type { DerivePassphrase } from '../../../src/storage/sealed/passphrase-secret.ts'
import { createStorageControl, type StorageControl } from '../../../src/storage/sealed/storage-control.ts'
import { switchRecords } from '../../../src/storage/switch-records.ts'
import { createChat } from './support/conversation-store-contract.ts'

const PASSPHRASE = 'correct horse battery'

/** Argon2id as in the page, but with little memory, as there are many of it. */
const derive: DerivePassphrase = (passphrase, method) => argon2(passphrase, { ...method, memoryKiB: 64, passes: 1 })

const DATABASES = ['chats', 'settings', 'found'] as const

/** What the browser has stored; pages over it come and go. */
class Site {
  readonly databases = new Map(DATABASES.map((name) => [name, createMemoryRecords()]))
  private last: Promise<unknown> = Promise.resolve()
  readonly pages: Page[] = []

  database(name: (typeof DATABASES)[number]): Records {
    return this.databases.get(name) ?? createMemoryRecords()
  }

  /** One piece of work after the other, as with Web Locks; that of a page that is gone counts as ended. */
  alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.last.then(work)
    this.last = result.catch(() => undefined)
    return result
  }

  /** Opens a page. @param steps - After how many transactions it is killed. */
  async open(steps = Infinity): Promise<Page> {
    const page = new Page(this, steps)
    this.pages.push(page)
    await page.control.begin()
    return page
  }
}

class Page {
  readonly control: StorageControl
  readonly chats
  readonly preferences
  isReloaded = false
  /** Once it is killed. */
  readonly killed: Promise<void>
  private kill: () => void = () => undefined
  private transactions = 0
  private readonly site: Site

  /** @param steps - After how many transactions it is killed. */
  constructor(site: Site, steps: number) {
    this.site = site
    this.killed = new Promise((resolve) => (this.kill = resolve))
    const placeOf = (name: (typeof DATABASES)[number]) => {
      const database: Records = {
        transact: (mode, work) => {
          this.transactions += 1
          // A page that is gone neither goes on nor fails.
          if (this.transactions <= steps) return site.database(name).transact(mode, work)
          this.kill()
          return new Promise(() => undefined)
        },
      }
      return { name, database, records: switchRecords(plainRecords(database), () => this.control.follow()) }
    }
    const [chats, settings, found] = [placeOf('chats'), placeOf('settings'), placeOf('found')]
    this.control = createStorageControl({
      chats,
      settings,
      others: [found],
      derive,
      alone: (work) => (steps === Infinity ? site.alone(work) : work()),
      askKeys: async (vaultId) => this.keysOfOthers(vaultId),
      reload: () => (this.isReloaded = true),
      onChange: () => undefined,
    })
    this.chats = keepConversations(chats.records, createPageClaims(), createPageHub()())
    this.preferences = keepPreferences(settings.records, createPageHub()())
  }

  private keysOfOthers(vaultId: string): DataKeys | undefined {
    return this.site.pages.map(({ control }) => control.state().keys).find((keys) => keys?.vaultId === vaultId)
  }
}

/** A site with some chats, one of them with a reply in mid-stream and one that cannot be read, and settings. */
async function siteWithChats(count = 3): Promise<{ site: Site; page: Page; chats: Conversation[] }> {
  const site = new Site()
  const page = await site.open()
  const chats = Array.from({ length: count }, (_, index) => createChat(`Question ${index} of Zanzibar`))
  await site.database('chats').transact('readwrite', async (table) => table.put('chat:broken', { broken: 'Zanzibar' }))
  for (const chat of chats) await page.chats.save(chat)
  await page.preferences.write({ schema: 1, theme: 'dark', chat: { instructions: 'Zanzibar' } })
  const [first] = chats
  const reply = first?.nodes.find((node) => node.role === 'assistant')
  if (first !== undefined && reply?.role === 'assistant') {
    await page.chats.saveReply(first.id, { ...reply, content: 'As far as it came' })
    chats[0] = (await page.chats.get(first.id)) ?? first
  }
  return { site, page, chats }
}

const byId = (one: Conversation, other: Conversation) => (one.id < other.id ? -1 : 1)

async function allChats(page: Page): Promise<Conversation[]> {
  const all: Conversation[] = []
  for await (const chat of page.chats.all()) all.push(chat)
  return all.toSorted(byId)
}

/** What stands in the databases in plain text. */
async function rawText(site: Site): Promise<string> {
  const texts = [...site.databases.values()].map((database) =>
    database.transact('readonly', async (table) => {
      const keys = await table.allKeys()
      const values = await Promise.all(keys.map((key) => table.get(key)))
      return [
        ...keys,
        ...values.map((value) => (value instanceof Uint8Array ? latin1(value) : JSON.stringify(value))),
      ].join('\n')
    }),
  )
  return (await Promise.all(texts)).join('\n')
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

async function expectWhole(page: Page, chats: readonly Conversation[]): Promise<void> {
  expect(await allChats(page)).toEqual(chats.toSorted(byId))
  expect((await page.chats.list()).map(({ id }) => id).toSorted()).toEqual(chats.map(({ id }) => id).toSorted())
  expect(await page.preferences.read()).toMatchObject({ theme: 'dark', chat: { instructions: 'Zanzibar' } })
  const unreadable = await page.chats.unreadable()
  expect(unreadable.map(({ chatId }) => chatId)).toEqual(['broken'])
  expect(await page.chats.readUnreadable(unreadable[0]?.key ?? '')).toContain('Zanzibar')
}

describe('chats that become encrypted', () => {
  test('are all there at once, and nothing of them can be read in the databases', async () => {
    const { site, page, chats } = await siteWithChats(40)
    await page.control.toEncrypted(PASSPHRASE)
    await expectWhole(page, chats)
    const raw = await rawText(site)
    expect(raw).not.toContain('Zanzibar')
    expect(raw).not.toContain(chats[0]?.id)
    expect(raw).toContain('"argon2id"')
  })

  test('open with the passphrase on the next page, however its characters were typed', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toEncrypted('un café très long')
    const next = await site.open()
    expect(next.control.state().mode).toBe('encrypted')
    expect(next.control.state().keys).toBeUndefined()
    await next.control.unlock({ passphrase: 'un café très long'.normalize('NFD') })
    await expectWhole(next, chats)
  })

  test('stay locked with a wrong passphrase, and lose nothing', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    const next = await site.open()
    for (const wrong of ['', 'correct horse', `${PASSPHRASE} `]) {
      await expect(next.control.unlock({ passphrase: wrong })).rejects.toMatchObject({ code: 'passphrase-wrong' })
    }
    await next.control.unlock({ passphrase: PASSPHRASE })
    await expectWhole(next, chats)
  })

  test('refuse a passphrase that is too short, and stay as they were', async () => {
    const { page, chats } = await siteWithChats()
    await expect(page.control.toEncrypted('short')).rejects.toMatchObject({ code: 'request-invalid' })
    expect(page.control.state().mode).toBe('keep')
    await expectWhole(page, chats)
  })

  test('go on being written while they move', async () => {
    const { page, chats } = await siteWithChats()
    const [chat] = chats
    if (chat === undefined) throw new Error('no chat')
    const moving = page.control.toEncrypted(PASSPHRASE)
    const saved = page.chats.save(renameConversation(chat, 'Renamed meanwhile'))
    await Promise.all([moving, saved])
    expect((await page.chats.get(chat.id))?.title).toBe('Renamed meanwhile')
  })

  test('have the old passphrase no more once it is changed, and no record is written anew', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    const before = await site.database('chats').transact('readonly', (table) => table.entries('sealed:chat:'))
    await expect(page.control.changePassphrase('wrong', 'another passphrase')).rejects.toMatchObject({
      code: 'passphrase-wrong',
    })
    await page.control.changePassphrase(PASSPHRASE, 'another passphrase')
    expect(await site.database('chats').transact('readonly', (table) => table.entries('sealed:chat:'))).toEqual(before)
    const next = await site.open()
    await expect(next.control.unlock({ passphrase: PASSPHRASE })).rejects.toMatchObject({ code: 'passphrase-wrong' })
    await next.control.unlock({ passphrase: 'another passphrase' })
    await expectWhole(next, chats)
  })

  test('open with a passkey too, until it is removed, and with the passphrase all the time', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    const secret = crypto.getRandomValues(new Uint8Array(32))
    const passkey = { credentialId: new Uint8Array(16), salt: new Uint8Array(32), secret }
    let made = 0
    const make = async () => {
      made += 1
      return passkey
    }
    await expect(page.control.addPasskey('wrong', make)).rejects.toMatchObject({ code: 'passphrase-wrong' })
    expect(made).toBe(0)
    await page.control.addPasskey(PASSPHRASE, make)
    await page.control.changePassphrase(PASSPHRASE, 'another passphrase')
    const next = await site.open()
    await next.control.unlock({ passkeySecret: secret })
    await expectWhole(next, chats)
    await next.control.removePasskey()
    const last = await site.open()
    await expect(last.control.unlock({ passkeySecret: secret })).rejects.toMatchObject({ code: 'passphrase-wrong' })
    await last.control.unlock({ passphrase: 'another passphrase' })
    await expectWhole(last, chats)
  })

  test('take along what an older page, which knows nothing of it, still wrote', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    const older = keepConversations(site.database('chats'), createPageClaims(), createPageHub()())
    const late = createChat('Late Zanzibar')
    await older.save(late)
    const next = await site.open()
    await next.control.unlock({ passphrase: PASSPHRASE })
    await expectWhole(next, [...chats, late])
    expect(await rawText(site)).not.toContain('Zanzibar')
  })
})

describe('another page', () => {
  test('goes on in the new form without having been told, and writes nothing in the old one', async () => {
    const { site, page, chats } = await siteWithChats()
    const other = await site.open()
    const [chat] = chats
    if (chat === undefined) throw new Error('no chat')
    await other.chats.get(chat.id)
    await page.control.toEncrypted(PASSPHRASE)
    await other.chats.save(renameConversation(chat, 'Zanzibar by another page'))
    expect((await page.chats.get(chat.id))?.title).toBe('Zanzibar by another page')
    expect(await rawText(site)).not.toContain('Zanzibar')
    await page.control.toKeep()
    await other.chats.save(renameConversation(chat, 'Zanzibar again'))
    expect((await page.chats.get(chat.id))?.title).toBe('Zanzibar again')
    expect(other.isReloaded).toBe(false)
  })

  test('that changes the mode at the same time is refused, and nothing of the first is undone', async () => {
    const { site, page, chats } = await siteWithChats()
    const other = await site.open()
    const [first, second] = await Promise.allSettled([
      page.control.toEncrypted(PASSPHRASE),
      other.control.toNothing('deleted'),
    ])
    expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected'])
    const isEncrypted = first.status === 'fulfilled'
    expect((await site.open()).control.state().mode).toBe(isEncrypted ? 'encrypted' : 'nothing')
    await expectWhole(isEncrypted ? page : other, chats)
  })

  test('stores nothing again once all was deleted under it, key included', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    for (const database of site.databases.values()) await deleteRecords(database)
    void page.chats.save(chats[0] ?? createChat())
    await expect.poll(() => page.isReloaded).toBe(true)
    expect(await rawText(site)).toBe('\n\n')
  })

  test('that keeps nothing brings what it holds to where the chats are kept from then on', async () => {
    const { site, page } = await siteWithChats()
    await page.control.toNothing('deleted')
    const other = await site.open()
    const held = createChat('Held by another page')
    await other.chats.save(held)
    await page.control.toKeep()
    await other.control.follow()
    expect((await page.chats.get(held.id))?.id).toBe(held.id)
  })
})

describe('a page that keeps nothing', () => {
  test('shows what was deleted as long as it is open, and no other page does', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toNothing('deleted')
    await expectWhole(page, chats)
    expect(await rawText(site)).not.toContain('Zanzibar')
    const next = await site.open()
    expect(next.control.state().mode).toBe('nothing')
    expect(await next.chats.list()).toEqual([])
    expect(await next.preferences.read()).toBeUndefined()
  })

  test('brings what it holds along when chats are kept again, beside what was left', async () => {
    const { site, page, chats } = await siteWithChats()
    await page.control.toNothing('left')
    expect(await page.chats.list()).toEqual([])
    expect(await page.control.hasLeft()).toBe(true)
    const [chat] = chats
    const fresh = createChat('Fresh')
    await page.chats.save(fresh)
    if (chat !== undefined) await page.chats.save(renameConversation(chat, 'Renamed in memory'))
    await page.control.toKeep()
    const all = await allChats(page)
    expect(all.map(({ id }) => id)).toEqual([...chats, fresh].toSorted(byId).map(({ id }) => id))
    expect(all.map(titleOf)).toContain('Renamed in memory')
    expect((await (await site.open()).chats.list()).map(({ title }) => title)).toContain('Fresh')
  })

  test('needs the passphrase for encrypted chats that were left', async () => {
    const { page, chats } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    await page.control.toNothing('left')
    await expect(page.control.toKeep('wrong')).rejects.toMatchObject({ code: 'passphrase-wrong' })
    await expect(page.control.toEncrypted('wrong one')).rejects.toMatchObject({ code: 'passphrase-wrong' })
    await page.control.toEncrypted(PASSPHRASE)
    await expectWhole(page, chats)
    await page.control.toNothing('left')
    await page.control.toKeep(PASSPHRASE)
    await expectWhole(page, chats)
  })

  test('deletes what was left when asked to, and holds what it holds', async () => {
    const { site, page } = await siteWithChats()
    await page.control.toEncrypted(PASSPHRASE)
    await page.control.toNothing('left')
    const fresh = createChat('Fresh')
    await page.chats.save(fresh)
    await page.control.deleteLeft()
    expect(await page.control.hasLeft()).toBe(false)
    expect((await page.chats.list()).map(({ id }) => id)).toEqual([fresh.id])
    expect(await rawText(site)).not.toContain('sealed:')
    await page.control.toEncrypted('quite another passphrase')
    expect((await page.chats.list()).map(({ id }) => id)).toEqual([fresh.id])
  })
})

test('who has forgotten the passphrase can delete all and begin anew', async () => {
  const { site, page } = await siteWithChats()
  await page.control.toEncrypted(PASSPHRASE)
  await (await site.open()).control.deleteLeft()
  const next = await site.open()
  expect(next.control.state().mode).toBe('keep')
  expect(await next.chats.list()).toEqual([])
  expect(await rawText(site)).not.toContain('sealed:')
})

test.each([
  ['no record', 7],
  ['another form', { schema: 2, mode: 'encrypted' }],
  ['no key', { schema: 1, mode: 'encrypted' }],
  ['a key that asks for too much', { schema: 1, mode: 'encrypted', vault: { method: { memoryKiB: 2 ** 40 } } }],
])('a record of the mode that cannot be read is an error, and nothing is written over it: %s', async (_name, value) => {
  const { site } = await siteWithChats()
  await site.database('settings').transact('readwrite', async (table) => table.put('storage', value))
  await expect(site.open()).rejects.toMatchObject({ code: 'storage-unreadable' })
  expect(await site.database('settings').transact('readonly', (table) => table.get('storage'))).toEqual(value)
})

/** How a page comes from one mode into another; `left` says that what was encrypted stays there. */
const MOVES: Readonly<
  Record<
    string,
    { before: (control: StorageControl) => Promise<void>; move: (control: StorageControl) => Promise<void> }
  >
> = {
  'keep to encrypted': { before: async () => undefined, move: (control) => control.toEncrypted(PASSPHRASE) },
  'encrypted to keep': { before: (control) => control.toEncrypted(PASSPHRASE), move: (control) => control.toKeep() },
  'keep to nothing, left': { before: async () => undefined, move: (control) => control.toNothing('left') },
  'encrypted to nothing, left': {
    before: (control) => control.toEncrypted(PASSPHRASE),
    move: (control) => control.toNothing('left'),
  },
  'nothing to keep': { before: (control) => control.toNothing('left'), move: (control) => control.toKeep() },
  'nothing to encrypted': {
    before: (control) => control.toNothing('left'),
    move: (control) => control.toEncrypted(PASSPHRASE),
  },
}

/** What the next page does to show all chats, whatever the one before left. */
async function openWhole(site: Site): Promise<Page> {
  const page = await site.open()
  if (page.control.state().mode === 'encrypted') await page.control.unlock({ passphrase: PASSPHRASE })
  if (page.control.state().mode === 'nothing') await page.control.toKeep(PASSPHRASE)
  return page
}

describe('a page that is killed in the middle of a move loses nothing, at whatever step', () => {
  test.each(Object.entries(MOVES))('%s', async (_name, { before, move }) => {
    const start = await siteWithChats()
    await before(start.page.control)
    const stored = new Map(DATABASES.map((name) => [name, start.site.database(name)]))
    let survived = 0
    for (let steps = 1; ; steps++) {
      const site = new Site()
      for (const [name, records] of stored) await copyAll(records, site.database(name))
      const page = await site.open(steps)
      const { keys } = start.page.control.state()
      const isLocked = page.control.state().mode === 'encrypted' && keys !== undefined
      const moved = (isLocked ? page.control.unlock({ keys }) : Promise.resolve()).then(() => move(page.control))
      const wasKilled = await Promise.race([moved.then(() => false), page.killed.then(() => true)])
      const next = await openWhole(site)
      await expectWhole(next, start.chats)
      if (!wasKilled) break
      survived += 1
    }
    expect(survived).toBeGreaterThan(4)
  })

  test('and one that was deleting all goes on with it, or has not begun', async () => {
    const start = await siteWithChats()
    let begun = 0
    for (let steps = 1; ; steps++) {
      const site = new Site()
      for (const name of DATABASES) await copyAll(start.site.database(name), site.database(name))
      const page = await site.open(steps)
      const moved = page.control.toNothing('deleted')
      const wasKilled = await Promise.race([moved.then(() => false), page.killed.then(() => true)])
      const next = await site.open()
      const hasBegun = next.control.state().mode === 'nothing'
      if (hasBegun) begun += 1
      expect(await allChats(next)).toEqual(hasBegun ? [] : start.chats.toSorted(byId))
      expect((await rawText(site)).includes('Zanzibar')).toBe(!hasBegun)
      if (!wasKilled) break
    }
    expect(begun).toBeGreaterThan(3)
  })
})

async function copyAll(from: Records, to: Records): Promise<void> {
  const all = await from.transact('readonly', async (table) =>
    Promise.all((await table.allKeys()).map(async (key) => [key, await table.get(key)] as const)),
  )
  await to.transact('readwrite', async (table) => all.forEach(([key, value]) => table.put(key, value)))
}
