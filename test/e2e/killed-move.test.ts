import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchProfile } from '../../scripts/launch-chromium.mjs'
import { composerOf, openSettings } from './support/chat-page.ts'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'
import { chooseStorage, PASSPHRASE, unlockChats } from './support/storage-modes.ts'
import { testPageFolder } from './support/test-page-folder.ts'

// The browser is killed while chats move from one way of storing them into another, as when the power goes.
// test/unit/storage/storage-control.test.ts does so after every step, but there it is the test that stands for the disk.

/** More than are moved at a time. */
const COUNT = 40

let site: ChangedSite
let context: BrowserContext
let folder: string

beforeAll(async () => {
  site = await serveChangedSite(testPageFolder('app-page'))
  folder = mkdtempSync(join(tmpdir(), 'killed-'))
  context = await launchProfile(folder, { windowless: true })
})
afterAll(async () => {
  await context?.close()
  await site?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Starts a move and kills the browser in the middle of it. @returns A page of the browser that is started next, which is locked. */
async function killWhileMoving(page: Page, start: () => Promise<void>): Promise<Page> {
  const middle = page.evaluate(stopInTheMiddle, COUNT)
  await start()
  await middle
  const isGone = new Promise((resolve) => context.once('close', resolve))
  await killBrowser()
  await isGone
  context = await launchProfile(folder, { windowless: true })
  const next = await context.newPage()
  await next.goto(site.url)
  await next.getByRole('heading', { name: 'Your chats are locked' }).waitFor()
  const { plain, sealed } = countChats(await next.evaluate(storedRecords))
  expect([plain, sealed].filter((count) => count > 0 && count < COUNT)).toHaveLength(2)
  return next
}

test('a browser that is killed while chats are encrypted, and while they are decrypted, loses none of them', async () => {
  let page = await context.newPage()
  await page.goto(`${site.url}?chats=${COUNT}`)
  await composerOf(page).waitFor()
  const before = await page.evaluate(storedRecords)
  expect(countChats(before)).toEqual({ plain: COUNT, sealed: 0 })
  await openSettings(page, 'Privacy')
  const encrypt = await chooseStorage(page, 'Keep encrypted')
  await encrypt.getByLabel('New passphrase').fill(PASSPHRASE)
  await encrypt.getByLabel('The same once more').fill(PASSPHRASE)
  page = await killWhileMoving(page, () => encrypt.getByRole('button', { name: 'Encrypt' }).click())
  await unlockChats(page)
  await composerOf(page).waitFor()
  const encrypted = await page.evaluate(storedRecords)
  expect(countChats(encrypted)).toEqual({ plain: 0, sealed: COUNT })
  expect(Object.keys(encrypted).filter((name) => !name.startsWith('sealed:'))).toEqual(['form'])

  const settings = await openSettings(page, 'Data')
  await settings.getByText(`${COUNT} chats are on this device.`).waitFor()
  await settings.getByRole('tab', { name: 'Privacy' }).click()
  const keep = await chooseStorage(page, 'Keep')
  page = await killWhileMoving(page, () => keep.getByRole('button', { name: 'Keep without encryption' }).click())
  await unlockChats(page)
  await composerOf(page).waitFor()
  expect(await page.evaluate(storedRecords)).toEqual({ ...before, form: 'plain' })
})

/** Ends every process of the browser at once, itself first. */
async function killBrowser(): Promise<void> {
  const session = await context.browser()?.newBrowserCDPSession()
  const found = await session?.send('SystemInfo.getProcessInfo')
  const ids = (found?.processInfo ?? []).map(({ id }) => id).filter((id) => id > 0)
  expect(ids).not.toEqual([])
  for (const id of ids) process.kill(id, 'SIGKILL')
}

function countChats(records: Readonly<Record<string, unknown>>): { plain: number; sealed: number } {
  const withPrefix = (prefix: string) => Object.keys(records).filter((name) => name.startsWith(prefix)).length
  return { plain: withPrefix('chat:'), sealed: withPrefix('sealed:chat:') }
}

/** Runs in the page: all records of the database of chats. */
function storedRecords(): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const records: Record<string, unknown> = {}
      const cursors = opening.result.transaction('records').objectStore('records').openCursor()
      cursors.addEventListener('success', () => {
        const cursor = cursors.result
        if (cursor !== null) {
          records[String(cursor.key)] = cursor.value
          return cursor.continue()
        }
        opening.result.close()
        resolve(records)
      })
    })
  })
}

/**
 * Runs in the page: once some of so many chats have been moved, and some not, holds the database for ever, so that no more are.
 * Between any two transactions of the move comes one of ours, as the browser gives each its turn.
 */
function stopInTheMiddle(count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => look(opening.result))

    function look(database: IDBDatabase): void {
      const transaction = database.transaction('records', 'readwrite')
      const records = transaction.objectStore('records')
      const names = records.getAllKeys()
      names.addEventListener('success', () => {
        const having = (prefix: string) => names.result.filter((name) => String(name).startsWith(prefix)).length
        const isInTheMiddle = [having('chat:'), having('sealed:chat:')].every((some) => some > 0 && some < count)
        if (!isInTheMiddle) return
        transaction.removeEventListener('complete', again)
        hold(records)
        resolve()
      })
      const again = () => look(database)
      transaction.addEventListener('complete', again)
    }

    /** A transaction goes on as long as something is asked of it. */
    function hold(records: IDBObjectStore): void {
      records.count().addEventListener('success', () => hold(records))
    }
  })
}
