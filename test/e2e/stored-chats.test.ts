import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchProfile } from '../../scripts/launch-chromium.mjs'
import { accessibilityFaults, pixelsBeyond } from './support/accessibility.ts'
import { useAppSite } from './support/app-site.ts'
import { ask, chatList, composerOf, lastReply, openSettings, replyEnded } from './support/chat-page.ts'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'
import { chooseStorage, encryptChats, PASSPHRASE, unlockChats } from './support/storage-modes.ts'
import { testPageFolder } from './support/test-page-folder.ts'

/** Words that are typed in the page and are nowhere else; in the words of the answer stands what the scripted engine says. */
const SECRETS = ['xylophone-question', 'wombat-title', 'quokka-draft', 'narwhal-instructions', 'axolotl-answer']

const { open, profile } = useAppSite()

/** Runs in the page: all that is stored, names too, as text that a search finds words in. */
async function allStored(): Promise<string> {
  const texts: string[] = []
  const add = (value: unknown) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value instanceof ArrayBuffer ? value : value.buffer)
      texts.push(new TextDecoder('latin1').decode(bytes), new TextDecoder('utf-16le').decode(bytes))
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        texts.push(name)
        add(inner)
      }
    } else texts.push(String(value))
  }
  const done = <Value>(request: IDBRequest<Value>) =>
    new Promise<Value>((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(request.error))
    })
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name))
    texts.push(name)
    for (const store of database.objectStoreNames) {
      const table = database.transaction(store).objectStore(store)
      const [keys, values] = await Promise.all([done(table.getAllKeys()), done(table.getAll())])
      add(keys)
      add(values)
    }
    database.close()
  }
  for (const storage of [localStorage, sessionStorage]) add({ ...storage })
  for (const name of await caches.keys()) {
    texts.push(name)
    const cache = await caches.open(name)
    for (const request of await cache.keys())
      texts.push(request.url, (await (await cache.match(request))?.text()) ?? '')
  }
  const root = await navigator.storage.getDirectory()
  for await (const [name] of root as unknown as AsyncIterable<[string]>) texts.push(name)
  return texts.join('\n')
}

const found = (text: string) => SECRETS.filter((secret) => text.includes(secret))

/** Puts each of the secrets into the page. */
async function writeSecrets(page: Page): Promise<void> {
  const settings = await openSettings(page, 'Model')
  await settings.getByRole('textbox', { name: 'Your own instructions' }).fill('narwhal-instructions')
  await settings.getByRole('button', { name: 'Done' }).click()
  await ask(page, 'xylophone-question')
  await replyEnded(page)
  await chatList(page)
    .getByRole('link', { name: /xylophone/ })
    .press('F2')
  const name = chatList(page).getByRole('textbox', { name: 'Name of the chat' })
  await name.fill('wombat-title')
  await name.press('Enter')
  await chatList(page)
    .getByRole('link', { name: /wombat-title/ })
    .waitFor()
  await composerOf(page).fill('quokka-draft')
}

/** Waits until the page shows the chat that `writeSecrets` wrote. */
async function seesSecrets(page: Page): Promise<void> {
  await chatList(page)
    .getByRole('link', { name: /wombat-title/ })
    .waitFor()
  await lastReply(page).getByText('axolotl-answer').waitFor()
}

/** Waits until a tab shows the chats because another one was unlocked. */
async function unlockedAlong(tab: Page): Promise<void> {
  await chatList(tab)
    .getByRole('link', { name: /wombat-title/ })
    .waitFor()
}

/** Runs in the page: so much time has passed as if the computer had slept. */
function sleepFor(milliseconds: number): void {
  const now = Date.now
  Date.now = () => now() + milliseconds
  dispatchEvent(new Event('visibilitychange'))
}

const PLAY = { reply: '<thinking>One.</thinking><output>axolotl-answer</output>' }

describe('chats in each mode', () => {
  test('are stored as they are, then encrypted, then not at all, and come back each time', async () => {
    const context = await profile()
    const page = await open(context, PLAY)
    await writeSecrets(page)
    await expect.poll(async () => found(await page.evaluate(allStored))).toEqual(SECRETS)

    await encryptChats(page)
    await seesSecrets(page)
    expect(found(await page.evaluate(allStored))).toEqual([])
    await ask(page, 'xylophone-question two')
    await replyEnded(page)
    await composerOf(page).fill('quokka-draft')
    const rewording = page.getByRole('textbox', { name: 'Edit your message' })
    await page.getByRole('button', { name: 'Edit', exact: true }).last().click()
    await rewording.fill('quokka-draft too')
    for (const key of ['draft-text.sealed', 'draft-rewordings.sealed'])
      await expect.poll(() => page.evaluate((name) => sessionStorage.getItem(name), key)).not.toBeNull()

    // A key for a server that was kept before, and stayed there as the tab ended in mid-move.
    const KEYS = 'second-thought.server-keys'
    await page.evaluate((name) => localStorage.setItem(name, '{"https://far.example/v1":"sk-left-behind"}'), KEYS)
    await page.getByRole('button', { name: 'Lock', exact: true }).click()
    await unlockChats(page, 'not the passphrase')
    await page.getByRole('alert').filter({ hasText: 'That is not the passphrase' }).waitFor()
    expect(await page.locator('body').innerText()).not.toContain('wombat')
    expect(found(await page.evaluate(allStored))).toEqual([])
    await unlockChats(page)
    await seesSecrets(page)
    await expect.poll(() => page.evaluate((name) => localStorage.getItem(name), KEYS)).toBeNull()
    await expect.poll(() => composerOf(page).inputValue()).toBe('quokka-draft')
    expect(await rewording.inputValue()).toBe('quokka-draft too')
    await rewording.press('Escape')
    const sidebar = chatList(page)
    await sidebar.getByRole('searchbox').fill('xylophone')
    await sidebar.getByText('1 chat found').waitFor()
    await sidebar.getByRole('searchbox').fill('')

    // A second tab opens without being asked, as the first is unlocked; one key locks both.
    const other = await open(context, PLAY)
    await chatList(other)
      .getByRole('link', { name: /wombat-title/ })
      .waitFor()
    await other.keyboard.press('Control+Shift+L')
    for (const tab of [page, other]) await tab.getByRole('heading', { name: 'Your chats are locked' }).waitFor()
    await unlockChats(page)
    await seesSecrets(page)
    await unlockedAlong(other)
    await page.evaluate(sleepFor, 16 * 60_000)
    for (const tab of [page, other]) await tab.getByRole('heading', { name: 'Your chats are locked' }).waitFor()
    await unlockChats(page)
    await seesSecrets(page)
    await unlockedAlong(other)
    await other.close()

    await openSettings(page, 'Privacy')
    const form = await chooseStorage(page, 'Keep nothing')
    await form.getByRole('radio', { name: /^Delete it/ }).check()
    await form.getByRole('button', { name: 'Keep nothing' }).click()
    await form.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Done' }).click()
    await seesSecrets(page)
    const stored = await page.evaluate(allStored)
    expect(found(stored)).toEqual([])
    expect(stored).not.toContain('sealed:')
    const asked = page.waitForEvent('dialog')
    const closing = page.close({ runBeforeUnload: true })
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.dismiss()
    await closing

    await openSettings(page, 'Privacy')
    const keep = await chooseStorage(page, 'Keep')
    await keep.getByRole('button', { name: 'Keep without encryption' }).click()
    await keep.waitFor({ state: 'detached' })
    await page.reload()
    await seesSecrets(page)
  })

  test('that are locked leave no draft that an earlier life of the tab kept as it was, and bring it once they are unlocked', async () => {
    const page = await open(await profile(), PLAY)
    await encryptChats(page)
    // As in a tab that comes back after another one has encrypted the chats.
    await page.evaluate(() => {
      sessionStorage.setItem('draft', 'quokka-draft')
      sessionStorage.setItem('draft-attached', '["quokka-draft"]')
      sessionStorage.setItem('draft-rewordings', '{"a":{"draft":{"text":"quokka-draft","attached":[]}}}')
    })
    await page.reload()
    await page.getByRole('heading', { name: 'Your chats are locked' }).waitFor()
    expect(found(await page.evaluate(allStored))).toEqual([])
    await unlockChats(page)
    await expect.poll(() => composerOf(page).inputValue()).toBe('quokka-draft')
    expect(found(await page.evaluate(allStored))).toEqual([])
  })

  test('that are locked for good can be deleted, after a question, and all begins anew', async () => {
    const page = await open(await profile(), PLAY)
    await ask(page, 'xylophone-question')
    await replyEnded(page)
    await encryptChats(page)
    await page.reload()
    await page.getByText('Forgotten?').click()
    await page.getByRole('button', { name: 'Delete all chats and begin anew' }).click()
    await page.getByRole('button', { name: 'Delete all', exact: true }).click()
    await composerOf(page).waitFor()
    await chatList(page).getByText('No chats yet.').waitFor()
    expect(
      await chatList(page)
        .getByRole('link', { name: /xylophone/ })
        .count(),
    ).toBe(0)
    expect(await page.evaluate(allStored)).not.toContain('sealed:')
  })
})

describe('everything that is stored', () => {
  test('can be deleted at once, encrypted or not: no tab brings anything back, and what was there is shown as gone', async () => {
    const context = await profile()
    const page = await open(context, PLAY)
    await page.evaluate(async () => {
      localStorage.setItem('other-page', '1')
      await caches.open('other-page')
      await new Promise((resolve) => indexedDB.open('other-page').addEventListener('success', resolve))
    })
    await encryptChats(page)
    await writeSecrets(page)
    const other = await open(context, PLAY)
    await unlockedAlong(other)
    await composerOf(other).fill('quokka-draft')
    await expect.poll(() => other.evaluate(() => sessionStorage.getItem('draft-text.sealed'))).not.toBeNull()

    await openSettings(page, 'Data')
    await page.getByRole('button', { name: 'Delete everything' }).click()
    const question = page.getByRole('dialog', { name: 'Delete everything on this device?' })
    await question.getByText('no passphrase, passkey or server key').waitFor()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Delete everything' }).click()
    await question.getByRole('button', { name: 'Delete everything' }).click()

    await page.getByRole('heading', { name: 'Everything is deleted' }).waitFor()
    await other.getByRole('heading', { name: 'Everything was deleted in another tab' }).waitFor()
    for (const tab of [page, other]) {
      const databases = tab.locator('.cleared [data-kind=databases] li')
      expect(await databases.allInnerTexts()).toEqual([
        'other-page stays: it is of another page at this address',
        'second-thought-chats is gone',
        'second-thought-gguf is gone',
        'second-thought-settings is gone',
      ])
      const keys = tab.locator('.cleared [data-kind=keys]')
      expect(await keys.innerText()).toContain('draft-text.sealed is gone')
      // Whatever a page does when it is hidden, left, or locked by itself must bring nothing back.
      await tab.evaluate(sleepFor, 16 * 60_000)
      await tab.evaluate(() => window.dispatchEvent(new Event('pagehide')))
      await tab.keyboard.press('Control+Shift+L')
    }
    for (const tab of [page, other]) {
      const since = tab === page ? 'since, of another page' : 'since then, of another page'
      await tab.evaluate((name) => caches.open(name).then(() => undefined), since)
      await tab.getByRole('button', { name: 'Look again' }).click()
      await tab.locator('.cleared [data-kind=caches]').getByText(since, { exact: true }).waitFor() // it has looked
      expect(await tab.locator('.cleared [data-state=stays]').count()).toBe(0)
      const stored = await tab.evaluate(allStored)
      expect(found(stored)).toEqual([])
      expect(stored).not.toMatch(/second-thought|draft/)
      expect(stored).toContain('other-page')
    }
    expect(await accessibilityFaults(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await pixelsBeyond(page)).toBe(0)
    await page.setViewportSize({ width: 1280, height: 720 })

    await page.getByRole('button', { name: 'Begin anew' }).click()
    await composerOf(page).waitFor()
    await chatList(page).getByText('No chats yet.').waitFor()
    expect(
      await chatList(page)
        .getByRole('link', { name: /wombat/ })
        .count(),
    ).toBe(0)
    await openSettings(page, 'Privacy')
    expect(await page.getByRole('radio', { name: 'Keep', exact: true }).isChecked()).toBe(true)
  })
})

describe('on the disk', () => {
  let site: ChangedSite
  let context: BrowserContext
  let folder: string

  beforeAll(async () => {
    site = await serveChangedSite(testPageFolder('app-page'))
    folder = mkdtempSync(join(tmpdir(), 'profile-'))
  })
  afterAll(async () => {
    await context?.close()
    await site?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Files of the profile in which a text stands, in either of the ways in which browsers write one. */
  function filesWith(text: string): string[] {
    const needles = [Buffer.from(text), Buffer.from(text, 'utf16le')]
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true)
      .filter((name) => {
        const bytes = readFileSync(join(folder, name))
        return needles.some((needle) => bytes.includes(needle))
      })
  }

  test('nothing of what was written while chats are encrypted can be found, and a passkey opens them', async () => {
    context = await launchProfile(folder, { windowless: true })
    const url = new URL(`?reply=${encodeURIComponent(PLAY.reply.replace('axolotl-answer', 'An answer.'))}`, site.url)
    url.hostname = 'localhost' // passkeys belong to a name
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('WebAuthn.enable')
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        hasPrf: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await page.goto(url.href)
    await composerOf(page).waitFor()
    await encryptChats(page)
    await writeSecrets(page)
    const settings = await openSettings(page, 'Privacy')
    await settings.getByRole('button', { name: 'Passkey: Add…' }).click()
    const form = page.locator('dialog.privacy-form')
    await form.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await form.getByRole('button', { name: 'Add…' }).click()
    await settings.getByText('The passkey opens the chats from now on.').waitFor()
    await settings.getByRole('button', { name: 'Done' }).click()
    await page.reload()
    await page.getByRole('button', { name: 'Unlock with a passkey' }).click()
    await chatList(page)
      .getByRole('link', { name: /wombat-title/ })
      .waitFor()
    await context.close()
    const plain = [...SECRETS, PASSPHRASE].flatMap((secret) => filesWith(secret).map((file) => `${secret}: ${file}`))
    expect(plain).toEqual([])
    expect(filesWith('argon2id')).not.toEqual([]) // so the search finds what is there
  })
})
