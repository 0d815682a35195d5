import { number } from '../format.mjs'
import { mainThreadTasks } from '../main-thread-tasks.mjs'

const FRAME_MS = 1000 / 60
const LONG_MS = 50

/**
 * The page while a long reply streams into it, and its heap before and after.
 * @type {import('../section.d.ts').Measure}
 */
export async function measurePage({ isQuick, browser, pagesUrl }) {
  const tokens = isQuick ? 600 : 5000
  const tokensPerSecond = 200
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  await page.goto(`${pagesUrl}scripted-stream.html`)
  const cdp = await context.newCDPSession(page)
  const heapBytes = async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    return (await cdp.send('Runtime.getHeapUsage')).usedSize
  }
  const before = await heapBytes()
  await browser.startTracing(page, { categories: ['toplevel'] })
  const run = await page.evaluate(([count = 0, speed = 0]) => streamReply(count, speed), [tokens, tokensPerSecond])
  const trace = JSON.parse((await browser.stopTracing()).toString())
  const after = await heapBytes()
  const elements = await page.evaluate(() => document.querySelectorAll('*').length)
  await context.close()

  const tasks = mainThreadTasks(trace.traceEvents)
  const longest = Math.max(...tasks.map(({ wallMs }) => wallMs))
  const longestOfProcessor = Math.max(...tasks.map(({ processorMs }) => processorMs))
  const over = tasks.filter(({ wallMs }) => wallMs > LONG_MS).length
  const overOfProcessor = tasks.filter(({ processorMs }) => processorMs > LONG_MS).length
  const dropped = run.frameGaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / FRAME_MS) - 1), 0)
  const frames = { shown: run.frameGaps.length, dropped, longestGapMs: Math.max(...run.frameGaps) }
  const heap = { before, after, growth: after - before, elements }
  const { frameGaps: _, longTasks, ...stream } = run
  return {
    result: {
      ...stream,
      tasks: { count: tasks.length, longest, longestOfProcessor, over, overOfProcessor, longTasks },
      frames,
      heap,
    },
    rows: [
      {
        what: 'Longest task of the main thread',
        value: `${number(longest)} ms (${number(longestOfProcessor)} ms of processor time)`,
        aim: 'at most 50 ms',
      },
      {
        what: 'Tasks over 50 ms',
        value: `${over} of ${number(tasks.length, 0)}; ${overOfProcessor} by processor time`,
        aim: 'none',
      },
      {
        what: 'Frames dropped',
        value: `${dropped} of ${frames.shown + dropped}; the longest gap ${number(frames.longestGapMs)} ms`,
      },
      {
        what: 'Heap, after garbage collection',
        value: `${number(before / 1e6)} MB before, ${number(after / 1e6)} MB after: ${number((after - before) / stream.tokens, 0)} bytes a token`,
      },
    ],
    notes: [
      `${number(stream.tokens, 0)} tokens (${number(stream.characters, 0)} characters: thinking with checks, then prose, lists, code and tables) in ` +
        `${number(stream.seconds)} s, ${number(stream.tokens / stream.seconds, 0)} a second. Here the parser runs in the page too, and every token is a ` +
        'batch of its own; with the real worker it is one batch every 16 ms at most. Tasks are those of a trace of the renderer. ' +
        'A frame is counted as dropped for every sixtieth of a second that brought none.',
    ],
  }
}
