import { readFileSync } from 'node:fs'

/** What the browser has at a moment, bytes. @typedef {{ heap: number, gpu: number, renderers: number }} Memory */

/** Of the heap of the pages, what is still used after a collection; of processes, what is resident. */
const SLACK = { heap: 8e6, gpu: 96e6, renderers: 160e6 }

/** How much more the last quarter may have than the second one. */
const MOST_GROWTH = 1.5

/**
 * @param {import('playwright').BrowserContext} context
 * @returns {Promise<Memory>}
 */
export async function lookAtMemory(context) {
  const browser = context.browser()
  if (browser === null) throw new Error('The browser tells nothing about its processes.')
  let heap = 0
  for (const page of context.pages()) {
    const session = await context.newCDPSession(page)
    await session.send('HeapProfiler.collectGarbage')
    heap += (await session.send('Runtime.getHeapUsage')).usedSize
    await session.detach()
  }
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const sum = (/** @type {string} */ kind) =>
    processInfo.filter(({ type }) => type === kind).reduce((all, { id }) => all + residentBytes(id), 0)
  return { heap: heap / context.pages().length, gpu: sum('GPU'), renderers: sum('renderer') / context.pages().length }
}

/**
 * What grew without end, in words; empty where all levels off. Too few looks tell nothing.
 * @param {readonly Memory[]} looks In their order.
 * @returns {string[]}
 */
export function growthOf(looks) {
  if (looks.length < 8) return []
  const quarter = Math.floor(looks.length / 4)
  return /** @type {const} */ (['heap', 'gpu', 'renderers']).flatMap((kind) => {
    const early = median(looks.slice(quarter, 2 * quarter).map((look) => look[kind]))
    const late = median(looks.slice(-quarter).map((look) => look[kind]))
    return late > early * MOST_GROWTH + SLACK[kind] ? [`${kind}: ${megabytes(early)}, then ${megabytes(late)}`] : []
  })
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

/** @param {number} id Of a process; one that has ended meanwhile has nothing. */
function residentBytes(id) {
  try {
    const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? []
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0
  }
}
