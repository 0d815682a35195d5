import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'
import { sharedBrowserWithoutGpu } from './support/shared-browser.ts'
import { testPageFolder } from './support/test-page-folder.ts'

/** All that an answer may hold; MathML besides. */
const TAGS =
  'p br hr h3 h4 h5 h6 blockquote ul ol li pre code em strong del a table thead tbody tr th td div span button'
const ATTRIBUTES = 'href title rel target class start align tabindex dir type'

const corpus: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../fixtures/xss.json', import.meta.url), 'utf8'),
)

interface Watched {
  readonly page: Page
  /** Requests, dialogs and other pages. */
  readonly deeds: readonly string[]
  /** What ran, and what the policy of the site would have forbidden. */
  complaints(): Promise<string[]>
  close(): Promise<void>
}

let site: ChangedSite
let context: BrowserContext | undefined
/** The page that shows the whole corpus, one payload after another. */
let sharedPage: Watched | undefined

beforeAll(async () => {
  site = await serveChangedSite(testPageFolder('answer-page'))
})
afterEach(() => context?.close())
afterAll(async () => {
  await sharedPage?.close()
  await site?.close()
})

/** Opens the page with the policy of the site, which reports and forbids nothing: what the sanitizer lets through, runs. */
async function openWatched(): Promise<Watched> {
  const opened = await (await sharedBrowserWithoutGpu()).newContext()
  context = opened
  const page = await opened.newPage()
  const headers = { 'Content-Type': 'text/html', 'Content-Security-Policy-Report-Only': policyOfSite() }
  const body = site.read('index.html').toString()
  await page.route(site.url, (route) => route.fulfill({ body, headers }))
  await page.route('https://**', (route) => route.abort())
  await page.addInitScript(noteViolations)
  await page.goto(site.url)
  await page.evaluate(() => showAnswer('```js\n1\n```\n\n$x$', 1000)) // has the page fetch its libraries
  await page.locator('code span').waitFor()
  await page.locator('math').waitFor()
  const deeds: string[] = []
  opened.on('request', (request) => deeds.push(`request ${request.url()}`))
  opened.on('page', (other) => deeds.push(`page ${other.url()}`))
  page.on('framenavigated', (frame) => deeds.push(`navigation ${frame.url()}`))
  page.on('dialog', (dialog) => {
    deeds.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, deeds, complaints: () => page.evaluate(notedComplaints), close: () => opened.close() }
}

/** The page of the whole corpus; once it has shown something that it should not, the next test gets another. */
async function openShared(): Promise<Watched> {
  const watched = (sharedPage ??= await openWatched())
  context = undefined // it outlives the test
  onTestFailed(async () => {
    sharedPage = undefined
    await watched.close()
  })
  return watched
}

/** As the build writes it; without what only counts in a header of its own. */
function policyOfSite(): string {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(
    readFileSync(new URL('../../dist/site/index.html', import.meta.url), 'utf8'),
  )?.[1]
  if (policy === undefined) throw new Error('The built site has no policy. Run npm run build.')
  return policy.replaceAll('&#39;', "'")
}

/** Runs in the page. */
function noteViolations(): void {
  const noted: string[] = []
  Object.assign(globalThis, { noted, executed: false })
  globalThis.addEventListener('securitypolicyviolation', (event) => {
    noted.push(`${event.effectiveDirective} ${event.blockedURI}`)
  })
}

/** Runs in the page. */
function notedComplaints(): string[] {
  const { noted, executed } = globalThis as unknown as { noted: string[]; executed: unknown }
  return executed === false ? noted : ['executed', ...noted]
}

/** Runs in the page: shows each payload, provokes it, and tells which nodes should not be there. */
async function provoke(options: {
  payloads: readonly string[]
  pieceLength: number
  tags: string
  attributes: string
}): Promise<string[]> {
  const { payloads, pieceLength } = options
  const tags = new Set(options.tags.split(' '))
  const attributes = new Set(options.attributes.split(' '))
  const events = 'load error mouseover pointerover pointerenter focus focusin toggle animationstart transitionend begin'
  const faults: string[] = []
  const state = globalThis as unknown as { executed: unknown }
  for (const payload of payloads) {
    showAnswer(payload, pieceLength)
    for (let task = 0; task < 4; task++) await new Promise((resolve) => setTimeout(resolve, 0))
    const all = [...document.querySelectorAll<HTMLElement>('.answer *')]
    for (const element of all) {
      const isMath = element.namespaceURI === 'http://www.w3.org/1998/Math/MathML'
      if (!isMath && !tags.has(element.localName)) faults.push(`${payload}: <${element.localName}>`)
      for (const { name } of element.attributes) {
        const isFine = isMath ? !/^on|^(?:id|name|style|href|xlink:href|src)$/.test(name) : attributes.has(name)
        if (!isFine) faults.push(`${payload}: ${element.localName} ${name}`)
      }
      if (element instanceof HTMLAnchorElement) {
        const leadsOut = /^(?:https?|mailto):/.test(element.protocol) && element.origin !== location.origin
        if (!leadsOut || element.target !== '_blank' || !element.relList.contains('noopener')) {
          faults.push(`${payload}: leads to ${element.href}`)
        }
      }
      for (const event of events.split(' ')) element.dispatchEvent(new Event(event, { bubbles: true }))
    }
    const buttons = document.querySelectorAll('.answer button').length
    if (buttons !== document.querySelectorAll('.answer pre').length) faults.push(`${payload}: ${buttons} buttons`)
    if (state.executed !== false) faults.push(`${payload}: executed`)
    state.executed = false
  }
  return faults
}

describe('a corpus of hostile answers', () => {
  test('has enough of each class', () => {
    const payloads = Object.values(corpus).flat()
    expect(new Set(payloads).size).toBe(payloads.length)
    expect(payloads.length).toBeGreaterThanOrEqual(200)
  })

  for (const [name, payloads] of Object.entries(corpus)) {
    test.each([
      ['whole', Infinity],
      ['one character at a time', 1],
    ])(`runs nothing, fetches nothing, leads nowhere: ${name}, %s`, async (_, pieceLength) => {
      const { page, deeds, complaints } = await openShared()
      const options = { payloads, pieceLength, tags: TAGS, attributes: ATTRIBUTES }
      expect(await page.evaluate(provoke, options)).toEqual([])
      await page.waitForTimeout(200) // what was fetched would fail by then, and say so
      expect(await complaints()).toEqual([])
      expect(deeds).toEqual([])
    })
  }

  test.each([
    ['<img src=x onerror="globalThis.executed = true">', /executed/, /request/],
    ['<svg onload="globalThis.executed = true"></svg>', /script-src-attr/, /^$/],
    ['<iframe srcdoc="<script>parent.executed = true</script>"></iframe>', /executed/, /navigation/],
    ['<p style="background: url(https://elsewhere.example/b.png)">x</p>', /style-src/, /request/],
  ])('would be noticed without the sanitizer: %s', async (markup, complaint, deed) => {
    const { page, deeds, complaints } = await openWatched()
    await page.evaluate((raw) => showRaw(raw), markup)
    await expect.poll(async () => (await complaints()).join(' ')).toMatch(complaint)
    await expect.poll(() => deeds.join(' ')).toMatch(deed)
  })

  test('would be noticed when it leads the page away', async () => {
    const { page, deeds } = await openWatched()
    await page.evaluate(() => showRaw('<meta http-equiv="refresh" content="0;url=https://elsewhere.example/">'))
    await expect.poll(() => deeds.join(' ')).toContain('https://elsewhere.example/')
  })

  test('would be noticed by what it leaves in the page', async () => {
    const { page } = await openWatched()
    await page.evaluate(() => void (globalThis.showAnswer = showRaw))
    const payloads = ['<a href="javascript:1">x</a>', '<form id="chat"></form>', '<button>Copy</button>']
    const options = { payloads, pieceLength: 1, tags: TAGS, attributes: ATTRIBUTES }
    expect(await page.evaluate(provoke, options)).toEqual([
      `${payloads[0]}: leads to javascript:1`,
      `${payloads[1]}: <form>`,
      `${payloads[1]}: form id`,
      `${payloads[2]}: 1 buttons`,
    ])
  })
})
