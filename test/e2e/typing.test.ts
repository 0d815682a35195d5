import type { BrowserContext, Locator, Page } from 'playwright'
import { beforeEach, describe, expect, test } from 'vitest'
import { ready, useAppSite } from './support/app-site.ts'
import { ask, composerOf, lastReply, replyBegun, replyEnded } from './support/chat-page.ts'

// A field that is written in belongs to the user. Here frames wait until a test lets one go by, as they do on a machine that is busy:
// what the page does between a key and the next one is then the same in every run.
const site = useAppSite()
let profile: BrowserContext
let page: Page

beforeEach(async () => {
  profile = await site.newProfile()
  await profile.addInitScript(takeFrames)
})

const editor = () => page.getByRole('textbox', { name: 'Edit your message' })
const edit = () => page.getByRole('button', { name: 'Edit', exact: true })

/** From now on no frame goes by but by `frame`. */
const holdFrames = () => page.evaluate('holdFrames()')
const frame = () => page.evaluate('letFrameGo()')
const releaseFrames = () => page.evaluate('releaseFrames()')

async function selectAll(field: Locator): Promise<void> {
  await field.evaluate((element: HTMLTextAreaElement) => {
    element.focus()
    element.select()
  })
}

describe('a message that is edited', () => {
  test('keeps what is selected in its field, however late the frames come', async () => {
    page = await site.open(profile)
    await ready(page)
    await ask(page, 'What is 47 * 38?')
    await replyEnded(page)
    await holdFrames()
    await edit().dispatchEvent('click')
    await frame()
    await selectAll(editor())
    await frame()
    await frame()
    await page.keyboard.type('In other words')
    await releaseFrames()
    expect(await editor().inputValue()).toBe('In other words')
  })

  test('has its field at once, so that a key that follows stands in it', async () => {
    page = await site.open(profile)
    await ready(page)
    await ask(page, 'What is 9 * 3?')
    await replyEnded(page)
    await holdFrames()
    await composerOf(page).focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.type(' Really?')
    expect(await editor().inputValue()).toBe('What is 9 * 3? Really?')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    await frame()
    await frame()
    await releaseFrames()
    expect(await edit().evaluate((button) => button === document.activeElement)).toBe(false)
  })

  test('stays where it is while a reply grows, with the text, the selection and the focus', async () => {
    page = await site.open(profile, { messages: 40, pace: 20 })
    await ready(page)
    await page.locator('.chat-link').first().click()
    await page.locator('.user-text').last().waitFor()
    await page.locator('st-markdown').last().waitFor() // answers that are drawn later change their heights
    await edit().last().click()
    await editor().fill('one two three')
    await composerOf(page).fill('Go on')
    await page.keyboard.press('Enter')
    await replyBegun(page)
    await editor().evaluate((field: HTMLTextAreaElement) => {
      field.focus()
      field.setSelectionRange(4, 7)
    })
    const top = () => editor().evaluate((field) => Math.round(field.getBoundingClientRect().top))
    const before = await top()
    await replyEnded(page)
    await lastReply(page).getByRole('button', { name: 'Copy answer' }).waitFor()
    expect(await top()).toBe(before)
    await page.keyboard.type('2')
    expect(await editor().inputValue()).toBe('one 2 three')
  })

  test('stays with its text when messages follow, of which only so many are in the page', async () => {
    page = await site.open(profile, { messages: 30 }) // as many as a chat shows at first
    await ready(page)
    await page.locator('.chat-link').first().click()
    await page.locator('.user-text').last().waitFor()
    await edit().first().click()
    await editor().fill('Half a thou')
    await ask(page, 'Another question')
    await replyEnded(page)
    expect(await editor().inputValue()).toBe('Half a thou')
  })
})

describe('the field for messages', () => {
  test('is empty at once when a message was sent, so that the next one begins there', async () => {
    page = await site.open(profile)
    await ready(page)
    await holdFrames()
    await composerOf(page).focus()
    await page.keyboard.type('one')
    await page.keyboard.press('Enter')
    await page.keyboard.type('two')
    await frame()
    await releaseFrames()
    await replyEnded(page)
    expect(await page.locator('.user-text').textContent()).toBe('one')
    expect(await composerOf(page).inputValue()).toBe('two')
  })

  test('keeps what is selected in it while a reply is written', async () => {
    page = await site.open(profile, { pace: 20 })
    await ready(page)
    await ask(page, 'What is 47 * 38?')
    await composerOf(page).fill('one two three')
    await composerOf(page).evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(4, 7))
    await replyEnded(page)
    await page.keyboard.type('2')
    expect(await composerOf(page).inputValue()).toBe('one 2 three')
  })
})

/** Runs in the page. */
function takeFrames(): void {
  const held: FrameRequestCallback[] = []
  let areHeld = false
  const request = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (callback) => (areHeld ? -held.push(callback) : request(callback))
  const letOneGo = () => {
    for (const callback of held.splice(0)) callback(performance.now())
  }
  const letAllGo = () => {
    areHeld = false
    while (held.length > 0) letOneGo()
  }
  Object.assign(globalThis, { holdFrames: () => (areHeld = true), letFrameGo: letOneGo, releaseFrames: letAllGo })
}
