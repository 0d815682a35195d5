import { expect, test } from 'vitest'
import { heldReplyStored, ready, useAppSite } from './support/app-site.ts'
import { accessibilityFaults } from './support/accessibility.ts'
import { ask, chatList, lastReply } from './support/chat-page.ts'

// What a browser, or someone in it, does to a page in mid-answer. Faults of the engine are in test/browser/engine-faults.test.ts and page-failures.test.ts.
const QUESTION = 'What is 47 * 38?'

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
  await again.click({ timeout: 2000 }).catch(() => undefined) // a change that comes by itself may have been saved before
  await full.waitFor({ state: 'detached' })
  await heldReplyStored(page)
  await page.reload()
  await expect.poll(() => lastReply(page).innerText()).toContain('Interrupted before it was finished.')
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
