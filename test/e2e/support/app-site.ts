import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { emptyProfile, NOTHING } from './empty-profile.ts'
import { serveChangedSite, type ChangedSite } from './serve-changed-site.ts'
import { sharedBrowserWithoutGpu } from './shared-browser.ts'
import { testPageFolder } from './test-page-folder.ts'

/** What the engine of the page plays; see app-page.ts. */
export type Play = Readonly<Record<string, string | number>>

/** The whole page with a scripted engine and the real store of the browser. */
export interface AppSite {
  /**
   * A profile with nothing stored. It may be one that an earlier test left and that was emptied, as a new one costs more than most
   * tests: what nobody can take back (scripts at the start of each page) and what a cache of the network would change need `newProfile`.
   */
  profile(options?: BrowserContextOptions): Promise<BrowserContext>
  /** A profile that is closed after the test. */
  newProfile(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Opens the page in a profile and waits until it shows something. @param hash - What to show, with its `#`. */
  open(profile: BrowserContext, play?: Play, hash?: string): Promise<Page>
}

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE_MS = 60_000

/** Serves the page to all tests of a file. @param getBrowser - Default: the one without a GPU that all files share. */
export function useAppSite(getBrowser: () => Promise<Browser> = sharedBrowserWithoutGpu): AppSite {
  const inUse = new Set<BrowserContext>()
  /** What `profile` was asked for, of the profiles that may be used again. */
  const kinds = new Map<BrowserContext, string>()
  const emptied = new Map<string, BrowserContext>()
  let site: ChangedSite | undefined

  async function newProfile(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const browser = await getBrowser()
    const context = await browser.newContext(options)
    inUse.add(context)
    context.setDefaultTimeout(PATIENCE_MS)
    return context
  }

  async function endUse(context: BrowserContext): Promise<void> {
    const kind = kinds.get(context)
    if (kind !== undefined && !emptied.has(kind)) {
      emptied.set(kind, context)
      if (await emptyProfile(context, site?.url ?? '')) return
      emptied.delete(kind)
    }
    kinds.delete(context)
    await context.close()
  }

  beforeAll(async () => {
    site = await serveChangedSite(testPageFolder('app-page'), 'assets')
    site.change(NOTHING.there)
  })
  afterEach(async () => {
    const used = [...inUse]
    inUse.clear()
    await Promise.all(used.map(endUse))
  })
  afterAll(async () => {
    await Promise.all([...emptied.values()].map((profile) => profile.close()))
    await site?.close()
  })
  return {
    newProfile,
    async profile(options = {}) {
      const kind = JSON.stringify(options)
      const kept = emptied.get(kind)
      if (kept !== undefined) {
        emptied.delete(kind)
        inUse.add(kept)
        return kept
      }
      const context = await newProfile(options)
      kinds.set(context, kind)
      return context
    },
    async open(profile, play = {}, hash = '') {
      const page = profile.pages().find((one) => one.url().endsWith(NOTHING.path)) ?? (await profile.newPage())
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
  await expect.poll(() => isHeldReplyStored(page)).toBe(true)
}

/** Waits until so many replies are stored as they ended: a page that is closed before loses what it was just storing. */
export async function repliesStored(page: Page, count: number): Promise<void> {
  const ended = async () => {
    const records = await page.evaluate(storedRecords)
    const nodes = records.flatMap(({ conversation }) => conversation?.nodes ?? [])
    return nodes.filter(({ role, status }) => role === 'assistant' && status !== 'streaming').length
  }
  await expect.poll(ended).toBe(count)
}

interface StoredNode {
  readonly role: string
  readonly status?: string
  readonly content: string
}

interface StoredRecord {
  readonly replies?: readonly StoredNode[]
  readonly conversation?: { readonly nodes: readonly StoredNode[] }
}

async function isHeldReplyStored(page: Page): Promise<boolean> {
  const held = await page.evaluate<string | undefined>('heldReply()')
  const records = await page.evaluate(storedRecords)
  const stored = records.flatMap(({ replies, conversation }) => replies ?? conversation?.nodes ?? [])
  return held !== undefined && stored.some(({ content }) => content === held)
}

/** Runs in the page. */
function storedRecords(): Promise<readonly StoredRecord[]> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const reading = opening.result.transaction('records').objectStore('records').getAll()
      reading.addEventListener('success', () => {
        opening.result.close()
        resolve(reading.result)
      })
    })
  })
}
