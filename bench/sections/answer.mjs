import { number } from '../format.mjs'
import { mainThreadTasks } from '../main-thread-tasks.mjs'

const LONG_MS = 50
const CHARACTERS = 80_000
const CHARACTERS_PER_TOKEN = 4.3
const TOKENS_PER_SECOND = 200

/**
 * The end of answers of 20,000 tokens, where each update is the most work: the last part streams, what comes before is there at once
 * and not measured. In answers of one block none of it ends before the answer does.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureAnswer({ isQuick, browser, pagesUrl }) {
  const streamed = isQuick ? 2000 : 10_000
  const runs = []
  for (const kind of ['one block of code', 'one table', 'one list', 'many blocks']) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(0)
    await page.goto(`${pagesUrl}answer-stream.html`)
    await page.evaluate(
      ([name, begun, length]) => beginAnswer(String(name), Number(begun), Number(length)),
      [kind, CHARACTERS - streamed, CHARACTERS],
    )
    await browser.startTracing(page, { categories: ['toplevel'] })
    const run = await page.evaluate((speed) => streamAnswer(speed), TOKENS_PER_SECOND * CHARACTERS_PER_TOKEN)
    const trace = JSON.parse((await browser.stopTracing()).toString())
    await page.close()
    const tasks = mainThreadTasks(trace.traceEvents).toSorted((a, b) => b.processorMs - a.processorMs)
    runs.push({ kind, ...run, tasks: tasks.length, longest: tasks.slice(0, 10) })
  }
  return {
    result: { runs },
    rows: runs.map(({ kind, longest }) => ({
      what: `Longest task while the end of ${kind} streams`,
      value: `${number(longest[0]?.processorMs ?? 0)} ms of processor time`,
      aim: `at most ${LONG_MS} ms`,
    })),
    notes: [
      `${number(CHARACTERS, 0)} characters each, of which the last ${number(streamed, 0)} stream at ${TOKENS_PER_SECOND} tokens of ` +
        `${CHARACTERS_PER_TOKEN} characters a second and are drawn once a frame.`,
    ],
  }
}
