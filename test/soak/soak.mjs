import { growthOf, lookAtMemory, megabytes } from './memory.mjs'
import { storedNodes } from './stored-nodes.mjs'

/** @typedef {import('playwright').Page} Page */

/**
 * @typedef {object} SoakOptions
 * @property {import('playwright').BrowserContext} context
 * @property {string} url Of the page.
 * @property {string} engine
 * @property {() => number} random
 * @property {(line: string) => void} say
 */

/** Tabs that are open at most. */
const MOST_TABS = 3
/** Chromium itself ends when its GPU process has crashed six times within an hour. */
const MOST_GPU_KILLS = 5
/** Steps between two looks at what is stored, and at the memory. */
const STEPS_A_CHECK = 5
const STEPS_A_LOOK = 15
/** For a button that is there, or for a page that comes, milliseconds. */
const PATIENCE_MS = 4000
const PAGE_MS = 120_000

/** What the console says when a fault is injected, or a server is asked for a page that is left. */
const EXPECTED =
  /a fault that the soak injected|Failed to load resource|net::ERR_|GPU process|WebGPU|WebGL|favicon|lost|Autofill/i

/** A restless user of the page. @param {SoakOptions} options */
export function createSoak({ context, url, engine, random, say }) {
  /** @type {string[]} */
  const uncaught = []
  /** @type {Map<string, string>} */
  const seen = new Map() // nodes as they were stored when they were looked at last
  /** @type {Set<string>} */
  const sent = new Set() // messages that stood in a chat
  /** @type {import('./memory.mjs').Memory[]} */
  const looks = []
  let shown = 0 // the tab that is used
  let questions = 0
  let step = 0
  /** @type {Record<string, number>} */
  const done = {}

  context.on('weberror', (error) => uncaught.push(`an error that nobody caught: ${error.error().stack}`))
  context.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) uncaught.push(`on the console: ${message.text()}`)
  })

  const pick = (/** @type {number} */ count) => Math.floor(random() * count)
  const tabs = () => context.pages().filter((page) => page.url().startsWith('http'))
  const lastReply = (/** @type {Page} */ page) => page.getByRole('article', { name: 'Reply' }).last()

  /** Presses a button if there is one. @param {import('playwright').Locator} button */
  async function press(button) {
    const [first] = (await button.count()) === 0 ? [] : [button.last()]
    if (first === undefined || !(await first.isVisible()) || !(await first.isEnabled())) return false
    return first.click({ timeout: PATIENCE_MS }).then(
      () => true,
      () => false, // it has gone meanwhile
    )
  }

  /** @param {Page} page */
  async function open(page) {
    await page.goto(url, { timeout: PAGE_MS })
    await page.getByRole('textbox', { name: 'Your message' }).waitFor({ timeout: PAGE_MS })
  }

  function question() {
    questions += 1
    const kinds = [
      'What is A + B?',
      'What is A * B?',
      'Which is larger, A.9 or A.11?',
      'Count the letters in strawberryA.',
    ]
    const text = (kinds[pick(kinds.length)] ?? '')
      .replaceAll('A', String(2 + pick(90)))
      .replace('B', String(2 + pick(90)))
    return `${text} (${questions})`
  }

  /** Notes a message once it stands in the chat. @param {Page} page @param {string} text */
  async function noteSent(page, text) {
    const isThere = await page
      .locator('.user-text')
      .filter({ hasText: text })
      .first()
      .waitFor({ timeout: PATIENCE_MS })
      .then(
        () => true,
        () => false,
      )
    if (isThere) sent.add(text)
    return isThere
  }

  /** What can be done, how often, and whether it could be. @type {Readonly<Record<string, readonly [weight: number, (page: Page) => Promise<boolean>]>>} */
  const actions = {
    ask: [
      12,
      async (page) => {
        const text = question()
        const isLong = random() < 0.5
        const field = page.getByRole('textbox', { name: 'Your message', exact: true })
        if (!(await field.isVisible()) || !(await page.getByRole('button', { name: 'Send' }).isVisible())) return false
        await field.fill(text)
        await field.press('Enter')
        const isSent = await noteSent(page, text)
        if (isSent && isLong)
          await page
            .getByRole('button', { name: 'Send' })
            .waitFor({ timeout: 20_000 })
            .catch(() => undefined)
        return isSent
      },
    ],
    wait: [4, async (page) => page.waitForTimeout(200 + pick(3000)).then(() => true)],
    stop: [4, async (page) => press(page.getByRole('button', { name: 'Stop', exact: true }))],
    'answer now': [2, async (page) => press(page.getByRole('button', { name: 'Answer now' }))],
    continue: [3, async (page) => press(lastReply(page).getByRole('button', { name: 'Continue' }))],
    regenerate: [3, async (page) => press(lastReply(page).getByRole('button', { name: 'Regenerate' }))],
    edit: [
      3,
      async (page) => {
        const text = question()
        if (!(await press(page.getByRole('button', { name: 'Edit', exact: true })))) return false
        const editor = page.getByRole('textbox', { name: 'Edit your message' })
        await editor.fill(text, { timeout: PATIENCE_MS }).catch(() => undefined)
        return (await press(page.getByRole('button', { name: 'Ask again' }))) && noteSent(page, text)
      },
    ],
    'new chat': [3, async (page) => press(page.getByRole('button', { name: 'New chat' }).first())],
    'other chat': [
      4,
      async (page) => {
        const links = page.locator('#sidebar a.chat-link')
        const count = await links.count()
        const at = pick(Math.max(1, count))
        return count > 0 && press(links.nth(at))
      },
    ],
    reload: [2, async (page) => page.reload({ timeout: PAGE_MS }).then(() => true)],
    'new tab': [
      2,
      async () => {
        if (tabs().length >= MOST_TABS) return false
        await open(await context.newPage())
        shown = tabs().length - 1
        return true
      },
    ],
    'other tab': [
      4,
      async () => {
        shown = pick(tabs().length)
        await tabs()[shown]?.bringToFront()
        return tabs().length > 1
      },
    ],
    'close tab': [
      1,
      async (page) => {
        if (tabs().length < 2) return false
        await page.close()
        shown = 0
        return true
      },
    ],
    'kill worker': [
      2,
      async (page) => {
        const worker = page.workers().find((one) => /\/main-/.test(one.url()))
        if (worker === undefined) return false
        const fault = "setTimeout(() => { throw new Error('a fault that the soak injected') })"
        await worker.evaluate(fault).catch(() => undefined)
        return true
      },
    ],
    'kill GPU': [
      engine === 'gpu' ? 1 : 0.3,
      async () => {
        if (done['kill GPU'] === MOST_GPU_KILLS) return false
        const session = await context.browser()?.newBrowserCDPSession()
        await session?.send('Browser.crashGpuProcess')
        await session?.detach()
        return true
      },
    ],
    'load again': [
      6,
      async (page) => {
        const names = /^(Load the model again|Load Reflection Tiny|Try again|Go on with the processor)$/
        return press(page.getByRole('button', { name: names }))
      },
    ],
  }
  const total = Object.values(actions).reduce((sum, [weight]) => sum + weight, 0)

  function draw() {
    let left = random() * total
    for (const [name, [weight]] of Object.entries(actions)) {
      left -= weight
      if (left < 0) return name
    }
    return 'wait'
  }

  /** Messages that are not stored. @param {Map<string, string>} nodes */
  function notIn(nodes) {
    const texts = new Set(nodes.values())
    return [...sent].filter((text) => !texts.has(text))
  }

  /** Compares what is stored with what was: nothing may be gone, and no reply shorter. */
  async function checkStored() {
    const [page] = tabs()
    if (page === undefined) return
    const now = await storedNodes(page)
    for (const [id, content] of seen) {
      const stored = now.get(id)
      if (stored === undefined)
        throw new Error(`Step ${step}: ${id} is no longer stored. It was: ${content.slice(0, 200)}`)
      if (!stored.startsWith(content)) {
        throw new Error(`Step ${step}: ${id} has lost text. It was:\n${content}\nIt is:\n${stored}`)
      }
    }
    for (const [id, content] of now) seen.set(id, content)
    let lost = notIn(now)
    for (let tries = 0; lost.length > 0 && tries < 30; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 500)) // a busy machine saves late
      lost = notIn(await storedNodes(page))
    }
    if (lost.length > 0) throw new Error(`Step ${step}: messages are not stored: ${lost.join(' / ')}`)
  }

  function checkErrors() {
    if (uncaught.length > 0) throw new Error(`Step ${step}: ${uncaught.join('\n')}`)
  }

  async function look() {
    const memory = await lookAtMemory(context)
    looks.push(memory)
    say(`  heap ${megabytes(memory.heap)}, GPU ${megabytes(memory.gpu)}, renderer ${megabytes(memory.renderers)}`)
  }

  return {
    /** @param {number} end When to end, milliseconds since 1970. @param {number} untilStep */
    async run(end, untilStep) {
      const first = context.pages()[0] ?? (await context.newPage())
      await open(first)
      while (Date.now() < end && step < untilStep) {
        step += 1
        const name = draw()
        const page = tabs()[shown] ?? tabs()[0]
        if (page === undefined) throw new Error(`Step ${step}: no tab is left.`)
        const could = await (actions[name] ?? actions['wait'])?.[1](page)
        say(`${step}. tab ${shown + 1} of ${tabs().length}: ${name}${could === true ? '' : ' (cannot be done now)'}`)
        if (could === true) done[name] = (done[name] ?? 0) + 1
        checkErrors()
        if (step % STEPS_A_CHECK === 0) {
          await new Promise((resolve) => setTimeout(resolve, 600)) // a growing reply is saved a few times a second
          await checkStored()
        }
        if (step % STEPS_A_LOOK === 0) await look()
      }
      await new Promise((resolve) => setTimeout(resolve, 1000))
      await checkStored()
      checkErrors()
      const grown = growthOf(looks)
      if (grown.length > 0) throw new Error(`Memory grew: ${grown.join('; ')}`)
      const replies = [...seen.values()].length - sent.size
      say(
        `${step} steps: ${Object.entries(done)
          .map(([name, times]) => `${name} ${times}`)
          .join(', ')}. ${sent.size} messages and ${replies} replies, all stored; nothing uncaught; memory levels off.`,
      )
    },
  }
}
