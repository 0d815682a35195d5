import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mainThreadTasks } from '../../bench/main-thread-tasks.mjs'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { ready, useAppSite } from './support/app-site.ts'
import { chooseMore, lastReply, send, withSettings } from './support/chat-page.ts'

// What stands around an answer has bounds as well: its thinking, what is read out, and its raw text.
const STEPS = 1000
const REPLY =
  `<thinking>\n{${STEPS}:47*8=388\n<reflection>\n7*8=56, 376, not 388: 47*8=376\n</reflection>\n}` +
  '{50000:word }\n<reflection>\nAll is well.\n</reflection>\n</thinking>\n' +
  '<output>\n{1000:A sentence that says something.\n\n}{80000:word }The end.\n</output>'
const LENGTH = 700_000 // about what that has, characters

/** As for answers: processor time of a task of the main thread, milliseconds, on a machine that has other things to do. */
const LONGEST_MS = 600

let browser: Browser
const site = useAppSite(async () => browser)

beforeAll(async () => {
  browser = await launchChromium() // its own, as a trace is of all of a browser
})
afterAll(() => browser?.close())

/** Does something and says which of its tasks took longest. */
async function longestTaskOf(deed: () => Promise<unknown>): Promise<number> {
  await browser.startTracing(undefined, { categories: ['toplevel'] })
  await deed()
  const trace = JSON.parse(String(await browser.stopTracing()))
  return Math.max(...mainThreadTasks(trace.traceEvents).map(({ processorMs }) => processorMs))
}

test('a reply of most of a megabyte never stops the page, and all of it can be had', async () => {
  const page: Page = await site.open(await site.profile(), { reply: REPLY, piece: 20_000 })
  await ready(page)
  await withSettings(page, (dialog) => dialog.getByRole('radio', { name: 'Advanced' }).check())
  const reply = lastReply(page)
  const streamed = await longestTaskOf(async () => {
    await send(page, 'How much?')
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    await reply.locator('.answer').getByText('from here on it is plain text').waitFor()
  })
  expect(streamed).toBeLessThan(LONGEST_MS)

  expect(await reply.locator('.entry').count()).toBeLessThan(300)
  await reply.getByText(/^The first 8\d\d steps are shown as they were written\.$/).waitFor()
  const thinking = reply.locator('.entry').first()
  await thinking.getByRole('button', { name: 'Show the full text' }).click()
  const steps = (await thinking.getByRole('group', { name: 'Full text' }).textContent()) ?? ''
  expect(steps.split('not 388').length).toBeGreaterThan(800)

  const spoken = await page.getByRole('log', { name: 'Answer' }).innerText()
  expect(spoken).toMatch(/^A sentence that says something\./)
  expect(spoken).toMatch(/It is too long to be read out here; all of it stands in the reply\.$/)
  expect(spoken.length).toBeLessThan(30_000)

  const shown = await longestTaskOf(async () => {
    await chooseMore(reply, 'Raw text')
    await reply.getByText('This is too long to be shown at once; it goes on.').waitFor()
  })
  expect(shown).toBeLessThan(LONGEST_MS)
  const raw = reply.locator('.raw')
  expect(((await raw.textContent()) ?? '').length).toBeLessThan(30_000)
  const opened = await longestTaskOf(() => raw.getByRole('button', { name: 'Show the full text' }).click())
  expect(opened).toBeLessThan(LONGEST_MS)
  const full = (await raw.getByRole('group', { name: 'Full text' }).textContent()) ?? ''
  expect(full.length).toBeGreaterThan(LENGTH)
  expect(full.endsWith('The end.\n</output>')).toBe(true)
  await raw.getByRole('button', { name: 'Hide the full text' }).click()
})
