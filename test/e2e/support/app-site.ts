import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { serveChangedSite, type ChangedSite } from './serve-changed-site.ts'
import { sharedBrowser } from './shared-browser.ts'
import { testPageFolder } from './test-page-folder.ts'

/** What the engine of the page plays; see app-page.ts. */
export type Play = Readonly<Record<string, string | number>>

/** The whole page with a scripted engine and the real store of the browser. */
export interface AppSite {
  /** A new profile with nothing stored; it is closed after the test. */
  profile(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Opens the page in a profile and waits until it shows something. @param hash - What to show, with its `#`. */
  open(profile: BrowserContext, play?: Play, hash?: string): Promise<Page>
}

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE_MS = 60_000

/** Serves the page to all tests of a file. @param getBrowser - Default: the one that all files share. */
export function useAppSite(getBrowser: () => Promise<Browser> = sharedBrowser): AppSite {
  const profiles: BrowserContext[] = []
  let site: ChangedSite | undefined

  beforeAll(async () => {
    site = await serveChangedSite(testPageFolder('app-page'))
  })
  afterEach(async () => {
    await Promise.all(profiles.splice(0).map((profile) => profile.close()))
  })
  afterAll(() => site?.close())
  return {
    async profile(options = {}) {
      const browser = await getBrowser()
      const context = await browser.newContext(options)
      profiles.push(context)
      context.setDefaultTimeout(PATIENCE_MS)
      return context
    },
    async open(profile, play = {}, hash = '') {
      const page = await profile.newPage()
      const query = new URLSearchParams(Object.entries(play).map(([name, value]) => [name, String(value)]))
      await page.goto(`${site?.url}?${query}${hash}`)
      await page.getByRole('textbox', { name: /Your message|你的消息/ }).waitFor()
      return page
    },
  }
}

/** Waits until the model is ready. */
export async function ready(page: Page): Promise<void> {
  await page
    .getByRole('status')
    .filter({ hasText: /ready|就绪/ })
    .waitFor()
}

/** Waits until a reply that its engine holds (`hold`) is stored as far as it came. */
export async function heldReplyStored(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(isHeldReplyStored)).toBe(true)
}

/** Runs in the page. */
function isHeldReplyStored(): Promise<boolean> {
  type Reply = { readonly content: string }
  type Stored = { readonly replies?: readonly Reply[]; readonly conversation?: { readonly nodes: readonly Reply[] } }
  const held = (globalThis as unknown as { heldReply: () => string | undefined }).heldReply()
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const reading = opening.result.transaction('records').objectStore('records').getAll()
      reading.addEventListener('success', () => {
        opening.result.close()
        const records = reading.result as readonly Stored[]
        const stored = records.flatMap(({ replies, conversation }) => replies ?? conversation?.nodes ?? [])
        resolve(held !== undefined && stored.some(({ content }) => content === held))
      })
    })
  })
}
