import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessibilityFaults, pixelsBeyond } from './support/accessibility.ts'
import { ready, useAppSite } from './support/app-site.ts'

/** What the server was asked for. */
interface Asked {
  readonly path: string
  readonly key: string | undefined
  readonly body: { readonly messages?: readonly { readonly role: string; readonly content: string }[] }
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
const REPLY = ['<thinking>', 'Nine and four.', '</thinking>', '<output>', 'It is **13**.', '</output>']

/** A real server of another origin, which speaks the protocol and wants a key. Its kind is one that lets no reply go on. */
let server: Server
let address = ''
const asked: Asked[] = []
/** From now on the server waits in the middle of each reply, until this is called. */
let goOn: (() => void) | undefined
let waits = false

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end()
    let text = ''
    request.on('data', (bytes: Buffer) => (text += bytes.toString()))
    request.on('end', async () => {
      const key = request.headers.authorization
      asked.push({ path: request.url ?? '', key, body: JSON.parse(text || '{}') })
      const json = { ...CORS, 'content-type': 'application/json' }
      if (key !== 'Bearer right') return response.writeHead(401, json).end('{"error":{"message":"No such key."}}')
      if (request.method === 'GET') {
        const data = ['Llama-405B', 'Reflection-70B'].map((id) => ({ id, owned_by: 'library' }))
        return response.writeHead(200, json).end(JSON.stringify({ data }))
      }
      response.writeHead(200, { ...CORS, 'content-type': 'text/event-stream' })
      for (const [index, content] of REPLY.entries()) {
        if (waits && index === 2) await new Promise<void>((resolve) => (goOn = resolve))
        response.write(`data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: null }] })}\n\n`)
      }
      return response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const { open, newProfile } = useAppSite()
const host = () => new URL(address).host
const chats = () => asked.filter(({ path }) => path.endsWith('/completions'))
const news = (page: Page) => page.locator('#server-news')
const form = (page: Page) => page.locator('details', { hasText: 'Use a model on a server' })
const card = (page: Page) => page.locator('.model-card', { hasText: 'Reflection-70B' })
const status = (page: Page) => page.locator('.header [role=status]')

/** What stands right below a field that describes it. */
function problemBelow(field: Locator): Promise<string> {
  return field.evaluate((input: HTMLElement) => {
    const bottom = input.getBoundingClientRect().bottom
    const ids = input.getAttribute('aria-describedby')?.split(' ') ?? []
    const near = ids
      .map((id) => document.getElementById(id))
      .filter((element) => element !== null && Math.abs(element.getBoundingClientRect().top - bottom) < 20)
    return near.map((element) => element?.innerText ?? '').join(' ')
  })
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your message' }).fill(text)
  await page.keyboard.press('Enter')
}

test('a model on a server is added once it has replied, used once it is chosen, and marked for good', async () => {
  const page = await open(await newProfile(), { reply: '<output>Here.</output>' })
  await page.getByRole('link', { name: 'Models' }).click()
  await form(page).locator('summary').click()

  // It is added once its server has replied; until then the page says what is wrong.
  const submit = form(page).getByRole('button', { name: 'Test and add' })
  const field = (name: string) => form(page).getByRole('textbox', { name })
  await field('Address of the server').fill('127.0.0.1')
  await submit.click()
  await expect.poll(() => problemBelow(field('Address of the server'))).toContain('This is no address of a server')
  await field('Address of the server').fill('http://127.0.0.1:9')
  await submit.click()
  await expect.poll(() => problemBelow(field('Model, as the server names it'))).toContain('Type the name of the model')
  expect(await problemBelow(field('Address of the server'))).toBe('')
  await field('Model, as the server names it').fill('Reflection-70B')
  await submit.click()
  await expect.poll(() => news(page).innerText()).toContain('Nothing answers at 127.0.0.1:9')
  expect(asked).toEqual([])

  await field('Address of the server').fill(address)
  await form(page).getByLabel('Key, if it wants one').fill('wrong')
  await submit.click()
  await expect.poll(() => news(page).innerText()).toContain(`${host()} wants a key that it knows.`)
  expect(await news(page).innerText()).toContain('No such key.')
  await form(page).getByLabel('Key, if it wants one').fill('right')
  await field('Model, as the server names it').fill('Reflection')
  await submit.click()
  await expect.poll(() => news(page).innerText()).toContain('does not have this model')
  await form(page).getByRole('button', { name: 'Ask which it has' }).click()
  await expect.poll(() => news(page).innerText()).toContain('It has 2 models')
  expect(chats()).toEqual([])
  await form(page).getByRole('combobox').selectOption('Reflection-70B')
  expect(await accessibilityFaults(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await pixelsBeyond(page)).toBe(0)
  await page.setViewportSize({ width: 1280, height: 720 })
  await submit.click()
  await expect.poll(() => news(page).innerText()).toContain('Reflection-70B has replied and is in the list now.')
  expect(chats().map(({ body }) => body.messages)).toEqual([[{ role: 'user', content: 'Say hello.' }]])
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('right')

  // It is not used before it is chosen, and gets nothing of a chat before something is asked.
  await page.getByRole('button', { name: 'Back to the chat' }).click()
  await ready(page)
  await say(page, 'A secret of this device')
  await expect.poll(() => page.locator('.answer').innerText()).toContain('Here.')
  await page.getByRole('button', { name: /^Model:/ }).click()
  await page.getByRole('menuitemradio', { name: /Reflection-70B/ }).click()
  await expect.poll(() => status(page).innerText()).toBe('Reflection-70B · ready · Leaves this device')
  expect(chats().length).toBe(1)
  expect(asked.map(({ path }) => path).at(-1)).toBe('/v1/models')
  await expect.poll(() => page.locator('#leaves').innerText()).toContain(`What you write goes to ${host()}`)
  expect(await page.getByRole('textbox', { name: 'Your message' }).getAttribute('aria-describedby')).toBe('leaves')
  expect(await accessibilityFaults(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await pixelsBeyond(page)).toBe(0)
  await page.setViewportSize({ width: 1280, height: 720 })

  // Its replies say where they come from, and a control that it cannot heed says why.
  waits = true
  await say(page, 'What is 9 + 4?')
  const answerNow = page.getByRole('button', { name: 'Answer now' })
  await answerNow.waitFor()
  expect(await answerNow.getAttribute('aria-disabled')).toBe('true')
  expect(await answerNow.getAttribute('data-tooltip')).toContain('cannot end the thinking early')
  waits = false
  goOn?.()
  await expect.poll(() => page.locator('.answer').last().innerText()).toBe('It is 13.')
  const replies = page.locator('.reply')
  expect(await replies.last().innerText()).toContain(`Written by ${host()}, outside this device`)
  expect(await replies.first().innerText()).not.toContain('Written by')
  expect(
    chats()
      .at(-1)
      ?.body.messages?.map(({ role }) => role),
  ).toEqual(['system', 'user', 'assistant', 'user'])

  await page.getByRole('button', { name: 'Settings' }).click()
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.getByRole('tab', { name: 'Advanced' }).click()
  expect(await dialog.getByRole('textbox', { name: 'Think budget, in tokens' }).isDisabled()).toBe(true)
  await dialog.getByRole('tab', { name: 'Thinking' }).click()
  await expect
    .poll(() => dialog.getByRole('group', { name: 'Self-check' }).innerText())
    .toContain('the server of this model does not tell the token')
  await page.keyboard.press('Escape')

  // The mark stays whatever model answers; the key, unless kept, is gone with the page.
  await page.reload()
  await expect.poll(() => page.locator('section.failure').innerText()).toContain('wants a key')
  await expect.poll(() => page.locator('.reply').last().innerText()).toContain(`Written by ${host()}`)

  await page.getByRole('link', { name: 'Other models' }).click()
  await form(page).locator('summary').click()
  const key = form(page).getByLabel(`Key for ${host()}`)
  await form(page).getByRole('switch').check()
  await key.fill('right')
  await form(page).getByRole('button', { name: 'Use this key' }).click()
  await expect.poll(() => form(page).innerText()).toContain('It is stored in this browser.')
  await card(page).getByRole('button', { name: 'Use Reflection-70B' }).click()
  await expect.poll(() => status(page).innerText()).toContain('Reflection-70B · ready')
  await page.reload()
  await expect.poll(() => status(page).innerText()).toContain('Reflection-70B · ready')

  await card(page).locator('summary').click()
  await card(page)
    .getByRole('button', { name: /Remove from the list/ })
    .click()
  await expect.poll(() => card(page).count()).toBe(0)
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).not.toContain('right')
})

test('a link that names a server loads nothing from it', async () => {
  const before = asked.length
  const page = await open(await newProfile(), { model: `server:${address}#Reflection-70B` })
  await expect.poll(() => page.locator('section.failure').innerText()).toContain('A link cannot name a server')
  expect(asked.length).toBe(before)
})
