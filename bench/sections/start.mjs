import { launchNewProfile } from '../browser.mjs'
import { number, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

/** @typedef {import('../statistics.mjs').Spread} Spread */

const QUESTION = 'Which is larger, 9.9 or 9.11?'

/** How long the third visit leaves the model alone before it asks, milliseconds. */
const PAUSE_MS = 5000

/**
 * Milliseconds after the navigation began: the model was ready, the question was sent, the first text of the reply was there.
 * @typedef {{ readyMs: number, sentMs: number, textMs: number }} FirstText
 */

/**
 * What a build of the page, or WebLLM alone, took in each run, milliseconds.
 * @typedef {Record<'coldReady' | 'coldText' | 'warmReady' | 'warmText' | 'enter', number[]>} PageTimes
 * @typedef {Record<'coldReady' | 'warmReady', number[]>} RawTimes
 */

/** What is told of a build, in the order of the table. @type {readonly (readonly [keyof PageTimes, string])[]} */
const TOLD = [
  ['coldReady', 'From navigation to the model ready, cold'],
  ['coldText', 'From navigation to the first text, cold'],
  ['warmReady', 'From navigation to the model ready, warm'],
  ['warmText', 'From navigation to the first text, warm'],
  ['enter', 'From Enter to the first text, first question'],
]

/**
 * Three visits of the real page in a new profile: the first two ask as soon as it can be, the third when the model has been left alone for a
 * while. The first sign of a reply's text counts (its thinking is a closed line). In turn with another build, if there is one, and with WebLLM
 * alone loading the same files.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureStart({ isQuick, siteUrl, besideUrl, pagesUrl, say }) {
  const runs = isQuick ? 1 : 5
  const ours = newTimes()
  const theirs = newTimes()
  /** @type {RawTimes} */
  const raw = { coldReady: [], warmReady: [] }
  const contenders = [
    () => visitPage(siteUrl, ours, (line) => say(`this build: ${line}`)),
    ...(besideUrl === undefined ? [] : [() => visitPage(besideUrl, theirs, (line) => say(`the other: ${line}`))]),
    () => visitRaw(`${pagesUrl}raw-webllm.html`, raw),
  ]
  for (let run = 0; run < runs; run++) {
    for (const visit of run % 2 === 0 ? contenders : contenders.toReversed()) await visit()
  }
  const rows = TOLD.map(([key, what]) => ({ what, value: seconds(spreadOf(ours[key])) }))
  const beside = besideUrl === undefined ? [] : TOLD.map(([key, what]) => ratioRow(what, ours[key], theirs[key]))
  const rawWarm = spreadOf(raw.warmReady)
  return {
    result: { question: QUESTION, pauseMs: PAUSE_MS, ours, ...(besideUrl === undefined ? {} : { theirs }), raw },
    rows: [
      ...rows,
      ...beside,
      { what: 'WebLLM alone: from navigation to the model loaded, cold', value: seconds(spreadOf(raw.coldReady)) },
      {
        what: 'WebLLM alone: from navigation to the model loaded, warm',
        value: `${seconds(rawWarm)}; ours takes ${number(spreadOf(ours.warmReady).median / rawWarm.median, 2)} times as long`,
      },
    ],
    notes: [
      `The built page with the embedded model, served from this computer, in ${runs} new profile${runs === 1 ? '' : 's'}: the first visit is cold, the second warm, the third asks "${QUESTION}" ` +
        `${PAUSE_MS / 1000} s after the model is ready. WebLLM alone is an empty page and a worker with WebLLM 0.2.86 that loads the same files.` +
        (besideUrl === undefined ? '' : ' The other build ran in turn with this one; pairs are of the same run.'),
    ],
  }
}

/** @returns {PageTimes} */
function newTimes() {
  return { coldReady: [], coldText: [], warmReady: [], warmText: [], enter: [] }
}

/** @param {string} url @param {PageTimes} times @param {(line: string) => void} say */
async function visitPage(url, times, say) {
  const { context, close } = await launchNewProfile()
  const visit = async (/** @type {number} */ pauseMs) => {
    const page = await context.newPage()
    page.setDefaultTimeout(0)
    await page.addInitScript(askWhenReady, { question: QUESTION, pauseMs })
    await page.goto(url)
    const time = await page.evaluate(() => firstText)
    await page.close() // the next visit finds no page that holds the model
    return time
  }
  const cold = await visit(0)
  const warm = await visit(0)
  const settled = await visit(PAUSE_MS)
  await close()
  times.coldReady.push(cold.readyMs)
  times.coldText.push(cold.textMs)
  times.warmReady.push(warm.readyMs)
  times.warmText.push(warm.textMs)
  times.enter.push(settled.textMs - settled.sentMs)
  const told = TOLD.map(([key]) => `${key} ${number((times[key].at(-1) ?? 0) / 1000, 2)} s`)
  say(told.join(', '))
}

/** @param {string} url @param {RawTimes} times */
async function visitRaw(url, times) {
  const { context, close } = await launchNewProfile()
  for (const list of [times.coldReady, times.warmReady]) {
    const page = await context.newPage()
    page.setDefaultTimeout(0)
    await page.goto(url)
    list.push(await page.evaluate(() => rawWebLLM.load().then(() => performance.now())))
    await page.close()
  }
  await close()
}

/** @param {Spread} times Milliseconds. */
function seconds({ median, least, most, runs }) {
  return `${spread({ median: median / 1000, least: least / 1000, most: most / 1000, runs }, 2)} s`
}

/** @param {string} what @param {readonly number[]} ours @param {readonly number[]} theirs */
function ratioRow(what, ours, theirs) {
  const pairs = spreadOf(ours.map((time, run) => time / (theirs[run] ?? NaN)))
  const ofMedians = spreadOf(ours).median / spreadOf(theirs).median
  return {
    what: `${what}: by the other build's`,
    value: `${number(ofMedians, 2)} (pairs: ${spread(pairs, 2)}); theirs ${seconds(spreadOf(theirs))}`,
  }
}

/**
 * Runs in the page before anything else: asks some time after the page lets it, and notes when text of the reply is there.
 * @param {{ question: string, pauseMs: number }} request
 */
function askWhenReady({ question, pauseMs }) {
  globalThis.firstText = new Promise((resolve) => {
    let readyMs = 0
    let sentMs = 0
    const observer = new MutationObserver(() => {
      const reply = document.querySelector('article[aria-label="Reply"] :is(.reasoning, .answer)')
      if (reply !== null && (reply.textContent ?? '').trim() !== '') {
        observer.disconnect()
        resolve({ readyMs, sentMs, textMs: performance.now() })
        return
      }
      const status = document.querySelector('.header [role=status]')?.textContent ?? ''
      const field = document.querySelector('textarea')
      if (readyMs > 0 || field === null || !status.includes('ready')) return
      readyMs = performance.now()
      const send = () => {
        const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('.composer button[type=submit]'))
        if (button === null || button.disabled) {
          requestAnimationFrame(send)
          return
        }
        sentMs = performance.now()
        button.click()
      }
      const ask = () => {
        field.value = question
        field.dispatchEvent(new InputEvent('input', { bubbles: true }))
        requestAnimationFrame(send)
      }
      if (pauseMs === 0) ask()
      else setTimeout(ask, pauseMs)
    })
    observer.observe(document, { childList: true, subtree: true, characterData: true, attributes: true })
  })
}
