import { launchNewProfile } from '../browser.mjs'
import { number, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

const QUESTION = 'Which is larger, 9.9 or 9.11?'

/** Milliseconds after the navigation began. @typedef {{ readyMs: number, textMs: number }} FirstText */

/**
 * From the navigation to the first sign of a reply's text in the real page (its thinking is a closed line), which is asked as soon as it can be: in a new profile, and then
 * in the same one again.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureStart({ isQuick, siteUrl, say }) {
  const runs = isQuick ? 1 : 5
  /** @type {FirstText[]} */
  const cold = []
  /** @type {FirstText[]} */
  const warm = []
  for (let run = 0; run < runs; run++) {
    const { context, close } = await launchNewProfile()
    await context.addInitScript(askOnceReady, QUESTION)
    for (const times of [cold, warm]) {
      const page = await context.newPage()
      page.setDefaultTimeout(0)
      await page.goto(siteUrl)
      const time = await page.evaluate(() => firstText)
      times.push(time)
      await page.close() // the second visit finds no page that holds the model
      say(`${times === cold ? 'cold' : 'warm'}: first text after ${number(time.textMs / 1000, 2)} s`)
    }
    await close()
  }
  const coldSpread = spreadOf(cold.map(({ textMs }) => textMs / 1000))
  const warmSpread = spreadOf(warm.map(({ textMs }) => textMs / 1000))
  return {
    result: { question: QUESTION, cold, warm },
    rows: [
      { what: 'From navigation to the first text, cold', value: `${spread(coldSpread, 2)} s` },
      {
        what: '… of it until the model is ready',
        value: `${spread(spreadOf(cold.map(({ readyMs }) => readyMs / 1000)), 2)} s`,
      },
      { what: 'From navigation to the first text, warm', value: `${spread(warmSpread, 2)} s` },
      {
        what: '… of it until the model is ready',
        value: `${spread(spreadOf(warm.map(({ readyMs }) => readyMs / 1000)), 2)} s`,
      },
    ],
    notes: [
      `The built page with the embedded model, served from this computer, in ${runs} new profile${runs === 1 ? '' : 's'}; warm is the second visit.`,
    ],
  }
}

/** Runs in the page before anything else: asks when the page lets it, and notes when text of the reply is there. @param {string} question */
function askOnceReady(question) {
  globalThis.firstText = new Promise((resolve) => {
    let readyMs = 0
    const observer = new MutationObserver(() => {
      const reply = document.querySelector('article[aria-label="Reply"] :is(.reasoning, .answer)')
      if (reply !== null && (reply.textContent ?? '').trim() !== '') {
        observer.disconnect()
        resolve({ readyMs, textMs: performance.now() })
        return
      }
      const status = document.querySelector('.header [role=status]')?.textContent ?? ''
      const field = document.querySelector('textarea')
      if (readyMs > 0 || field === null || !status.includes('ready')) return
      readyMs = performance.now()
      field.value = question
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))
      const send = () => {
        const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('.composer button[type=submit]'))
        if (button === null || button.disabled) requestAnimationFrame(send)
        else button.click()
      }
      requestAnimationFrame(send)
    })
    observer.observe(document, { childList: true, subtree: true, characterData: true, attributes: true })
  })
}
