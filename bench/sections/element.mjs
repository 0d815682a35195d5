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
    const one = await inUse(browser, site.url, 1)
    const ten = await inUse(browser, site.url, 10)
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
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
  const all = await Promise.all(sizes)
  await context.close()
  return { paint, gzipBytes: all.reduce((sum, size) => sum + size, 0) }
}

/** @param {import('playwright').Browser} browser @param {string} url @param {number} count */
async function inUse(browser, url, count) {
  const context = await browser.newContext()
  const page = await context.newPage()
  let workers = 0
  let downloads = 0
  page.on('worker', (worker) => {
    if (worker.url().endsWith('/worker.js')) workers += 1
  })
  context.on('request', (request) => {
    if (request.url().endsWith('params_shard_0.bin')) downloads += 1
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
  return { workers, downloads, heapBytes: usedSize }
}

/** A page with as many elements as its query says. @returns {Promise<{ url: string, close: () => void }>} */
async function serveElements() {
  const serve = sirv(CDN, { dev: true })
  const server = createServer((request, response) => {
    const [path, query] = (request.url ?? '/').split('?')
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
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
