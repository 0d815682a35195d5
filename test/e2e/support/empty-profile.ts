import type { BrowserContext } from 'playwright'

/** A page of a site without anything in it: the end of its address, and the change that has `serveChangedSite` serve it. */
export const NOTHING = {
  path: '/nothing-at-all.html',
  there: { 'nothing-at-all.html': { body: '<!doctype html>' } },
} as const

/**
 * Leaves one page in a profile, with nothing in it, nothing stored and nothing set, for the next test: a new profile costs more than most tests.
 * @param url - Of the site, which has to serve `NOTHING`.
 * @returns False where that does not work, as after a crash.
 */
export async function emptyProfile(profile: BrowserContext, url: string): Promise<boolean> {
  const [page, ...others] = profile.pages()
  if (page === undefined) return false
  try {
    await Promise.all(others.map((other) => other.close()))
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.goto(new URL(NOTHING.path, url).href, { timeout: 10_000 })
    await page.evaluate(() => sessionStorage.clear())
    const session = await profile.newCDPSession(page)
    await session.send('Storage.clearDataForOrigin', { origin: new URL(url).origin, storageTypes: 'all' })
    await session.detach()
    await profile.setOffline(false)
    await page.emulateMedia({ media: null, colorScheme: null, forcedColors: null, reducedMotion: null })
    await page.setViewportSize({ width: 1280, height: 720 }) // as Playwright opens pages
    return true
  } catch {
    return false
  }
}
