import { number } from '../format.mjs'
import { mainThreadTasks } from '../main-thread-tasks.mjs'

const LONG_MS = 50

/**
 * The page with many chats, and with a chat of many messages: opening it, and scrolling through it as a wheel does.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureScroll({ isQuick, browser, pagesUrl }) {
  const chats = isQuick ? 50 : 500
  const messages = isQuick ? 200 : 2000
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  const open = async (/** @type {string} */ query) => {
    await page.goto('about:blank') // a change of the hash alone would load nothing
    await page.goto(`${pagesUrl}whole-page.html${query}`)
    await page.getByRole('textbox', { name: 'Your message' }).waitFor()
  }
  await open(`?chats=${chats}&messages=${messages}`) // fills the store
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()

  const opening = await tasksDuring(async () => {
    await open('#/chat/long')
    await page.getByRole('article', { name: 'Reply' }).last().waitFor()
    await page.waitForTimeout(1500)
  })
  await page.mouse.move(800, 400)
  const upwards = await tasksDuring(() => turnWheel(isQuick ? 30 : 300, -400))
  const shown = await page.getByRole('article').count()
  const downwards = await tasksDuring(() => turnWheel(isQuick ? 30 : 300, 400))
  await page.mouse.move(100, 400)
  const list = await tasksDuring(() => turnWheel(isQuick ? 20 : 60, 400))
  await page.getByRole('searchbox').first().click()
  const search = await tasksDuring(async () => {
    await page.keyboard.type('what times', { delay: 60 })
    await page.waitForTimeout(3000)
  })
  await context.close()

  const found = { opening, upwards, downwards, list, search }
  return {
    result: { chats, messages, shown, ...found },
    rows: rowsOf({
      [`Opening a chat of ${number(messages, 0)} messages, with the page and its ${number(chats, 0)} chats`]: opening,
      [`Scrolling up in it, to ${number(shown, 0)} messages`]: upwards,
      'Scrolling down again': downwards,
      [`Scrolling through ${number(chats, 0)} chats`]: list,
      [`Searching ${number(chats, 0)} chats while typing`]: search,
    }),
    notes: [
      'Tasks of the main thread, from a trace of the renderer. The wheel turns by 400 pixels each sixtieth of a second.',
    ],
  }

  /** @param {() => Promise<void>} work */
  async function tasksDuring(work) {
    await browser.startTracing(page, { categories: ['toplevel'] })
    await work()
    const trace = JSON.parse((await browser.stopTracing()).toString())
    const tasks = mainThreadTasks(trace.traceEvents)
    return {
      longest: Math.max(...tasks.map(({ wallMs }) => wallMs)),
      longestOfProcessor: Math.max(...tasks.map(({ processorMs }) => processorMs)),
      over: tasks.filter(({ processorMs }) => processorMs > LONG_MS).length,
    }
  }

  /** @param {number} turns @param {number} pixels */
  async function turnWheel(turns, pixels) {
    for (let turn = 0; turn < turns; turn++) {
      await page.mouse.wheel(0, pixels)
      await page.waitForTimeout(1000 / 60)
    }
    await page.waitForTimeout(300)
  }
}

/** @param {Readonly<Record<string, { longest: number, longestOfProcessor: number, over: number }>>} found */
function rowsOf(found) {
  return Object.entries(found).map(([what, { longest, longestOfProcessor, over }]) => {
    const value = `longest task ${number(longest)} ms (${number(longestOfProcessor)} ms of processor time), ${over} over 50 ms`
    return what.startsWith('Opening') ? { what, value } : { what, value, aim: 'none over 50 ms' }
  })
}
