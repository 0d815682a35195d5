import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { serveSite } from '../../scripts/start.mjs'
import { ask, lastReply, modelSettled, openChat, replyEnded, type ChatPage } from './support/chat-page.ts'

/** What the scripts of the page may weigh before anything is asked, bytes; bench/sections/first-load.mjs tells them one by one. */
const MOST_GZIP_BYTES = 80_000

let site: Awaited<ReturnType<typeof serveSite>>
let chat: ChatPage | undefined

beforeAll(async () => {
  site = await serveSite({ port: 0 })
})
afterEach(() => chat?.close()) // also of a test that failed: the next one would wait for its page
afterAll(() => site?.close())

/** All scripts that were asked for but the worker's, which are its own and what it asks for itself. */
async function scriptBytes({ page, requests }: ChatPage): Promise<number> {
  const asked = requests.filter((url) => url.endsWith('.js')) // before other parts are fetched ahead
  const byWorkers = page
    .workers()
    .map((worker) => worker.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)))
  const ofWorkers = new Set([...page.workers().map((worker) => worker.url()), ...(await Promise.all(byWorkers)).flat()])
  const scripts = asked.filter((url) => !ofWorkers.has(url))
  const sizes = scripts.map(async (url) => gzipSync(await (await fetch(url)).arrayBuffer(), { level: 9 }).length)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

async function fails(page: Page, part: string): Promise<void> {
  await page.route(`**/assets/${part}-*.js`, (route) => route.abort())
}

const notice = (page: Page) => page.getByRole('status').filter({ hasText: 'could not be fetched' })

test.each([
  ['en-US', /ready/],
  ['zh-CN', /就绪/],
])('the page is there and its model ready with no more script than it may have: %s', async (locale, ready) => {
  chat = await openChat(site.url, { locale })
  await chat.page.getByRole('status').filter({ hasText: ready }).waitFor()
  const bytes = await scriptBytes(chat)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThanOrEqual(MOST_GZIP_BYTES)
})

test('a part that cannot be fetched is told, and another try or a reload brings it', async () => {
  chat = await openChat(site.url)
  const { page } = chat
  await fails(page, 'settings-dialog')
  await fails(page, 'model-page')
  await page.reload() // nothing was fetched ahead
  await page.getByRole('button', { name: 'Settings' }).click()
  await notice(page).waitFor()
  expect(await page.getByRole('dialog', { name: 'Settings' }).count()).toBe(0)

  const failed = page.waitForEvent('requestfailed')
  await page.getByRole('link', { name: 'Models' }).click()
  await failed
  await expect.poll(() => new URL(page.url()).hash).not.toBe('#/models')
  await page.getByRole('textbox', { name: 'Your message' }).waitFor()

  await page.unrouteAll()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('dialog', { name: 'Settings' }).waitFor()
  await page.keyboard.press('Escape')
  const reloaded = page.waitForEvent('load') // a page that is closed while it loads anew may never be told that it is
  await notice(page).getByRole('button', { name: 'Reload' }).click()
  await reloaded
  await page.getByRole('textbox', { name: 'Your message' }).waitFor()
  expect(await notice(page).count()).toBe(0)
})

test('an answer is plain text where its renderer cannot be fetched, and rendered after a reload', async () => {
  chat = await openChat(site.url)
  const { page } = chat
  await fails(page, 'markdown-text')
  await page.reload() // nothing was fetched ahead
  await modelSettled(page)
  await ask(page, 'What is 47 * 38?')
  await notice(page).waitFor()
  const answer = lastReply(page).locator('.answer')
  await expect.poll(() => answer.innerText()).toMatch(/\d/)
  await replyEnded(page)
  expect(await lastReply(page).locator('st-markdown').count()).toBe(0)

  await page.unrouteAll()
  await notice(page).getByRole('button', { name: 'Reload' }).click()
  await expect.poll(() => lastReply(page).locator('st-markdown').innerText()).toMatch(/\d/)
})
