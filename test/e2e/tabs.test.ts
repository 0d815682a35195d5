import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveSite } from '../../scripts/start.mjs'
import { ready } from './support/app-site.ts'
import { ask, lastReply, replyEnded } from './support/chat-page.ts'
import { sharedBrowser } from './support/shared-browser.ts'

// Tabs of one profile with the real engine, on the processor.
const QUESTION = 'What is 47 * 38?'

let site: Awaited<ReturnType<typeof serveSite>>
let profile: BrowserContext

beforeAll(async () => {
  site = await serveSite({ port: 0 })
  profile = await (await sharedBrowser()).newContext()
  profile.setDefaultTimeout(120_000)
})
afterAll(async () => {
  await profile?.close()
  await site?.close()
})

/** One more tab, with its model ready. @param prepare Does something to the page before it loads. */
async function openTab(prepare: (page: Page) => Promise<void> = async () => undefined): Promise<Page> {
  const page = await profile.newPage()
  await prepare(page)
  await page.goto(`${site.url}?engine=processor`)
  await ready(page)
  return page
}

test('a second tab has the engine of the first one, and loads nothing', async () => {
  const first = await openTab()
  const requests: string[] = []
  const second = await openTab(async (page) => void page.on('request', (request) => requests.push(request.url())))
  expect(first.workers()).toHaveLength(1)
  expect(second.workers()).toEqual([])
  const ofWorker = first.workers()[0]?.url() ?? ''
  expect(requests.filter((url) => url === ofWorker || /\.(gguf|wasm)$/.test(url))).toEqual([])
  await ask(second, QUESTION)
  await replyEnded(second)
  await expect.poll(() => lastReply(second).locator('.answer').innerText()).toMatch(/\d/)
})
