import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { kilobytes } from '../format.mjs'

const SITE = fileURLToPath(new URL('../../dist/site/', import.meta.url))

/** The scripts that the built page asks for by itself, and the worker's. @type {import('../section.d.ts').Measure} */
export async function measureFirstLoad({ browser, siteUrl }) {
  const context = await browser.newContext()
  const page = await context.newPage()
  /** @type {string[]} */
  const scripts = []
  page.on('request', (request) => {
    if (request.resourceType() === 'script') scripts.push(request.url())
  })
  const workerBegins = page.waitForEvent('worker')
  await page.goto(siteUrl)
  const begun = await workerBegins
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor({ timeout: 0 }) // what loads later would be seen as well
  const requested = [...scripts] // before other parts are fetched ahead
  const asked = await begun.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  await context.close()

  const ofWorker = new Set([begun.url(), ...asked])
  const chunks = requested.filter((url) => !ofWorker.has(url)).map((url) => sizeOf(url, siteUrl))
  const worker = requested.filter((url) => ofWorker.has(url)).map((url) => sizeOf(url, siteUrl))
  const gzipBytes = chunks.reduce((sum, chunk) => sum + chunk.gzipBytes, 0)
  return {
    result: { gzipBytes, chunks, worker },
    rows: [
      { what: 'Scripts of the page, compressed', value: kilobytes(gzipBytes), aim: 'at most 80 kB' },
      ...chunks.map((chunk) => ({ what: `… ${nameOf(chunk.file)}`, value: kilobytes(chunk.gzipBytes) })),
      {
        what: 'The worker, without its engines, compressed',
        value: kilobytes(
          worker.reduce((sum, chunk) => sum + chunk.gzipBytes, 0),
          0,
        ),
      },
    ],
    notes: ['gzip, level 9; all that Chromium asks for until the model is ready.'],
  }
}

/** @param {string} url @param {string} siteUrl */
function sizeOf(url, siteUrl) {
  const file = url.slice(siteUrl.length)
  const content = readFileSync(SITE + file)
  return { file, bytes: content.length, gzipBytes: gzipSync(content, { level: 9 }).length }
}

/** The chunk without the hash that changes with every build. @param {string} file */
function nameOf(file) {
  return basename(file).replace(/-[\w-]{8}\.js$/, '.js')
}
