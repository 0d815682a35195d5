import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type BrowserContext } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumSwitches } from '../../scripts/chromium-switches.mjs'
import { chromiumSettings } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { modelSettled } from './support/chat-page.ts'

// The built site's chat in a frame of another site, in a browser that keeps the storage of the two apart as people's browsers do.
const SITE = fileURLToPath(new URL('../../dist/site', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'embed-'))

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE_MS = 120_000

let host: Server
let hostUrl = ''
let site: Awaited<ReturnType<typeof serveSite>>
let profile: BrowserContext

beforeAll(async () => {
  if (!existsSync(join(SITE, 'embed.html'))) throw new Error('dist/site has no embed.html. Run: npm run build')
  host = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html').end(request.url === '/by-hand' ? byHand() : withScript())
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  hostUrl = `http://localhost:${(host.address() as AddressInfo).port}` // another site than 127.0.0.1, whatever the port
  site = await serveSite({ port: 0, siteFolder: siteThatAllows(hostUrl) })
  profile = await openProfile()
})
afterAll(async () => {
  await profile?.close()
  await site?.close()
  host?.closeAllConnections()
  host?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The built site with an `embed.json`. */
function siteThatAllows(origin: string): string {
  const place = join(folder, 'site')
  mkdirSync(place)
  for (const name of readdirSync(SITE)) if (name !== 'embed.json') symlinkSync(join(SITE, name), join(place, name))
  writeFileSync(join(place, 'embed.json'), JSON.stringify({ origins: [origin] }))
  return place
}

/** A profile whose user has allowed the one site what it asks for on the other, as the browser's own question would note it. */
async function openProfile(): Promise<BrowserContext> {
  const place = join(folder, 'profile')
  mkdirSync(join(place, 'Default'), { recursive: true })
  const granted = { 'http://127.0.0.1,http://localhost': { setting: 1, last_modified: '13400000000000000' } }
  const preferences = { profile: { content_settings: { exceptions: { storage_access: granted } } } }
  writeFileSync(join(place, 'Default/Preferences'), JSON.stringify(preferences))
  const off = '--disable-features='
  const features = chromiumSwitches().find((name) => name.startsWith(off)) ?? off
  const settings = chromiumSettings({
    without: [off],
    add: [features.replace(/ThirdPartyStoragePartitioning,?/, '')],
  })
  const opened = await chromium.launchPersistentContext(place, { ...settings, serviceWorkers: 'block' })
  opened.setDefaultTimeout(PATIENCE_MS)
  return opened
}

function withScript(): string {
  return `<!doctype html><title>host</title><main></main><script type="module">
    import { embedChat } from '${site.url}embed.js'
    window.chat = embedChat(document.querySelector('main'))
    </script>`
}

/** A frame that may do less than the script's. */
function byHand(): string {
  return `<!doctype html><title>host</title>
    <iframe sandbox="allow-scripts allow-same-origin allow-forms" src="${site.url}embed.html"></iframe>`
}

test('in a frame of another site, the chat uses the model that its own site has, when the visitor wants it, and says where it cannot', async () => {
  const page = await profile.newPage()
  const weights: string[] = []
  const frame = page.frameLocator('iframe')
  const here = new URL(site.url).host
  const use = frame.getByRole('button', { name: `Use the model you already downloaded at ${here}` })
  const says = (words: string) => frame.getByRole('status').filter({ hasText: words }).waitFor()

  // The browser refuses a frame that was not given leave to ask.
  await page.goto(`${hostUrl}/by-hand`)
  await use.click()
  await says('The browser did not allow it.')
  expect(await use.isEnabled()).toBe(true)

  // Nothing is there as long as the site was not used by itself.
  await page.goto(hostUrl)
  await use.click()
  await says(`No such model was downloaded at ${here}`)
  expect(await use.count()).toBe(0)

  const own = await profile.newPage()
  await own.goto(site.url)
  expect(await modelSettled(own)).toBe('Reflection Tiny · ready')
  await own.close()

  page.on('request', (request) => {
    if (/\.gguf$|params_shard/.test(request.url())) weights.push(request.url())
  })
  await page.reload()
  await use.click()
  await says('The model is here.')
  await page.evaluate("chat.ask('What is 7 + 9?').then((answer) => (document.title = answer))")
  await expect.poll(() => page.title(), { timeout: PATIENCE_MS }).toContain('16')
  expect(weights).toEqual([])
  expect(await frame.locator('.offer').count()).toBe(0)
})
