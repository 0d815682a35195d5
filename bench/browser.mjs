import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { chromium } from 'playwright'
import { chromiumSwitches } from '../scripts/chromium-switches.mjs'
import { provideChromium } from '../scripts/find-chromium.mjs'

/** @typedef {import('playwright').Page} Page */

/** The model that comes with the page. */
export const EMBEDDED = 'reflection-tiny'

function settings() {
  return {
    executablePath: provideChromium((line) => console.error(line)),
    args: chromiumSwitches({ realGpu: env['GPU'] === 'real' }),
  }
}

/** Starts Chromium; SwiftShader plays the GPU unless GPU=real. @returns {Promise<import('playwright').Browser>} */
export function launchBrowser() {
  return chromium.launch(settings())
}

/**
 * Starts Chromium with a profile that nothing was stored in yet; `close` deletes it.
 * @returns {Promise<{ context: import('playwright').BrowserContext, close: () => Promise<void> }>}
 */
export async function launchNewProfile() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'))
  const context = await chromium.launchPersistentContext(folder, settings())
  return {
    context,
    async close() {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Opens the engine without a page. @param {import('playwright').Browser} browser @param {string} siteUrl */
export async function openHeadless(browser, siteUrl) {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  await page.goto(`${siteUrl}headless.html`)
  return page
}

/** Loads the embedded model in a page of `openHeadless`. @param {Page} page */
export async function loadEmbedded(page) {
  return valueOf(await page.evaluate((name) => secondThought.load(name, () => undefined), EMBEDDED))
}

/**
 * @template Value
 * @param {import('../src/protocol/headless.ts').Outcome<Value>} outcome
 * @returns {Value}
 */
export function valueOf(outcome) {
  if ('value' in outcome) return outcome.value
  throw new Error(`${outcome.message} (${outcome.code})`)
}
