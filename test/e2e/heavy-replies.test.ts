import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mainThreadTasks } from '../../bench/main-thread-tasks.mjs'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { pixelsBeyond } from './support/accessibility.ts'
import { ready, useAppSite } from './support/app-site.ts'
import { ask, chooseMore, composerOf, lastReply, replyEnded, withSettings } from './support/chat-page.ts'

// What stands around an answer has bounds as well: its thinking, what is read out, and its raw text.
const STEPS = 1000
const REPLY =
  `<thinking>\n{${STEPS}:47*8=388\n<reflection>\n7*8=56, 376, not 388: 47*8=376\n</reflection>\n}` +
  '{50000:word }\n<reflection>\nAll is well.\n</reflection>\n</thinking>\n' +
  '<output>\n{1000:A sentence that says something.\n\n}{80000:word }The end.\n</output>'
const LENGTH = 700_000 // about what that has, characters

/** As for answers: processor time of a task of the main thread, milliseconds, on a machine that has other things to do. */
const LONGEST_MS = 600
/** What is pasted or typed is waited for: no key may take so long. Before long texts were attached, a word of a megabyte took over 300. */
const LONGEST_PASTE_MS = 200

let browser: Browser
const site = useAppSite(async () => browser)

beforeAll(async () => {
  browser = await launchChromium({ windowless: true }) // its own, as a trace is of all of a browser
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
  const page: Page = await site.open(await site.profile(), { reply: REPLY, piece: 20_000, pace: 1 })
  await ready(page)
  await withSettings(page, (dialog) => dialog.getByRole('radio', { name: 'Advanced' }).check())
  const reply = lastReply(page)
  const streamed = await longestTaskOf(async () => {
    await ask(page, 'How much?')
    await replyEnded(page)
    await reply.locator('.answer').getByText('from here on it is plain text').waitFor()
  })
  expect(streamed).toBeLessThan(LONGEST_MS)

  expect(await reply.locator('.entry').count()).toBeLessThan(300)
  await reply.getByText(/^The first 8\d\d steps are shown as they were written\.$/).waitFor()
  const thinking = reply.locator('.entry').first()
  await thinking.getByRole('button', { name: 'Show the full text' }).click()
  const steps = (await thinking.getByRole('group', { name: 'Full text' }).textContent()) ?? ''
  expect(steps.split('not 388').length).toBeGreaterThan(800)

  const log = page.getByRole('log', { name: 'Answer' })
  const end = /It is too long to be read out here; all of it stands in the reply\.$/
  await expect.poll(() => log.innerText()).toMatch(end)
  const spoken = await log.innerText()
  expect(spoken).toMatch(/^A sentence that says something\./)
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

test('a word of a megabyte that is pasted never stops the page: it stands beside the message and is sent with it', async () => {
  const word = `${'a'.repeat(500_000)}b${'a'.repeat(500_000)}`
  const profile = await site.profile({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await site.open(profile, { play: 'corrects' })
  await ready(page)
  await page.evaluate((text) => navigator.clipboard.writeText(text), word)
  const chip = page.getByRole('button', { name: /1,000,001 characters$/ })
  const field = composerOf(page)
  await field.pressSequentially('How many?')
  const pasted = await longestTaskOf(async () => {
    await field.press('ControlOrMeta+V')
    await chip.waitFor()
    await field.pressSequentially(' Say.')
  })
  expect(pasted).toBeLessThan(LONGEST_PASTE_MS)
  expect(await field.inputValue()).toBe('How many? Say.')

  await page.getByRole('button', { name: 'Remove this text' }).click()
  await chip.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo' }).click()
  const opened = await longestTaskOf(async () => {
    await chip.click()
    const text = page.getByRole('textbox', { name: 'Text', exact: true })
    await expect.poll(() => text.inputValue()).toBe('a'.repeat(10_000))
    await text.press('ControlOrMeta+End')
    await text.pressSequentially('c')
    await page.getByRole('button', { name: 'Next part' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: /1,000,002 characters$/ }).waitFor()
  })
  expect(opened).toBeLessThan(LONGEST_PASTE_MS)
  await page.reload()
  await ready(page)

  const sent = await longestTaskOf(async () => {
    await field.press('Enter')
    await lastReply(page).waitFor()
    await replyEnded(page)
  })
  expect(sent).toBeLessThan(LONGEST_MS)
  const message = `${word.slice(0, 10_000)}c${word.slice(10_000)}\n\nHow many? Say.`
  expect(await page.locator('.user-text').textContent()).toBe(message)

  const editor = page.getByRole('textbox', { name: 'Edit your message' })
  const edited = await longestTaskOf(async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await editor.pressSequentially('!')
  })
  expect(edited).toBeLessThan(LONGEST_PASTE_MS)
  expect(await editor.inputValue()).toBe('How many? Say.!')
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await pixelsBeyond(page)).toBe(0)
  await editor.press('Enter')
  await expect.poll(() => page.locator('.user-text').textContent()).toBe(`${message}!`)
  await replyEnded(page)
})
