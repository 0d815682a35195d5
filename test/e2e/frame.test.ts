import type { BrowserContext, Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { accessibilityFaults, pixelsBeyond } from './support/accessibility.ts'
import { ready, useAppSite, type Play } from './support/app-site.ts'
import { ask, chatList, hasFocus, lastReply, replyBegun, replyEnded } from './support/chat-page.ts'

// What stands around the chat: the list that can be put away, the head with its picker, and the notices.
const site = useAppSite()
let profile: BrowserContext

async function open(play: Play = {}, hash = ''): Promise<Page> {
  profile = await site.newProfile()
  const page = await site.open(profile, play, hash)
  await ready(page)
  return page
}

const hide = (page: Page) => page.getByRole('button', { name: 'Hide chats' })
const show = (page: Page) => page.getByRole('button', { name: 'Show chats' })
const picker = (page: Page) => page.getByRole('button', { name: /^Model:/ })

describe('the list of chats', () => {
  test('is put away and stays so, until it is asked for; the focus goes along', async () => {
    const page = await open({ chats: 2 })
    await hide(page).press('Enter')
    await expect.poll(() => chatList(page).isVisible()).toBe(false)
    await expect.poll(hasFocus(show(page))).toBe(true)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.reload()
    await ready(page)
    expect(await chatList(page).isVisible()).toBe(false)
    await page.getByRole('button', { name: 'New chat' }).waitFor() // in the head, as the list has none to offer

    await show(page).press('Enter')
    await expect.poll(() => chatList(page).isVisible()).toBe(true)
    await expect.poll(hasFocus(hide(page))).toBe(true)
    await hide(page).click()
    await page.keyboard.press('Control+k')
    await expect.poll(hasFocus(chatList(page).getByRole('searchbox'))).toBe(true)
  })

  test('is a drawer on a phone, which its button closes and leaves as it is on a wide page', async () => {
    const page = await open({ chats: 2 })
    await page.setViewportSize({ width: 360, height: 740 })
    await show(page).click()
    await hide(page).click()
    await expect.poll(() => chatList(page).isVisible()).toBe(false)
    await page.setViewportSize({ width: 1280, height: 740 })
    await expect.poll(() => chatList(page).isVisible()).toBe(true)
  })

  test('marks the chat in which a reply is written', async () => {
    const page = await open({ hold: 12 })
    const mark = chatList(page).getByRole('img', { name: 'A reply is being written' })
    expect(await mark.count()).toBe(0)
    await ask(page, 'What is 47 * 38?')
    await replyBegun(page)
    await mark.waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('has no mark once the reply is there', async () => {
    const page = await open()
    await ask(page, 'What is 47 * 38?')
    await replyEnded(page)
    await expect.poll(() => chatList(page).getByRole('img').count()).toBe(0)
  })
})

describe('the model picker', () => {
  test('says which model it is and how it stands with it, and has those that are here and the way to all', async () => {
    const page = await open()
    await expect.poll(() => picker(page).innerText()).toMatch(/^Model:\s*Scripted\s*ready$/)
    await picker(page).press('Enter')
    const menu = page.getByRole('menu', { name: 'Models on this device' })
    const chosen = menu.getByRole('menuitemradio', { name: /^Scripted/ })
    await expect.poll(hasFocus(chosen)).toBe(true)
    expect(await chosen.getAttribute('aria-checked')).toBe('true')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect.poll(hasFocus(picker(page))).toBe(true)
    await picker(page).click()
    await menu.getByRole('menuitem', { name: 'All models…' }).click()
    await expect.poll(() => new URL(page.url()).hash).toBe('#/models')
  })

  test('tells how far a download is, and that a load failed', async () => {
    profile = await site.newProfile()
    const loading = await site.open(profile, { loading: 'hold' })
    await expect.poll(() => picker(loading).innerText()).toMatch(/40%$/)
    const failed = await site.open(profile, { loadFail: 'download-failed' })
    await expect.poll(() => picker(failed).innerText()).toMatch(/not loaded$/)
  })
})

describe('a tooltip', () => {
  test('names the button that has the focus, within the window, and Escape takes it away', async () => {
    const page = await open()
    await hide(page).press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Shift+Tab')
    const tooltip = page.locator('.tooltip')
    await expect.poll(() => tooltip.innerText()).toBe('Show chats')
    const { x = -1 } = (await tooltip.boundingBox()) ?? {}
    expect(x).toBeGreaterThanOrEqual(0)
    await page.keyboard.press('Escape')
    await expect.poll(() => tooltip.isVisible()).toBe(false)
  })

  test('of the focus stays when the pointer comes over something else', async () => {
    const page = await open()
    await page.mouse.move(400, 300)
    await hide(page).press('Enter')
    const tooltip = page.locator('.tooltip')
    await expect.poll(() => tooltip.innerText()).toBe('Show chats')
    await page.getByRole('textbox', { name: 'Your message' }).hover()
    expect(await tooltip.isVisible()).toBe(true)
    await page.keyboard.press('Tab')
    await expect.poll(() => tooltip.isVisible()).toBe(false)
  })

  test('of a pointer goes when it leaves the button', async () => {
    const page = await open()
    await hide(page).hover()
    const tooltip = page.locator('.tooltip')
    await expect.poll(() => tooltip.isVisible()).toBe(true)
    await page.mouse.move(500, 400)
    await expect.poll(() => tooltip.isVisible()).toBe(false)
  })
})

describe('a notice', () => {
  const notice = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text })

  test('offers no reload while there is no network, and none that would lead nowhere', async () => {
    const page = await open()
    await page.route('**/assets/settings-dialog-*.js', (route) => route.abort())
    await page.route('**/assets/model-page-*.js', (route) => route.abort())
    await page.reload()
    await page.getByRole('button', { name: 'Settings' }).click()
    await notice(page, 'could not be fetched').waitFor()
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
    const reload = page.getByRole('button', { name: 'Reload' })

    await profile.setOffline(true)
    await notice(page, 'You are offline.').waitFor()
    expect(await reload.count()).toBe(0)
    await profile.setOffline(false)
    await page.route('**/*', (route) => (route.request().method() === 'HEAD' ? route.abort() : route.continue()))
    await reload.click()
    await notice(page, 'cannot be reached at the moment').waitFor()
    expect(await page.evaluate('isSamePage')).toBe(true)

    await page.unrouteAll()
    await reload.click()
    await expect.poll(() => page.evaluate('globalThis.isSamePage')).toBe(undefined)
  })

  test('tells of a chat that was damaged since it was listed, which leaves the list', async () => {
    const page = await open({ chats: 2 })
    const link = chatList(page).getByRole('link', { name: 'What is 7 * 3? (1)' })
    await link.waitFor()
    await page.evaluate(damage, 'chat:chat-0')
    await link.click()
    await notice(page, 'That chat is damaged').waitFor()
    await expect.poll(() => link.count()).toBe(0)
  })
})

test('what stands around the chat leaves room for it in a small window with large text', async () => {
  const page = await open({ chats: 3 }, '#/chat/chat-2')
  await lastReply(page).waitFor()
  await page.setViewportSize({ width: 320, height: 400 })
  await page.addStyleTag({ content: 'html { font-size: 200% !important }' })
  expect(await pixelsBeyond(page)).toBe(0)
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
  const header = await page.locator('.header').boundingBox()
  expect((header?.y ?? 0) + (header?.height ?? 0)).toBeLessThanOrEqual(0) // it went with the page
  await page.evaluate(() => window.scrollTo(0, 0))
  await show(page).click()
  await hide(page).waitFor()
  const beyond = await chatList(page).evaluate((list) => list.scrollWidth - list.clientWidth)
  expect(beyond).toBe(0)
})

test('a message that a search found is shown in a chat of 5,000', async () => {
  const page = await open({ messages: 5000 })
  await chatList(page).getByRole('searchbox').fill('"7 * 3"')
  await chatList(page).locator('.hit-link').first().click()
  const message = page.locator('.user-text').filter({ hasText: 'What is 7 * 3? (1)' })
  await message.waitFor()
  await expect.poll(() => message.evaluate((text) => text.getBoundingClientRect().top)).toBeGreaterThan(0)
  const { height } = page.viewportSize() ?? { height: 0 }
  await expect.poll(() => message.evaluate((text) => text.getBoundingClientRect().bottom)).toBeLessThan(height)
})

/** Runs in the page: damages a stored record behind its back. */
function damage(key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const writing = opening.result.transaction('records', 'readwrite')
      writing.objectStore('records').put({ schema: 1, version: 3, conversation: { nodes: 'none' } }, key)
      writing.addEventListener('complete', () => {
        opening.result.close()
        resolve()
      })
    })
  })
}
