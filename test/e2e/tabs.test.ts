import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { ready } from './support/app-site.ts'
import { ask, lastReply, replyEnded } from './support/chat-page.ts'

// Tabs of one profile with the real engine, on the processor.
const QUESTION = 'What is 47 * 38?'

let site: Awaited<ReturnType<typeof serveSite>>
let browser: Browser
let profile: BrowserContext

beforeAll(async () => {
  site = await serveSite({ port: 0 })
  browser = await launchChromium() // its own, as one of its tabs crashes
})
beforeEach(async () => {
  profile = await browser.newContext({ serviceWorkers: 'block' })
  profile.setDefaultTimeout(120_000)
})
afterEach(() => profile.close())
afterAll(async () => {
  await browser?.close()
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

test('when the tab with the engine is closed in mid-answer another one has it, and the reply goes on; so after a crash', async () => {
  const first = await openTab()
  const second = await openTab()
  await ask(second, QUESTION)
  await expect.poll(() => lastReply(second).locator('.pill-name').allTextContents()).toContain('Thinking…')
  void first
    .workers()[0]
    ?.evaluate(neverReturn)
    .catch(() => undefined) // nothing more is written
  await first.close()
  await lastReply(second).getByText('Interrupted before it was finished.').waitFor()
  await ready(second)
  expect(second.workers()).toHaveLength(1)
  await lastReply(second).getByRole('button', { name: 'Continue' }).click()
  await replyEnded(second)
  await expect.poll(() => lastReply(second).locator('.answer').innerText()).toMatch(/\d/)
  expect(await lastReply(second).innerText()).not.toContain('Interrupted')

  const third = await openTab()
  expect(third.workers()).toEqual([])
  const session = await profile.newCDPSession(second)
  void session.send('Page.crash').catch(() => undefined)
  await expect.poll(() => third.workers().length).toBe(1)
  await ready(third)
  await ask(third, QUESTION)
  await replyEnded(third)
  await expect.poll(() => lastReply(third).locator('.answer').innerText()).toMatch(/\d/)
})

/** Keeps a worker busy until it is ended. */
function neverReturn(): void {
  for (;;) continue
}
