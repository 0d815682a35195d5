import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { ready } from './support/app-site.ts'
import { ask, lastReply, replyEnded } from './support/chat-page.ts'
import { createPlainTabs, type PlainTab } from './support/plain-tab.ts'

// Tabs of one profile with the real engine, on the processor.
const QUESTION = 'What is 5 + 4?'
const LONG = 'What is 47 * 38?' // is thought about for so long that one can do something meanwhile

/** No test asserts time; but one that waits for what never comes shall say for what. */
const PATIENT = { timeout: 60_000 }

let site: Awaited<ReturnType<typeof serveSite>>
let browser: Browser
let profile: BrowserContext

beforeAll(async () => {
  site = await serveSite({ port: 0 })
  browser = await launchChromium({ windowless: true }) // its own, as one of its tabs crashes
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
  await expect.poll(() => first.workers().length).toBe(1)
  expect(second.workers()).toEqual([])
  const ofWorker = first.workers()[0]?.url() ?? ''
  expect(requests.filter((url) => url === ofWorker || /\.(gguf|wasm)$/.test(url))).toEqual([])
  await ask(second, QUESTION)
  await replyEnded(second)
  await expect.poll(() => lastReply(second).locator('.answer').innerText()).toMatch(/\d/)

  // What anybody of this origin may say on the channel of the tabs disturbs nobody.
  await second.evaluate(floodHall)
  await second.evaluate(askForRequests)
  expect(first.workers()).toHaveLength(1)
  expect(second.workers()).toEqual([])
  await ask(second, QUESTION)
  await replyEnded(second)
  const heard = () => second.evaluate('globalThis.heardOfOne')
  await expect.poll(heard).toBeGreaterThan(0)
  expect(await heard()).toBeLessThan(100)
})

test('a tab that is frozen in mid-answer goes on when it thaws; where another one uses its engine, that one has it meanwhile', async () => {
  const open = await createPlainTabs(browser)
  const one = await open(`${site.url}?engine=processor`)
  const status = (tab: PlainTab) => tab.evaluate("document.querySelector('.picker + [role=status]')?.textContent")
  const leader = (tab: PlainTab) =>
    tab.evaluate(
      "navigator.locks.query().then(({ held }) => held.find(({ name }) => name.endsWith('/leader'))?.clientId)",
    )
  await expect.poll(() => status(one), PATIENT).toContain('ready')
  await one.evaluate("document.addEventListener('freeze', () => (globalThis.wasFrozen = true))")
  await one.type(LONG)
  const begun = one.evaluate(thinkingBegun) // looked for in the page itself, as it is soon over
  await one.pressEnter()
  await begun
  await one.setFrozen(true)
  await one.setFrozen(false)
  await expect.poll(() => one.evaluate('globalThis.wasFrozen'), PATIENT).toBe(true)
  await expect.poll(() => one.evaluate("document.querySelector('.answer')?.textContent"), PATIENT).toMatch(/\d/)

  const before = await leader(one)
  const two = await open(`${site.url}?engine=processor`)
  await expect.poll(() => status(two), PATIENT).toContain('ready')
  expect(await leader(two)).toBe(before)
  await one.setFrozen(true)
  await expect.poll(() => leader(two), PATIENT).not.toBe(before)
  await two.type(LONG)
  const send = async () => {
    await two.pressEnter() // it may be loading the model yet
    return two.evaluate("document.querySelectorAll('.reply').length")
  }
  await expect.poll(send, PATIENT).toBe(1)
  await expect.poll(() => two.evaluate("document.querySelector('.answer')?.textContent"), PATIENT).toMatch(/\d/)
  await one.setFrozen(false)
  await expect.poll(() => status(one), PATIENT).toContain('ready')
})

test('when the tab with the engine is closed in mid-answer another one has it, and the reply goes on; so after a crash', async () => {
  const first = await openTab()
  const second = await openTab()
  await first.workers()[0]?.evaluate(stopAtThought)
  await ask(second, LONG)
  await lastReply(second).getByText('Thinking').first().waitFor()
  await first.close()
  await lastReply(second).getByText('Interrupted before it was finished.').waitFor()
  await ready(second)
  await expect.poll(() => second.workers().length).toBe(1)
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

/** An expression for a page: resolves when a reply begins to think. */
const thinkingBegun = `new Promise((resolve) => {
  const look = () => document.querySelector('.reply:last-of-type')?.innerText.includes('Thinking') && resolve()
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
})`

/** Runs in the page: thousands of messages, of none of which a tab is the sender. */
async function floodHall(): Promise<void> {
  const script = document.querySelector<HTMLScriptElement>('script[type=module]')
  const hall = new BroadcastChannel(`second-thought.engine/1/${script?.src}`)
  const shapes: unknown[] = [null, 'x'.repeat(10_000), [[[]]], { type: 'lead' }, { type: 'seek', tab: 7 }]
  for (let sent = 0; sent < 5000; sent++) {
    const forged = { type: sent % 2 === 0 ? 'lead' : 'seek', tab: `nobody ${sent}` }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    hall.postMessage(sent % 5 === 0 ? forged : shapes[sent % shapes.length])
  }
  await new Promise((resolve) => setTimeout(resolve))
  hall.close()
}

/** Runs in the page: asks the worker a thousand times for all requests that it made, and counts how often it tells of one of them. */
function askForRequests(): void {
  const channel = new BroadcastChannel('second-thought.requests')
  Object.assign(globalThis, { heardOfOne: 0 })
  channel.addEventListener('message', ({ data }) => {
    if (data?.by === 'worker' && data.address?.endsWith('.gguf'))
      (globalThis as unknown as { heardOfOne: number }).heardOfOne++
  })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  for (let sent = 0; sent < 1000; sent++) channel.postMessage('all')
}

/** Runs in a worker: from the first thought that it sends it is busy until it is ended, so the reply stays half written however busy the machine is. */
function stopAtThought(): void {
  const neverReturn = () => {
    for (;;) continue
  }
  const send = MessagePort.prototype.postMessage
  MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, ...rest: [never]) {
    send.call(this, message, ...rest)
    // A digit can be seen; and what was sent leaves before.
    if (/"reasoning-delta"[^}]*"delta":"[^"]*\d/.test(JSON.stringify(message) ?? '')) setTimeout(neverReturn)
  }
}
