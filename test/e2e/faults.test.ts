import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { heldReplyStored, ready, repliesStored, useAppSite } from './support/app-site.ts'
import { accessibilityFaults } from './support/accessibility.ts'
import { ask, chatList, composerOf, lastReply, newChat, replyEnded } from './support/chat-page.ts'

// What a browser, or someone in it, does to a page in mid-answer. Faults of the engine are in test/browser/engine-faults.test.ts and page-failures.test.ts.
const QUESTION = 'What is 47 * 38?'
const HOUR_MS = 3_600_000

const site = useAppSite()

test('a full disk in mid-answer is told, and what came meanwhile is stored once there is room', async () => {
  const page = await site.open(await site.newProfile(), { hold: 40 })
  await ready(page)
  const { origin } = new URL(page.url())
  const session = await page.context().newCDPSession(page)
  // Before anything is stored: for half a minute Chromium goes by the room that it found last.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await ask(page, QUESTION)
  const full = page.getByRole('alert').filter({ hasText: 'Changes cannot be saved at the moment.' })
  await expect.poll(() => full.innerText()).toContain('no room left')
  expect(await accessibilityFaults(page)).toEqual([])
  await session.send('Storage.overrideQuotaForOrigin', { origin })
  const again = full.getByRole('button', { name: 'Try again' })
  again.click().catch(() => undefined) // a change that comes by itself may be saved before
  await full.waitFor({ state: 'detached' })
  await heldReplyStored(page)
  await page.reload()
  await expect.poll(() => lastReply(page).innerText()).toContain('Interrupted before it was finished.')
})

test('a reply is written on although floods come, a newer database takes the place of its own, and all that is stored is cleared', async () => {
  const profile = await site.newProfile()
  const reply = '<thinking>The tenths decide.</thinking><output>{4000:word }</output>' // longer than all of this
  const page = await site.open(profile, { reply, piece: 5, pace: 100 })
  await ready(page)
  await ask(page, QUESTION)
  const written = async (of: Page) => (await lastReply(of).locator('.answer').innerText()).trim().length
  await expect.poll(() => written(page)).toBeGreaterThan(10)
  const session = await profile.newCDPSession(page)
  const { origin } = new URL(page.url())
  const other = await profile.newPage()
  await other.route(`${origin}/other`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
  await other.goto(`${origin}/other`)
  await expect.poll(() => other.evaluate(storedNames)).toContain('chat:')
  const stored = await other.evaluate(storedNames)
  await other.evaluate(floodChannels)
  await composerOf(page).fill('It can still be written in.')
  expect(await other.evaluate(storedNames)).toBe(stored)
  await other.evaluate(upgradeChats) // is not blocked by the page
  const upgraded = await other.evaluate(storedLength)
  await expect.poll(() => other.evaluate(storedLength)).toBeGreaterThan(upgraded) // so it has its database open again
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await page.getByText('All that this site had stored was deleted').waitFor()

  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await replyEnded(page)
  const all = await written(page)
  const again = await profile.newPage()
  await again.goto(page.url())
  await expect.poll(() => written(again)).toBe(all)
})

test('a clock that jumps in mid-answer, back or ahead, takes nothing from the reply and leaves the newest chat first', async () => {
  const profile = await site.newProfile()
  const { clock } = profile
  await clock.install()
  const begin = Date.now()
  const answers = new Map<string, string>()
  const askWhileSetTo = async (page: Page, question: string, time: number) => {
    await ask(page, question)
    await expect.poll(() => lastReply(page).innerText()).toContain('Thinking')
    await clock.setSystemTime(time)
    await page.evaluate('resumeEngine()')
    await replyEnded(page)
    answers.set(question, await lastReply(page).locator('st-markdown.answer').innerText())
  }
  const names = (page: Page) =>
    chatList(page)
      .getByRole('link', { name: /^Asked/ })
      .allInnerTexts()
  const page = await site.open(profile, { wait: 6 })
  await askWhileSetTo(page, 'Asked first?', begin - HOUR_MS)
  await newChat(page)
  await ask(page, 'Asked second?')
  await replyEnded(page)
  await expect.poll(() => names(page)).toEqual(['Asked second?', 'Asked first?'])
  await repliesStored(page, 2)
  await page.close()

  const next = await site.open(profile, { wait: 6 })
  await newChat(next)
  await askWhileSetTo(next, 'Asked third?', begin + 40 * 24 * HOUR_MS)
  const inOrder = ['Asked third?', 'Asked second?', 'Asked first?']
  await expect.poll(() => names(next)).toEqual(inOrder)
  await repliesStored(next, 3)
  await clock.setSystemTime(Date.now())
  await next.reload()
  await expect.poll(() => names(next)).toEqual(inOrder)
  for (const [question, answer] of answers) {
    await chatList(next).getByRole('link', { name: question }).click()
    await expect.poll(() => lastReply(next).locator('st-markdown.answer').innerText()).toBe(answer)
    expect(await lastReply(next).innerText()).not.toContain('Interrupted')
  }
})

test('a chat of a newer version of the page stays in view and as it is', async () => {
  const page = await site.open(await site.profile(), { chats: 1 })
  await ready(page)
  await page.evaluate(putNewerChat)
  await page.goto(
    page
      .url()
      .replace(/chats=1/, 'chats=0')
      .replace(/#.*$|$/, '#/chat/newer'),
  )
  await page.getByText('A newer version of this page wrote that chat.').waitFor()
  await page.getByRole('button', { name: 'Reload' }).waitFor()
  await chatList(page).getByText('A newer version of this page wrote 1 chat.').waitFor()
  expect(await chatList(page).getByRole('button', { name: 'Delete', exact: true }).count()).toBe(0)
  expect(await accessibilityFaults(page)).toEqual([])
})

/** Runs in a page of the same origin. @returns The names of all records of chats. */
function storedNames(): Promise<string> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const names = opening.result.transaction('records').objectStore('records').getAllKeys()
      names.addEventListener('success', () => {
        opening.result.close()
        resolve(names.result.join())
      })
    })
  })
}

/** Runs in a page of the same origin. @returns How long all records of chats are as text. */
function storedLength(): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const records = opening.result.transaction('records').objectStore('records').getAll()
      records.addEventListener('success', () => {
        opening.result.close()
        resolve(JSON.stringify(records.result).length)
      })
    })
  })
}

/** Runs in a page of the same origin: thousands of messages that no version of the page sends. */
async function floodChannels(): Promise<void> {
  const request = { by: 'worker', at: Date.now(), bytes: 1, end: 'answered' }
  const shapes = [null, 7, 'x'.repeat(10_000), [[[[]]]], {}, { type: 'saved' }, { chatId: {}, type: 'deleted' }, 'all']
  const names = ['second-thought-chats', 'second-thought-settings', 'second-thought-storage', 'second-thought.clear']
  for (const name of [...names, 'second-thought.requests']) {
    const channel = new BroadcastChannel(name)
    for (let sent = 0; sent < 3000; sent++) {
      const told = { ...request, address: `https://flood.example/${sent}` }
      const isRequest = name.endsWith('requests') && sent % 2 === 0
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
      channel.postMessage(isRequest ? told : shapes[sent % shapes.length])
    }
    await new Promise((resolve) => setTimeout(resolve))
    channel.close()
  }
}

/** Runs in a page of the same origin, as a newer version of ours would. */
function upgradeChats(): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats', 7)
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('of-the-newer-version'))
    opening.addEventListener('blocked', () => reject(new Error('A connection stays open.')))
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      opening.result.close()
      resolve()
    })
  })
}

/** Runs in the page. */
function putNewerChat(): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const transaction = opening.result.transaction('records', 'readwrite')
      transaction.objectStore('records').put({ schema: 2, parts: ['what only it knows'] }, 'chat:newer')
      transaction.addEventListener('complete', () => {
        opening.result.close()
        resolve()
      })
    })
  })
}
