import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import sirv from 'sirv'
import { kilobytes, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'
import { runCommand } from '../../scripts/run-command.mjs'

const CDN = fileURLToPath(new URL('../../dist/cdn/', import.meta.url))

/** What a page pays for one `<reflection-chat>` before it is touched, and for ten that are in use. @type {import('../section.d.ts').Measure} */
export async function measureElement({ browser, isQuick }) {
  if (!existsSync(`${CDN}assets.json`)) await runCommand('npm', ['run', 'build:cdn'])
  const site = await serveElements()
  try {
    /** @type {number[]} */
    const paints = []
    let bytes = 0
    for (let run = 0; run < (isQuick ? 2 : 9); run++) {
      const { paint, gzipBytes } = await firstPaint(browser, `${site.url}?1`)
      paints.push(paint)
      bytes = gzipBytes
    }
    const one = await inUse(browser, site, 1)
    const ten = await inUse(browser, site, 10)
    return {
      result: { gzipBytes: bytes, paints, one, ten },
      rows: [
        { what: 'Scripts of an element until it is seen, compressed', value: kilobytes(bytes), aim: 'at most 45 kB' },
        { what: 'First paint of a page with an element (median)', value: `${spread(spreadOf(paints), 0)} ms` },
        {
          what: 'Ten elements in use: workers, downloads of the weights',
          value: `${ten.workers}, ${ten.downloads}`,
          aim: '1, 1',
        },
        {
          what: 'Heap of the page: one element, ten',
          value: `${kilobytes(one.heapBytes, 0)}, ${kilobytes(ten.heapBytes, 0)}`,
        },
      ],
      notes: [
        'First paint: the first contentful paint that Chromium tells, from a server on this computer, nothing cached. In use: loaded, after one answer each.',
      ],
    }
  } finally {
    site.close()
  }
}

/** @param {import('playwright').Browser} browser @param {string} url */
async function firstPaint(browser, url) {
  const context = await browser.newContext()
  const page = await context.newPage()
  /** @type {Promise<number>[]} */
  const sizes = []
  page.on('response', (response) => {
    if (response.url().endsWith('.js')) {
      sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length))
    }
  })
  await page.goto(url)
  await page.getByRole('textbox').waitFor()
  const paint = await page.evaluate(
    () =>
      new Promise((/** @type {(time: number) => void} */ resolve) => {
        new PerformanceObserver((list) => {
          for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime)
        }).observe({ type: 'paint', buffered: true })
      }),
  )
  const all = await Promise.all(sizes)
  await context.close()
  return { paint, gzipBytes: all.reduce((sum, size) => sum + size, 0) }
}

/** @param {import('playwright').Browser} browser @param {Site} site @param {number} count */
async function inUse(browser, { url, served }, count) {
  const context = await browser.newContext()
  const page = await context.newPage()
  let workers = 0
  const before = served()
  page.on('worker', (worker) => {
    if (worker.url().endsWith('/worker.js')) workers += 1
  })
  await page.goto(`${url}?${count}`)
  await page.getByRole('textbox').first().waitFor()
  await page.evaluate(async () => {
    /** @type {NodeListOf<HTMLElement & { ask(question: string): Promise<string> }>} */
    const chats = document.querySelectorAll('reflection-chat')
    for (const chat of chats) await chat.ask('What is 7 + 9?')
  })
  const devtools = await context.newCDPSession(page)
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  await context.close()
  return { workers, downloads: served() - before, heapBytes: usedSize }
}

/** @typedef {{ url: string, served: () => number, close: () => void }} Site `served`: how often the weights were. */

/** A page with as many elements as its query says. @returns {Promise<Site>} */
async function serveElements() {
  const serve = sirv(CDN, { dev: true })
  let downloads = 0
  const server = createServer((request, response) => {
    const [path, query] = (request.url ?? '/').split('?')
    if (/\/params_shard_0\.bin$|\.gguf$/.test(path ?? '')) downloads += 1
    if (path !== '/') return serve(request, response, () => void response.writeHead(404).end())
    const chats = '<reflection-chat src="/"></reflection-chat>'.repeat(Number(query))
    response.setHeader('Content-Type', 'text/html')
    response.end(`<!doctype html><title>x</title><script type="module" src="/reflection-chat.js"></script>${chats}`)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    served: () => downloads,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
