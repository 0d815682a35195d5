import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { EMBEDDED_FOLDER } from '../../scripts/embedded-folder.mjs'
import { launchProfile } from '../../scripts/launch-chromium.mjs'
import { PAGES } from '../build-pages.mjs'
import { number, spread } from '../format.mjs'
import { watchMemory } from '../process-memory.mjs'
import { spreadOf } from '../statistics.mjs'

const FILES = ['mlc-chat-config.json', 'params_shard_0.bin', 'reflection-tiny.wasm', 'tokenizer.json']
const SITE = fileURLToPath(new URL('../../dist/site', import.meta.url))

/** Of the shards that no layer uses: WebLLM stores, reads and uploads them as all others. Bytes. */
const SHARD = 32 * 2 ** 20

/**
 * The whole way of a model of a gigabyte, by the engine of the page and WebLLM: the embedded one with 32 shards more, which nothing uses. It is
 * fetched and loaded, and loaded again by a browser that was started anew.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureWeights({ isQuick, say }) {
  const count = isQuick ? 4 : 32
  const server = await serveModel(count)
  const small = await serveModel(0)
  const profile = mkdtempSync(join(tmpdir(), 'bench-weights-'))
  const bytes = bytesOf(server.files)
  try {
    const base = await inBrowser(profile, small, (page) => loadMeasured(page, small.files, bytesOf(small.files)))
    const first = await inBrowser(profile, server, (page) => loadMeasured(page, server.files, bytes))
    const { again, looks } = await inBrowser(profile, server, async (page) => ({
      again: await loadMeasured(page, server.files, bytes),
      looks: await page.evaluate((files) => largeModel.look(files, 21), server.files),
    }))
    for (const [name, { ms, most }] of Object.entries({ base, first, again })) {
      say(`${name} load: ${number(ms / 1000, 1)} s`)
      for (const [stage, memory] of Object.entries(most)) say(`  ${stage}: ${inWords(memory)}`)
    }
    return {
      result: { bytes, shardBytes: SHARD, base, first, again, looks },
      rows: [
        memoryRow(`Memory while ${number(bytes / 1e9, 2)} GB are fetched, checked and stored`, first, base, 'fetch'),
        memoryRow('Memory while they are moved to the GPU, right after that', first, base, 'upload'),
        memoryRow('Memory while they are moved to the GPU from this device, in a new browser', again, base, 'upload'),
        { what: 'Looking whether all of it is there', value: `${spread(spreadOf(looks), 2)} ms`, aim: 'at most 5 ms' },
        { what: 'From the first byte until the model is ready', value: `${number(first.ms / 1000, 1)} s` },
        { what: 'The same from this device', value: `${number(again.ms / 1000, 1)} s` },
      ],
      notes: [
        `The engine of the page with WebLLM and the embedded model, which has ${count} shards of 32 MiB more; a server on this computer. Memory: by how much all processes of a new browser grew at most from before the load, looked at every 50 ms: what they wrote or share (what two share counts for both), without files that they only map. It is the browser's own process, that of the page with its worker, the helpers (network), and of the GPU's what is beyond the weights that had arrived there, as software plays the GPU and its memory is memory of that process. What the embedded model alone takes, with the engine, its programs and the GPU's, is told beside it and taken off: the rest is what the size of a model adds.`,
      ],
    }
  } finally {
    rmSync(profile, { recursive: true, force: true })
    server.close()
    small.close()
  }
}

/** @param {readonly { bytes: number }[]} files */
function bytesOf(files) {
  return files.reduce((sum, file) => sum + file.bytes, 0)
}

/** The most of a stage, bytes; `all` is the most at one time, and the parts are those of that time. @typedef {import('../process-memory.mjs').Memory & { all: number }} Most */

/**
 * Loads the model and watches the memory.
 * @param {import('playwright').Page} page
 * @param {readonly { path: string, bytes: number }[]} files
 * @param {number} bytes Of all of them.
 */
async function loadMeasured(page, files, bytes) {
  /** @type {{ fetch?: Most, upload?: Most }} */
  const most = {}
  let phase = ''
  let uploaded = 0
  await page.exposeFunction('tellPhase', (/** @type {string} */ next, /** @type {number} */ share) => {
    phase = next
    if (phase === 'upload') uploaded = share * bytes
  })
  const memory = await watchMemory(page.context())
  const ms = await memory.during(
    () => page.evaluate((all) => largeModel.load(all), files),
    (grown) => {
      const stage = phase === 'upload' || phase === 'compile' ? 'upload' : 'fetch'
      const parts = { ...grown, gpu: Math.max(0, grown.gpu - uploaded) }
      const all = parts.browser + parts.page + parts.helpers + parts.gpu
      if (all > (most[stage]?.all ?? 0)) most[stage] = { ...parts, all }
    },
  )
  return { ms, most }
}

/**
 * @template Value
 * @param {string} profile
 * @param {{ url: string }} server
 * @param {(page: import('playwright').Page) => Promise<Value>} work
 * @returns {Promise<Value>}
 */
async function inBrowser(profile, { url }, work) {
  const context = await launchProfile(profile)
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(0)
    await page.goto(`${url}weights.html`)
    await page.evaluate(() => largeModel.begin())
    return await work(page)
  } finally {
    await context.close()
  }
}

/**
 * What the size of the model adds: what it took more than the embedded model alone in the same stage.
 * @param {string} what
 * @param {{ most: { fetch?: Most, upload?: Most } }} large
 * @param {{ most: { fetch?: Most, upload?: Most } }} base
 * @param {'fetch' | 'upload'} stage
 * @returns {import('../section.d.ts').Row}
 */
function memoryRow(what, large, base, stage) {
  const [memory, alone] = [large.most[stage], base.most[stage]]
  if (memory === undefined || alone === undefined) return { what, value: 'not seen' }
  const times = number(Math.max(0, memory.all - alone.all) / SHARD, 1)
  return {
    what,
    value: `${times} times the largest shard (${inWords(memory)}; ${inWords(alone)} without the shards)`,
    aim: 'below 5 times',
  }
}

/** @param {Most} memory */
function inWords({ browser, page, helpers, gpu }) {
  const size = (/** @type {number} */ bytes) => `${number(bytes / 2 ** 20, 0)} MiB`
  return `browser ${size(browser)}, page ${size(page)}, helpers ${size(helpers)}, GPU beyond the weights ${size(gpu)}`
}

/** The embedded model with so many shards more, and the pages of the benchmark beside it. @param {number} count */
async function serveModel(count) {
  const index = JSON.parse(readFileSync(`${EMBEDDED_FOLDER}tensor-cache.json`, 'utf8'))
  const shards = Array.from({ length: count }, (_, at) => `params_unused_${at}.bin`)
  for (const dataPath of shards) {
    const record = { name: dataPath, shape: [SHARD / 4], dtype: 'uint32', format: 'raw', nbytes: SHARD, byteOffset: 0 }
    index.records.push({ dataPath, format: 'raw-shard', nbytes: SHARD, records: [record] })
  }
  const indexBytes = Buffer.from(JSON.stringify(index))
  const files = [
    ...FILES.map((path) => ({ path, bytes: readFileSync(EMBEDDED_FOLDER + path).length })),
    { path: 'tensor-cache.json', bytes: indexBytes.length },
    ...shards.map((path) => ({ path, bytes: SHARD })),
  ]
  const filling = Buffer.alloc(SHARD) // without a pattern; the first byte makes every shard another file
  for (let at = 0; at < SHARD; at += 4) filling.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, at)
  const pages = sirv(PAGES, { dev: true })
  const site = sirv(SITE, { dev: true })
  const server = createServer((request, response) => {
    const [, path] = /^\/large\/resolve\/v1\/(.+)$/.exec(request.url ?? '') ?? []
    const shard = shards.indexOf(path ?? '')
    if (path === 'tensor-cache.json') response.writeHead(200, { 'content-length': indexBytes.length }).end(indexBytes)
    else if (shard >= 0) {
      response.writeHead(200, { 'content-length': SHARD, etag: `"${shard}"` }).write(Buffer.from([shard]))
      response.end(filling.subarray(1))
    } else if (path !== undefined && FILES.includes(path)) createReadStream(EMBEDDED_FOLDER + path).pipe(response)
    else pages(request, response, () => site(request, response, () => void response.writeHead(404).end()))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    files,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
