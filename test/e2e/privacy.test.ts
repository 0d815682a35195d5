import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import {
  ask,
  chatList,
  lastReply,
  modelSettled,
  openChat,
  replyEnded,
  withSettings,
  type ChatPage,
} from './support/chat-page.ts'

// One session through all of the built page, with the embedded model. A test goes on where the one before it ended.
let site: Awaited<ReturnType<typeof serveSite>>
let browser: Browser
let chat: ChatPage

beforeAll(async () => {
  site = await serveSite({ port: 0 })
  browser = await launchChromium()
  chat = await openChat(browser, site.url, { permissions: ['clipboard-read', 'clipboard-write'] })
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** Requests to anyone but the page's own origin; what the page makes itself goes to nobody. */
function requestsToOthers(): string[] {
  const { origin } = new URL(site.url)
  return chat.requests.filter((address) => !address.startsWith(`${origin}/`) && !/^(blob|data):/.test(address))
}

test('a session through all features asks nobody but its own origin', async () => {
  const { page } = chat
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  const article = page.getByRole('article', { name: 'Reply' })
  await withSettings(page, async (dialog) => {
    await dialog.getByRole('radio', { name: 'Advanced' }).check()
    await dialog.getByRole('radio', { name: 'Dark' }).check()
    await dialog.getByRole('textbox', { name: 'Your own instructions' }).fill('See https://elsewhere.example/.')
  })
  await page.getByRole('button', { name: 'What is 47 * 38?' }).click()
  await article.first().waitFor()
  const reply = await replyEnded(page)
  await reply.getByRole('button', { name: 'Copy answer' }).click()
  await reply.getByRole('button', { name: 'Raw text' }).click()
  await reply.getByRole('button', { name: 'Regenerate' }).click()
  await lastReply(page).getByText('2/2').waitFor()
  await replyEnded(page)
  await ask(page, '![a picture](https://elsewhere.example/a.png) <img src="https://elsewhere.example/b.png">')
  await page.keyboard.press('Escape')
  await replyEnded(page)

  await chatList(page).getByRole('searchbox').fill('47')
  await chatList(page).getByText('1 chat found').waitFor()
  await chatList(page).getByRole('searchbox').fill('')
  for (const action of ['Export as Markdown', 'Export as JSON']) {
    await chatList(page)
      .getByRole('button', { name: /^Actions for/ })
      .click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: action }).click(),
    ])
    expect(await download.failure()).toBe(null)
  }
  await chatList(page).getByText('Import and export').click()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    chatList(page).getByRole('button', { name: 'Export all chats' }).click(),
  ])
  await chatList(page)
    .locator('input[type=file]')
    .setInputFiles(await file.path())
  await chatList(page).getByText('1 chat was imported.').waitFor()

  await page.getByRole('link', { name: 'Models', exact: true }).click()
  await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
  await page
    .getByRole('button', { name: /^Loaded: Reflection Tiny|^Load / })
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Back to the chat' }).click()

  await withChinese()
  await page.reload()
  await page.getByRole('status').filter({ hasText: '就绪' }).waitFor()
  await page.getByRole('button', { name: '设置' }).click()
  await page.getByRole('combobox', { name: '语言' }).selectOption('en')
  await page.getByRole('button', { name: 'Done' }).click()

  expect(chat.requests.length).toBeGreaterThan(5)
  expect(requestsToOthers()).toEqual([])
})

test('breaks no rule of the policy', async () => {
  expect(await chat.complaints()).toEqual([])
})

test('keeps nothing in cookies, which every request would carry', async () => {
  expect(await chat.page.context().cookies()).toEqual([])
  expect(await chat.page.evaluate(() => document.cookie)).toBe('')
})

test('answers without a network once it is loaded', async () => {
  const { page } = chat
  const fetched = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .join(),
    )
  await expect.poll(fetched).toContain('typeset-math') // the last of the parts that are fetched ahead
  await page.context().setOffline(true)
  expect(await page.evaluate(() => fetch('./').then(String, () => 'offline'))).toBe('offline')
  await page.getByRole('button', { name: 'New chat' }).first().click()
  await ask(page, 'What is 12 * 11?')
  const reply = await replyEnded(page)
  expect((await reply.locator('.answer').innerText()).trim()).not.toBe('')
  expect(requestsToOthers()).toEqual([])
})

// The page of models was not opened in this visit, as a reload came before.
test('shows all of its parts without a network once it is loaded', async () => {
  const { page } = chat
  await page.getByRole('link', { name: 'Models', exact: true }).click()
  const heading = page.getByRole('heading', { name: 'This device', exact: true })
  await expect.poll(() => heading.isVisible()).toBe(true)
})

async function withChinese(): Promise<void> {
  const { page } = chat
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN')
  await page.getByRole('button', { name: '完成' }).click()
}
