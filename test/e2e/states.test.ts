import { chooseStorage } from './support/storage-modes.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import type { BrowserContext, Page } from 'playwright'
import { expect, test } from 'vitest'
import { accessibilityFaults, colourFaults, pixelsBeyond } from './support/accessibility.ts'
import { heldReplyStored, ready, useAppSite, type Play } from './support/app-site.ts'
import {
  ask,
  chatList,
  chooseMore,
  composerOf,
  lastReply,
  openSettings,
  replyEnded,
  send,
  withSettings,
  type SettingSection,
} from './support/chat-page.ts'

// Every state of the page, in every width and colour scheme. `SCREENSHOTS=folder` keeps a picture of each.
const QUESTION = 'What is 47 * 38?'
const WIDTHS = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
] as const

/** An answer with a bit of everything. */
const RICH = `<thinking>
The whole parts are equal, so the tenths decide.
11 is larger than 9, so 9.11 is larger.
<reflection>
The tenths are 9 and 1, not 9 and 11: 9.9 is larger.
</reflection>
So 9.9 is larger.
</thinking>
<output>
**9.9** is larger than 9.11, as [decimals](https://example.org/decimals) are compared digit by digit.

| Number | Tenths | Hundredths |
| --- | --- | --- |
| 9.9 | 9 | 0 |
| 9.11 | 1 | 1 |

The difference is $9.9 - 9.11 = 0.79$.

\`\`\`python
def larger(a: float, b: float) -> float:
    return max(a, b)  # of two numbers, the one that is not below the other
\`\`\`

- Write both with two digits: 9.90 and 9.11.
- Then compare them from the left.
</output>`

const site = useAppSite()
let profile: BrowserContext
let errors: string[] = []

async function open(play: Play = {}, hash = ''): Promise<Page> {
  profile = await site.profile()
  errors = []
  profile.removeAllListeners('weberror') // it may have been another test's
  profile.on('weberror', (error) => errors.push(String(error.error())))
  return site.open(profile, play, hash)
}

/** The page with its model ready and a question asked. */
async function openAsked(play: Play, thinking?: 'Advanced'): Promise<Page> {
  const page = await open({ reply: RICH, ...play })
  await ready(page)
  if (thinking !== undefined)
    await withSettings(page, (dialog) => dialog.getByRole('radio', { name: thinking }).check())
  await ask(page, QUESTION)
  return page
}

async function openDone(play: Play = {}, thinking?: 'Advanced'): Promise<Page> {
  const page = await openAsked(play, thinking)
  const reply = await replyEnded(page)
  await reply.locator('.answer math').first().waitFor() // formulae and colours of code come later
  await reply.locator('.answer pre code span').first().waitFor()
  return page
}

async function openEmpty(): Promise<Page> {
  const page = await open()
  await ready(page)
  return page
}

/** Where there are some chats already. */
async function openChats(): Promise<Page> {
  const page = await open({ chats: 24 }, '#/chat/chat-23')
  await ready(page)
  await lastReply(page).waitFor()
  return page
}

async function openSettingsAt(section: SettingSection): Promise<Page> {
  const page = await openChats()
  await openSettings(page, section)
  return page
}

/** Encrypts what is stored, by the settings, which are closed and may be in either language. */
async function encryptHere(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^(Settings|设置)$/ }).click()
  await page.getByRole('tab', { name: /^(Privacy|隐私)$/ }).click()
  await page.getByRole('radio', { name: /^(Keep encrypted|加密保留)$/ }).click()
  const form = page.getByRole('dialog').last()
  const fields = form.locator('input[type=password]')
  await fields.first().waitFor() // the form is fetched
  for (const field of await fields.all()) await field.fill('correct horse battery')
  await form.locator('button[type=submit]').click()
  await page.getByRole('combobox', { name: /^(Lock by itself|自动锁定)$/ }).waitFor()
}

async function openEncrypted(): Promise<Page> {
  const page = await openChats()
  await encryptHere(page)
  await page.goto(page.url().replace('chats=24', '')) // which the page of the test would store anew
  await page.reload()
  await page.getByRole('heading', { name: 'Your chats are locked' }).waitFor()
  return page
}

async function openSearch(words: string, news: string): Promise<Page> {
  const page = await openChats()
  await chatList(page).getByRole('searchbox').fill(words)
  await chatList(page).getByText(news).waitFor()
  return page
}

interface State {
  /** Brings a page into the state. */
  readonly reach: () => Promise<Page>
  /** What has to be done at each width, first at the wide one. */
  readonly atWidth?: (page: Page, isWide: boolean) => Promise<unknown>
}

/** The list of chats stands beside a wide page; over a narrow one it opens. */
async function showChats(page: Page, isWide: boolean): Promise<void> {
  if (!isWide) await page.getByRole('button', { name: 'Show chats' }).click()
}

const STATES: Readonly<Record<string, State>> = {
  empty: { reach: openEmpty },
  loading: {
    async reach() {
      const page = await open({ loading: 'hold' })
      await page.getByText('2.3 MB of 5.7 MB').waitFor()
      return page
    },
  },
  reading: {
    async reach() {
      const page = await openAsked({ hold: 0 })
      await expect.poll(() => lastReply(page).innerText()).toContain('Reading')
      return page
    },
  },
  thinking: {
    async reach() {
      const page = await openAsked({ hold: 12 })
      await expect.poll(() => lastReply(page).innerText()).toContain('Thinking…')
      return page
    },
  },
  reflecting: {
    async reach() {
      const page = await openAsked({ hold: 36 })
      await expect.poll(() => lastReply(page).innerText()).toContain('Checking itself…')
      await lastReply(page).locator('summary').click()
      return page
    },
  },
  answering: {
    async reach() {
      const page = await openAsked({ hold: 100 })
      await lastReply(page).locator('.answer table').waitFor()
      return page
    },
  },
  done: { reach: () => openDone() },
  'done, thinking open': {
    async reach() {
      const page = await openDone()
      await lastReply(page).locator('summary').click()
      await lastReply(page).locator('.check').waitFor()
      return page
    },
  },
  'done, advanced': { reach: () => openDone({}, 'Advanced') },
  'a recorded reply, its correction open': {
    async reach() {
      const page = await open({ play: 'corrects' })
      await ready(page)
      await ask(page, QUESTION)
      const reply = await replyEnded(page)
      await reply.getByText(/^Checked itself 3 times · 1 corrected/).click()
      await reply.locator('.now').waitFor()
      return page
    },
  },
  'a recorded reply, advanced': {
    async reach() {
      const page = await open({ play: 'corrects' })
      await ready(page)
      await withSettings(page, (dialog) => dialog.getByRole('radio', { name: 'Advanced' }).check())
      await ask(page, QUESTION)
      await replyEnded(page)
      return page
    },
  },
  'raw text': {
    async reach() {
      const page = await openDone({}, 'Advanced')
      await chooseMore(lastReply(page), 'Raw text')
      await lastReply(page).locator('.raw').waitFor()
      return page
    },
  },
  'more about a reply': {
    reach: () => openDone(),
    async atWidth(page) {
      await lastReply(page).getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Statistics' }).waitFor() // closed when the width changes
    },
  },
  'ways to show thinking': {
    reach: () => openDone(),
    async atWidth(page) {
      await page.getByRole('button', { name: 'Thinking: Standard' }).click()
      await page.getByRole('menuitemradio', { name: 'Advanced' }).waitFor()
    },
  },
  'a long message being written': {
    async reach() {
      const page = await openDone()
      await composerOf(page).fill('A line of what is asked.\n'.repeat(20))
      return page
    },
  },
  'a long chat, in its middle': {
    async reach() {
      const page = await open({ messages: 400 }, '#/chat/long')
      await ready(page)
      await lastReply(page).waitFor()
      await page.getByRole('button', { name: 'To the first message' }).click()
      await page.getByText('(1)', { exact: false }).first().waitFor()
      await page.mouse.move(600, 300)
      await page.mouse.wheel(0, 400)
      await page.getByRole('button', { name: 'To the end' }).waitFor()
      return page
    },
  },
  editing: {
    async reach() {
      const page = await openDone()
      await page.getByRole('button', { name: 'Edit' }).click()
      await page.getByRole('textbox', { name: 'Edit your message' }).waitFor()
      return page
    },
  },
  stopped: {
    async reach() {
      const page = await openAsked({ hold: 100 })
      await lastReply(page).locator('.answer table').waitFor()
      await page.getByRole('button', { name: 'Stop' }).click()
      return page // its engine waits for ever: the page says that it stops
    },
  },
  interrupted: {
    async reach() {
      const page = await openAsked({ hold: 100 })
      await lastReply(page).locator('.answer table').waitFor()
      await heldReplyStored(page)
      await page.reload()
      await lastReply(page).getByRole('button', { name: 'Continue' }).waitFor()
      return page
    },
  },
  'written in another tab': {
    async reach() {
      const first = await openAsked({ hold: 100 })
      await expect.poll(() => first.url()).toContain('#/chat/')
      await lastReply(first).locator('.answer table').waitFor()
      const second = await site.open(profile, {}, new URL(first.url()).hash)
      await second.getByText('A reply is being written in another tab.').waitFor()
      await ready(second)
      return second
    },
  },
  'failed reply': {
    async reach() {
      const page = await openAsked({ reply: '<thinking>\nThe tenths decide.\n', fail: 'model-broken' })
      await lastReply(page).getByRole('alert').waitFor()
      return page
    },
  },
  'GPU lost': {
    async reach() {
      const page = await openAsked({ reply: '<thinking>\nThe tenths decide.\n', fail: 'device-lost' })
      await lastReply(page).getByText('The model is here again.').waitFor() // it came back by itself
      return page
    },
  },
  'load failed': {
    async reach() {
      const page = await open({ loadFail: 'download-failed' })
      await page.getByRole('alert').waitFor()
      return page
    },
  },
  'no WebGPU': {
    async reach() {
      const page = await open({ gpu: 'missing' })
      await page.getByRole('alert').waitFor()
      return page
    },
  },
  unfit: {
    async reach() {
      const page = await open({ gpu: 'small' })
      await page.getByRole('button', { name: 'Try it anyway' }).waitFor()
      return page
    },
  },
  'message refused': {
    async reach() {
      const page = await open({ reply: RICH, fail: 'prompt-too-long' })
      await ready(page)
      await send(page, QUESTION)
      await page.getByRole('alert').waitFor()
      return page
    },
  },
  models: {
    async reach() {
      const page = await openEmpty()
      await page.getByRole('link', { name: 'Models', exact: true }).click()
      await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
      await page
        .getByRole('button', { name: /^Download / })
        .first()
        .waitFor()
      return page
    },
  },
  settings: { reach: () => openSettingsAt('Appearance') },
  'settings, thinking': { reach: () => openSettingsAt('Thinking') },
  'settings, model': { reach: () => openSettingsAt('Model') },
  'settings, privacy': {
    async reach() {
      const page = await openSettingsAt('Privacy')
      await chooseStorage(page, 'Keep encrypted').then((form) => form.getByRole('button', { name: 'Cancel' }).click())
      return page
    },
  },
  'settings, privacy, a form with a mistake': {
    async reach() {
      const form = await chooseStorage(await openSettingsAt('Privacy'), 'Keep encrypted')
      await form.getByLabel('New passphrase').fill('short')
      await form.getByLabel('once more').fill('short')
      await form.getByRole('button', { name: 'Encrypt' }).click()
      await form.getByRole('alert').filter({ hasText: 'At least 8 characters' }).waitFor()
      return form.page()
    },
  },
  'settings, privacy, a form that asks what becomes of it': {
    reach: async () => (await chooseStorage(await openSettingsAt('Privacy'), 'Keep nothing')).page(),
  },
  locked: {
    async reach() {
      const page = await openEncrypted()
      await page.getByLabel('Passphrase').fill('no such thing')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await page.getByRole('alert').filter({ hasText: 'That is not the passphrase' }).waitFor()
      await page.getByText('Forgotten?').click()
      return page
    },
  },
  'locked, in Chinese': {
    async reach() {
      const page = await openEmpty()
      await withChinese(page)
      await encryptHere(page)
      await page.reload()
      await page.getByRole('heading', { name: '你的对话已锁定' }).waitFor()
      return page
    },
  },
  'settings, data': { reach: () => openSettingsAt('Data') },
  'settings, data after an import': {
    async reach() {
      const page = await openSettingsAt('Data')
      const buffer = Buffer.from('[[{ "role": "user", "content": "Hello" }], "no chat"]')
      await page.locator('input[type=file]').setInputFiles({ name: 'chats.json', mimeType: 'application/json', buffer })
      await page.getByText('1 chat was imported.').waitFor()
      return page
    },
  },
  'settings, advanced': {
    async reach() {
      const page = await openSettingsAt('Advanced')
      await page.getByRole('button', { name: 'Reset this section' }).click()
      await page.getByLabel('Think budget').fill('many')
      await page.getByLabel('Top-p').focus()
      return page
    },
  },
  'no chats': { reach: openEmpty, atWidth: showChats },
  'list of chats': { reach: openChats, atWidth: showChats },
  'search with hits': { reach: () => openSearch('"not 22"', '1 chat found'), atWidth: showChats },
  'search without hits': {
    reach: () => openSearch('nowhere to be found', 'No chat has all of these words.'),
    atWidth: showChats,
  },
  'menu of a chat': {
    reach: openChats,
    async atWidth(page, isWide) {
      await page.keyboard.press('Escape')
      await showChats(page, isWide)
      await chatList(page)
        .getByRole('button', { name: /^Actions for/ })
        .nth(2)
        .click()
      await page.getByRole('menu').waitFor()
    },
  },
  'chat deleted': {
    reach: openChats,
    async atWidth(page, isWide) {
      await showChats(page, isWide)
      await chatList(page).getByRole('link').nth(1).press('Delete')
      await chatList(page).getByRole('button', { name: 'Undo' }).focus() // as long as it has the focus, it stays
    },
  },
  'chat being renamed': {
    reach: openChats,
    async atWidth(page, isWide) {
      await showChats(page, isWide)
      await chatList(page).getByRole('link').nth(1).press('F2')
      await chatList(page).getByRole('textbox', { name: 'Name of the chat' }).waitFor()
    },
  },
  'no such chat': {
    async reach() {
      const page = await open({}, '#/chat/nowhere')
      await ready(page)
      await page.getByText('That chat is not on this device.').waitFor()
      return page
    },
  },
  'done, in Chinese': {
    async reach() {
      const page = await openDone()
      await withChinese(page)
      await page.getByRole('article', { name: '回复' }).locator('summary').click()
      return page
    },
  },
  'settings, in Chinese': {
    async reach() {
      const page = await openEmpty()
      await page.getByRole('button', { name: 'Settings' }).click()
      await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN')
      await page.getByRole('dialog', { name: '设置' }).waitFor()
      return page
    },
  },
  'models, in Chinese': {
    async reach() {
      const page = await openEmpty()
      await withChinese(page)
      await page.getByRole('link', { name: '模型', exact: true }).click()
      await page.getByRole('heading', { name: '这台设备', exact: true }).waitFor()
      return page
    },
  },
}

test.each(Object.entries(STATES))('%s: everyone can use it, and it stays within the page', async (name, state) => {
  const page = await state.reach()
  for (const size of WIDTHS) {
    await page.setViewportSize(size)
    await state.atWidth?.(page, size.width > 360)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const where = `${name}, ${size.width}, ${colorScheme}`
      await keepPicture(page, where)
      const faultsOf = colorScheme === 'light' ? accessibilityFaults : colourFaults
      expect.soft(await faultsOf(page), where).toEqual([])
      expect.soft(await pixelsBeyond(page), where).toBe(0)
    }
  }
  expect(errors).toEqual([])
})

async function withChinese(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN')
  await page.getByRole('button', { name: '完成' }).click()
}

/** Runs in the page: nothing moves any more but what always does, or by scrolling. */
async function animationsEnded(): Promise<void> {
  const ending = document
    .getAnimations()
    .filter(
      ({ effect, timeline }) => timeline === document.timeline && effect?.getComputedTiming().endTime !== Infinity,
    )
  await Promise.allSettled(ending.map(({ finished }) => finished))
}

async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = env['SCREENSHOTS']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name.replaceAll(', ', '-').replaceAll(' ', '-')}.png`)
  await page.evaluate(animationsEnded)
  await page.screenshot({ path })
}
