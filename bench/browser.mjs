import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMBEDDED, valueOf } from '../scripts/headless-page.mjs'
import { launchProfile } from '../scripts/launch-chromium.mjs'

/**
 * Starts Chromium with a profile that nothing was stored in yet; `close` deletes it.
 * @returns {Promise<{ context: import('playwright').BrowserContext, close: () => Promise<void> }>}
 */
export async function launchNewProfile() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'))
  const context = await launchProfile(folder)
  return {
    context,
    async close() {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Loads the embedded model in a page of `openHeadless`. @param {import('playwright').Page} page */
export async function loadEmbedded(page) {
  return valueOf(await page.evaluate((name) => secondThought.load(name, () => undefined), EMBEDDED))
}
