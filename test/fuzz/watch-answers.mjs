import { mainThreadTasks } from '../../bench/main-thread-tasks.mjs'

/**
 * @typedef {import('playwright').Page} Page
 * @typedef {{ readonly longestMs: number, readonly faults: readonly string[] }} Sight What showing an answer took, and what went wrong.
 */

/** All that an answer may hold; MathML besides. */
const TAGS =
  'p br hr h3 h4 h5 h6 blockquote ul ol li pre code em strong del a table thead tbody tr th td div span button'
const ATTRIBUTES = 'href title rel target class start align tabindex dir type role aria-label aria-expanded hidden'

/** Elements that no answer may have more of: those that bounds.ts allows, and what stands around code and formulae. */
const MOST_ELEMENTS = 60_000
/** No line of a text is so high, CSS pixels. */
const LINE = 60

/** Work that is not looked into, milliseconds: none of its tasks was longer than all of them. Looking into it costs a second or more. */
const LITTLE_MS = 150
/** After so long one asks how much was worked, milliseconds; the answer comes between two tasks. */
const LOOK_MS = 20

/** How many pieces an answer comes in. */
const PIECES = 24

/**
 * Shows answers in the page of answers and watches it: how long its main thread was busy at a time, what it asked for, what stands in it.
 * @param {Page} page With the page of test/e2e/support/answer-page.
 * @param {number} [little] As `LITTLE_MS`.
 * @returns {Promise<{ show(text: string): Promise<Sight> }>}
 */
export async function watchAnswers(page, little = LITTLE_MS) {
  const browser = page.context().browser()
  if (browser === null) throw new Error('The page has no browser to trace.')
  /** @type {string[]} */
  let deeds = []
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) deeds.push(`said ${message.text().slice(0, 300)}`)
  })
  page.on('pageerror', (error) => deeds.push(`threw ${String(error).slice(0, 300)}`))
  page.on('request', (request) => {
    if (!/\/assets\/[\w-]+\.js$/.test(request.url())) deeds.push(`asked for ${request.url()}`)
  })
  page.on('dialog', (dialog) => {
    deeds.push(`asked ${dialog.message()}`)
    void dialog.dismiss()
  })
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })

  /** Milliseconds that the main thread has worked, in all. */
  async function worked() {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN)
  }

  /** Shows an answer and asks again and again how much was worked: no task was longer than what was between two times. @param {string} text @param {number} pieces */
  async function mostBetweenLooks(text, pieces) {
    let before = await worked()
    let most = 0
    const shown = page
      .evaluate(([whole, count]) => streamAnswer(whole, count), /** @type {const} */ ([text, pieces]))
      .then(() => true)
    let isShown = false
    while (!isShown) {
      isShown = await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, LOOK_MS, false))])
      const now = await worked()
      most = Math.max(most, now - before)
      before = now
    }
    return most
  }

  /** The longest task while an answer is shown, or what it was shorter than. @param {string} text @param {number} pieces */
  async function longestTask(text, pieces) {
    const most = await mostBetweenLooks(text, pieces)
    if (most < little) return most
    await browser?.startTracing(page, { categories: ['toplevel'] })
    await page.evaluate(([shown, count]) => streamAnswer(shown, count), /** @type {const} */ ([text, pieces]))
    const trace = JSON.parse(String(await browser?.stopTracing()))
    return Math.max(...mainThreadTasks(trace.traceEvents).map(({ processorMs }) => processorMs))
  }

  return {
    async show(text) {
      deeds = []
      const streamed = await longestTask(text, PIECES)
      const faults = await page.evaluate(faultsIn, {
        text,
        tags: TAGS,
        attributes: ATTRIBUTES,
        most: MOST_ELEMENTS,
        line: LINE,
      })
      const reloaded = await longestTask(text, 1)
      faults.push(
        ...(await page.evaluate(faultsIn, {
          text,
          tags: TAGS,
          attributes: ATTRIBUTES,
          most: MOST_ELEMENTS,
          line: LINE,
        })),
      )
      return { longestMs: Math.max(streamed, reloaded), faults: [...new Set([...faults, ...deeds])] }
    },
  }
}

/**
 * Runs in the page: what should not be there, and what leaves its message.
 * @param {{ text: string, tags: string, attributes: string, most: number, line: number }} expected
 */
function faultsIn({ text, tags, attributes, most, line }) {
  const [allowedTags, allowedAttributes] = [new Set(tags.split(' ')), new Set(attributes.split(' '))]
  /** @type {Set<string>} */
  const faults = new Set()
  const answer = document.querySelector('st-markdown')
  if (answer === null) return ['There is no answer.']
  const all = [...answer.querySelectorAll('*')]
  if (all.length > most) faults.add(`${all.length} elements`)
  for (const element of all) {
    const isMath = element.namespaceURI === 'http://www.w3.org/1998/Math/MathML'
    if (!isMath && !allowedTags.has(element.localName)) faults.add(`<${element.localName}>`)
    for (const { name } of element.attributes) {
      const isFine = isMath ? !/^on|^(?:id|name|style|href|xlink:href|src)$/.test(name) : allowedAttributes.has(name)
      if (!isFine) faults.add(`${element.localName} ${name}`)
    }
    if (element instanceof HTMLAnchorElement) {
      const leadsOut = /^(?:https?|mailto):/.test(element.protocol) && element.origin !== location.origin
      if (!leadsOut || element.target !== '_blank') faults.add(`leads to ${element.href}`)
    }
  }
  const { width, height } = answer.getBoundingClientRect()
  const page = document.documentElement
  const CLIP_MARGIN = 4 // of markdown.css, where nothing stands beside an answer
  if (page.scrollWidth > innerWidth + CLIP_MARGIN || width > innerWidth) faults.add(`${page.scrollWidth} pixels wide`)
  if (height > line * (text.length + 20)) faults.add(`${height} pixels high`)
  if (page.scrollHeight > height + 2000) faults.add(`${page.scrollHeight} pixels high, of which ${height} are its own`)
  const button = answer.querySelector('.beyond button')
  if (button instanceof HTMLButtonElement) {
    button.click()
    const full = answer.querySelector('.full-text')
    if (full?.textContent !== text.replaceAll(/\r\n?/g, '\n')) faults.add('the full text is not all of it')
    if ((full?.getBoundingClientRect().height ?? 0) > innerHeight) faults.add('the full text is higher than the window')
  } else if (
    text.trim() !== '' &&
    answer.childNodes.length === 0 &&
    !/^\s*(?:\[|(?:`{3,}[^`\n]*|~{3,}[^\n]*)\s*$)/.test(text)
  )
    faults.add('nothing is shown')
  return [...faults]
}
