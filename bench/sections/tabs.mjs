import { launchNewProfile } from '../browser.mjs'
import { number, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

/** How a first tab and those after it come up. @type {import('../section.d.ts').Measure} */
export async function measureTabs({ isQuick, siteUrl, say }) {
  const { context, close } = await launchNewProfile()
  const runs = isQuick ? 1 : 5
  /** @type {number[]} */
  const laterMs = []
  let workers = 0
  const first = await open(context, siteUrl)
  const firstMs = first.readyMs
  for (let run = 0; run < runs; run++) {
    const { page, readyMs } = await open(context, siteUrl)
    laterMs.push(readyMs)
    workers += page.workers().length
    say(`a second tab: ${number(readyMs / 1000, 2)} s`)
    await page.close()
  }
  await close()
  const { median, least, most } = spreadOf(laterMs)
  const seconds = { median: median / 1000, least: least / 1000, most: most / 1000, runs }
  return {
    result: { firstMs, laterMs, workers },
    rows: [
      {
        what: 'From navigation to the model ready, first tab of a new profile',
        value: `${number(firstMs / 1000, 2)} s`,
      },
      { what: 'The same in a second tab, beside the first', value: `${spread(seconds, 2)} s`, aim: 'at most 1 s' },
      {
        what: 'Workers that second tabs started, each of which would load the model again',
        value: `${workers}`,
        aim: '0',
      },
    ],
    notes: [`The built page with the embedded model; ${runs} second tab${runs === 1 ? '' : 's'}, one after another.`],
  }
}

/** @param {import('playwright').BrowserContext} context @param {string} url */
async function open(context, url) {
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  await page.addInitScript(noteReady)
  await page.goto(url)
  return { page, readyMs: await page.evaluate(() => modelReady) }
}

/** Runs in the page before anything else. */
function noteReady() {
  globalThis.modelReady = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const status = document.querySelector('.header [role=status]')?.textContent ?? ''
      if (!status.includes('ready')) return
      observer.disconnect()
      resolve(performance.now())
    })
    observer.observe(document, { childList: true, subtree: true, characterData: true })
  })
}
