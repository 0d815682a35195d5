import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveSite } from '../../scripts/start.mjs'
import {
  ask,
  chatList,
  lastReply,
  modelSettled,
  newChat,
  openChat,
  chooseMore,
  replyEnded,
  withSettings,
  type ChatPage,
} from './support/chat-page.ts'

// All of the built page, with the embedded model.
let site: Awaited<ReturnType<typeof serveSite>>

beforeAll(async () => {
  site = await serveSite({ port: 0 })
})
afterAll(() => site?.close())

/** Requests to anyone but the page's own origin; what the page makes itself goes to nobody. */
function requestsToOthers({ requests }: ChatPage): string[] {
  const { origin } = new URL(site.url)
  return requests.filter((address) => !address.startsWith(`${origin}/`) && !/^(blob|data):/.test(address))
}

describe('a session through all features', () => {
  let chat: ChatPage

  beforeAll(async () => {
    chat = await openChat(site.url, { permissions: ['clipboard-read', 'clipboard-write'] })
    await useAllFeatures(chat)
  })
  afterAll(() => chat?.close())

  test('asks nobody but its own origin', () => {
    expect(chat.requests.length).toBeGreaterThan(5)
    expect(requestsToOthers(chat)).toEqual([])
  })

  test('breaks no rule of the policy', async () => {
    expect(await chat.complaints()).toEqual([])
  })

  test('keeps nothing in cookies, which every request would carry', async () => {
    expect(await chat.page.context().cookies()).toEqual([])
    expect(await chat.page.evaluate(() => document.cookie)).toBe('')
  })

  test('reaches no server that the policy does not name, and says how to name it', async () => {
    const { page } = chat
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByText('Use a model on a server').click()
    await page.getByRole('textbox', { name: 'Address of the server' }).fill('https://elsewhere.example')
    await page.getByRole('button', { name: 'Ask which it has' }).click()
    await expect
      .poll(() => page.locator('#server-news').innerText())
      .toContain('MODEL_HOSTS="https://elsewhere.example" npm start')
    expect(requestsToOthers(chat)).toEqual([])
  })
})

describe('without a network, once it is loaded, the page', () => {
  let chat: ChatPage

  beforeAll(async () => {
    chat = await openChat(site.url)
    const { page } = chat
    expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
    await page.waitForFunction(() => {
      const fetched = performance.getEntriesByType('resource')
      return fetched.some(({ name }) => name.includes('typeset-math')) // the last of the parts that are fetched ahead
    })
    await page.context().setOffline(true)
    expect(await page.evaluate(() => fetch('./').then(String, () => 'offline'))).toBe('offline')
  })
  afterAll(() => chat?.close())

  test('answers', async () => {
    const { page } = chat
    await newChat(page)
    await ask(page, 'What is 12 * 11?')
    const reply = await replyEnded(page)
    expect((await reply.locator('.answer').innerText()).trim()).not.toBe('')
    expect(requestsToOthers(chat)).toEqual([])
  })

  test('shows all of its parts', async () => {
    const { page } = chat
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    const heading = page.getByRole('heading', { name: 'This device', exact: true })
    await expect.poll(() => heading.isVisible()).toBe(true)
  })
})

/** Does all that can be done in the page, and ends with a loaded page in English. */
async function useAllFeatures({ page }: ChatPage): Promise<void> {
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  const article = page.getByRole('article', { name: 'Reply' })
  await withSettings(page, async (dialog) => {
    await dialog.getByRole('radio', { name: 'Advanced' }).check()
    await dialog.getByRole('tab', { name: 'Appearance' }).click()
    await dialog.getByRole('radio', { name: 'Dark' }).check()
    await dialog.getByRole('tab', { name: 'Model' }).click()
    await dialog.getByRole('textbox', { name: 'Your own instructions' }).fill('See https://elsewhere.example/.')
  })
  await page.getByRole('button', { name: 'What is 47 * 38?' }).click()
  await article.first().waitFor()
  const reply = await replyEnded(page)
  await reply.getByRole('button', { name: 'Copy answer' }).click()
  await chooseMore(reply, 'Raw text')
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
  await withSettings(
    page,
    async (dialog) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        dialog.getByRole('button', { name: 'Export all chats' }).click(),
      ])
      await dialog.locator('input[type=file]').setInputFiles(await file.path())
      await dialog.getByText('1 chat was imported.').waitFor()
    },
    'Data',
  )

  await page.getByRole('link', { name: 'Models', exact: true }).click()
  await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
  await page
    .getByRole('button', { name: /^In use: Reflection Tiny|^Download / })
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Back to the chat' }).click()

  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('tab', { name: 'Appearance' }).click()
  await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN')
  await page.getByRole('button', { name: '完成' }).click()
  await page.reload()
  await page.getByRole('status').filter({ hasText: '就绪' }).waitFor()
  await page.getByRole('button', { name: '设置' }).click()
  await page.getByRole('combobox', { name: '语言' }).selectOption('en')
  await page.getByRole('button', { name: 'Done' }).click()
}
