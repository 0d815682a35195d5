import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import {
  ask,
  chatList,
  lastReply,
  modelSettled,
  newChat,
  openChat,
  openSettings,
  chooseMore,
  replyEnded,
  withSettings,
  type ChatPage,
} from './support/chat-page.ts'
import { startRecordingProxy, type RecordingProxy } from './support/recording-proxy.ts'
import { renewHashes } from './support/renew-hashes.ts'
import { serveModels, type ModelServer } from './support/serve-models.ts'
import { step } from './support/step.ts'
import { encryptChats } from './support/storage-modes.ts'

// All of the built page, with the embedded model, as it is built with MODEL_HOSTS="<server of models>".
const folder = mkdtempSync(join(tmpdir(), 'privacy-'))
let models: ModelServer
let site: Awaited<ReturnType<typeof serveSite>>

beforeAll(async () => {
  await (await serveSite({ port: 0 })).close() // which builds it, if need be
  cpSync('dist/site', folder, { recursive: true })
  models = await serveModels()
  const html = join(folder, 'index.html')
  writeFileSync(html, readFileSync(html, 'utf8').replace('connect-src ', `connect-src ${models.origin} `))
  renewHashes(folder)
  site = await serveSite({ port: 0, siteFolder: folder })
})
afterAll(async () => {
  await site?.close()
  await models?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Requests to anyone but the page's own origin; what the page makes itself goes to nobody. */
function requestsToOthers({ requests }: ChatPage): string[] {
  const { origin } = new URL(site.url)
  return requests.filter((address) => !address.startsWith(`${origin}/`) && !/^(blob|data):/.test(address))
}

describe('a session through all features', () => {
  let proxy: RecordingProxy
  let browser: Browser
  let chat: ChatPage
  /** What the page itself said that was asked for, of both of its loads. */
  const listed = new Set<string>()

  beforeAll(async () => {
    proxy = await startRecordingProxy()
    browser = await launchChromium({
      windowless: true,
      add: [`--proxy-server=${proxy.address}`, '--proxy-bypass-list=<-loopback>'],
    })
    const options = { permissions: ['clipboard-read', 'clipboard-write'], serviceWorkers: 'allow' as const }
    chat = await openChat(site.url, options, browser)
    await useAllFeatures(chat, async () => (await listedRequests(chat)).forEach((address) => listed.add(address)))
  })
  afterAll(async () => {
    await chat?.close()
    await browser?.close()
    await proxy?.close()
  })

  test('asks nobody but its own origin', () => {
    expect(chat.requests.length).toBeGreaterThan(5)
    expect(requestsToOthers(chat)).toEqual([])
  })

  test('breaks no rule of the policy', async () => {
    expect(await chat.complaints()).toEqual([])
  })

  test('lists each request that came to the proxy, and went to nobody else', async () => {
    expect(proxy.asked.length).toBeGreaterThan(40)
    const unlisted = async () => {
      for (const address of await listedRequests(chat)) listed.add(address)
      return proxy.asked.filter((address) => !listed.has(address))
    }
    await expect.poll(unlisted).toEqual([]) // what a worker asks for is told later
    const { origin } = new URL(site.url)
    expect(proxy.asked.filter((address) => !address.startsWith(`${origin}/`))).toEqual([])
  })

  test('keeps nothing in cookies, which every request would carry', async () => {
    expect(await chat.page.context().cookies()).toEqual([])
    expect(await chat.page.evaluate(() => document.cookie)).toBe('')
  })

  test('asks other hosts only where the user names some that the policy allows', async () => {
    const { page } = chat
    await step('a server that the policy does not name is not asked, and the page says how to name it', async () => {
      await page.getByRole('link', { name: 'Models', exact: true }).click()
      await page.getByText('Use a model on a server').click()
      await page.getByRole('textbox', { name: 'Address of the server' }).fill('https://elsewhere.example')
      await page.getByRole('button', { name: 'Ask which it has' }).click()
      await expect
        .poll(() => page.locator('#server-news').innerText())
        .toContain('MODEL_HOSTS="https://elsewhere.example" npm start')
      expect(requestsToOthers(chat)).toEqual([])
    })

    const allowed = 'https://huggingface.co/someone/a-model/resolve/main/manifest.json'
    const refused = 'https://elsewhere.example/manifest.json'
    const moved = `${models.origin}/moved.gguf`
    const news = page.locator('#models-add-news')
    await step('hosts that it names are asked, for a model and by one', async () => {
      await page.getByRole('button', { name: 'Back to the chat' }).click()
      await page.getByRole('link', { name: 'Models', exact: true }).click()
      await page.locator('summary').filter({ hasText: 'Add a model' }).click()
      const add = async (address: string, said: string) => {
        await page.getByRole('textbox', { name: 'Address of its .gguf file or its manifest.json' }).fill(address)
        await page.getByRole('button', { name: 'Add', exact: true }).click()
        await expect.poll(() => news.innerText()).toContain(said)
      }
      await add(allowed, 'huggingface.co')
      await add(refused, 'elsewhere.example')
      await add(moved, 'is in the list now')
      await page
        .getByRole('button', { name: /^Download / })
        .last()
        .click()
      await page
        .getByRole('button', { name: /^In use: / })
        .last()
        .waitFor()

      const form = page.locator('details', { hasText: 'Use a model on a server' })
      await form.locator('summary').click()
      await form.getByRole('textbox', { name: 'Address of the server' }).fill(`${models.origin}/v1`)
      await form.getByRole('textbox', { name: 'Model, as the server names it' }).fill('Far')
      await form.getByRole('button', { name: 'Test and add' }).click()
      await expect.poll(() => page.locator('#server-news').innerText()).toContain('Far has replied')
      await page.getByRole('button', { name: 'Use Far' }).click()
      await page.getByRole('button', { name: 'Back to the chat' }).click()
      await page.getByRole('status').filter({ hasText: 'Far · ready' }).waitFor()
      await ask(page, 'What is 9 + 4?')
      await replyEnded(page)
    })

    await step('all of it is listed, and what the policy refused', async () => {
      let lines: string[] = []
      const unlisted = async () => {
        lines = await listedRequests(chat)
        for (const address of lines) listed.add(address)
        return proxy.asked.filter((address) => !listed.has(address) && address !== 'https://huggingface.co')
      }
      await expect.poll(unlisted).toEqual([])
      expect(lines).toContain(refused)
      expect(lines).toContain(allowed)
      expect(await page.locator('.requests .refused').allInnerTexts()).toEqual([
        expect.stringMatching(/^\/manifest.json\s.*refused by the policy of the page, so nothing left/),
        expect.stringMatching(/^\/v1\/models\s.*refused by the policy of the page, so nothing left/), // of the server
      ])
      const ofServer = page.locator(`.requests [data-origin="${models.origin}"] li`)
      const said = (await ofServer.allTextContents()).map((text) => text.replaceAll(/\s+/g, ' ').trim())
      expect(said).toContainEqual(expect.stringMatching(/^\/v1\/chat\/completions Far, on a server that you added/))
      expect(said).toContainEqual(expect.stringMatching(/^\/files\/model.gguf a file of .* · worker · answered/))
      const hosts = new Set(proxy.asked.map((address) => new URL(address).origin))
      const { origin } = new URL(site.url)
      expect([...hosts].toSorted()).toEqual([origin, models.origin, 'https://huggingface.co'].toSorted())
    })
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

/** Addresses of all requests that the page lists, which stay open in its settings until these are opened again. */
async function listedRequests({ page }: ChatPage): Promise<string[]> {
  const dialog = await openSettings(page, 'Data')
  await dialog.getByText(/^Works offline/).waitFor() // what is kept for that is asked for as well
  await dialog.getByRole('tab', { name: 'Privacy' }).click()
  const show = dialog.getByRole('button', { name: 'Show all requests' })
  await show.or(dialog.getByRole('button', { name: 'Hide them' })).waitFor() // its words are fetched
  if (await show.isVisible()) await show.click()
  await dialog.locator('.requests li').first().waitFor()
  const addresses = await dialog.locator('.requests').evaluate((list) =>
    [...list.querySelectorAll('section')].flatMap((section) => {
      const origin = section.dataset['origin'] ?? ''
      return [...section.querySelectorAll('code')].map((path) => origin + path.textContent)
    }),
  )
  await dialog.getByRole('button', { name: 'Done' }).click()
  return addresses
}

/** Does all that can be done in the page, and ends with a loaded page in English. @param beforeReload - Called while the page is in English. */
async function useAllFeatures({ page }: ChatPage, beforeReload: () => Promise<void>): Promise<void> {
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

  await encryptChats(page)
  const privacy = await openSettings(page, 'Privacy')
  await privacy.getByRole('radio', { name: 'Keep', exact: true }).click()
  await page.getByRole('button', { name: 'Keep without encryption' }).click()
  await privacy.getByRole('radio', { name: 'Keep', exact: true, checked: true }).waitFor()
  await privacy.getByRole('button', { name: 'Done' }).click()

  await beforeReload()
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
