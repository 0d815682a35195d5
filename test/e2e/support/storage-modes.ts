import type { Locator, Page } from 'playwright'
import { openSettings } from './chat-page.ts'

/** What opens encrypted chats in tests. */
export const PASSPHRASE = 'correct horse battery'

export type StorageChoice = 'Keep' | 'Keep encrypted' | 'Keep nothing'

/** Chooses how chats are stored, in the open settings. @returns The form that asks. */
export async function chooseStorage(page: Page, choice: StorageChoice): Promise<Locator> {
  await page.getByRole('radio', { name: choice, exact: true }).click()
  const form = page.locator('dialog.privacy-form')
  await form.waitFor()
  return form
}

/** Encrypts all that is stored, and closes the settings. */
export async function encryptChats(page: Page): Promise<void> {
  const settings = await openSettings(page, 'Privacy')
  const form = await chooseStorage(page, 'Keep encrypted')
  await form.getByLabel('New passphrase').fill(PASSPHRASE)
  await form.getByLabel('The same once more').fill(PASSPHRASE)
  await form.getByRole('button', { name: 'Encrypt' }).click()
  await settings.getByRole('combobox', { name: 'Lock by itself' }).waitFor()
  await settings.getByRole('button', { name: 'Done' }).click()
  await settings.waitFor({ state: 'hidden' })
}

/** Waits for the page that unlocks, and unlocks it. */
export async function unlockChats(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await page.getByRole('heading', { name: 'Your chats are locked' }).waitFor()
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await page.getByRole('button', { name: 'Unlock', exact: true }).click()
}
