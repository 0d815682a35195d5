import { rmSync } from 'node:fs'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { launchChromium } from '../../../scripts/launch-chromium.mjs'
import { buildTestPage } from './build-test-page.ts'
import { serveChangedSite } from './serve-changed-site.ts'

/** What the engine of the page plays; see app-page.ts. */
export type Play = Readonly<Record<string, string | number>>

/** The whole page with a scripted engine and the real store of the browser. */
export interface AppSite {
  readonly browser: Browser
  /** A new profile with nothing stored. */
  profile(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Opens the page in a profile and waits until it shows something. @param hash - What to show, with its `#`. */
  open(profile: BrowserContext, play?: Play, hash?: string): Promise<Page>
  close(): Promise<void>
}

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE_MS = 60_000

export async function openAppSite(): Promise<AppSite> {
  const folder = await buildTestPage('app-page')
  const site = await serveChangedSite(folder)
  const browser = await launchChromium()
  return {
    browser,
    async profile(options = {}) {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(PATIENCE_MS)
      return context
    },
    async open(profile, play = {}, hash = '') {
      const page = await profile.newPage()
      const query = new URLSearchParams(Object.entries(play).map(([name, value]) => [name, String(value)]))
      await page.goto(`${site.url}?${query}${hash}`)
      await page.getByRole('textbox', { name: /Your message|你的消息/ }).waitFor()
      return page
    },
    async close() {
      await browser.close()
      await site.close()
      rmSync(folder, { recursive: true, force: true })
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
