import { createReadStream, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { launchNewProfile } from '../browser.mjs'
import { PAGES } from '../build-pages.mjs'
import { number, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

const FOLDER = fileURLToPath(new URL('../../public/models/reflection-tiny/resolve/v1/', import.meta.url))
const FILES = ['mlc-chat-config.json', 'params_shard_0.bin', 'reflection-tiny.wasm', 'tokenizer.json']
const SITE = fileURLToPath(new URL('../../dist/site', import.meta.url))

/** Of the shards that no layer uses: WebLLM stores, reads and uploads them as all others. Bytes. */
const SHARD = 32 * 2 ** 20

/** How often the memory is looked at, milliseconds. */
const LOOK_MS = 20

/**
 * The whole way of a model of a gigabyte, by the engine of the page and WebLLM: the embedded one with 32 shards more, which nothing uses. Memory is
 * what the system tells of the processes of the browser and its pages: the most that they had together, less what they had before.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureWeights({ isQuick, say }) {
  const count = isQuick ? 4 : 32
  const server = await serveModel(count)
  const { context, close } = await launchNewProfile()
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(0)
    await page.goto(`${server.url}weights.html`)
    const devtools = await context.browser()?.newBrowserCDPSession()
    if (devtools === undefined) throw new Error('The browser tells nothing about its processes.')
    const processes = async () => {
      const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
      return processInfo.filter(({ type }) => type === 'browser' || type === 'renderer')
    }
    const watched = await processes()

    let phase = ''
    await page.exposeFunction('tellPhase', (/** @type {string} */ next) => (phase = next))

    /** The most that the processes grew by in each phase of some work, bytes. @param {string} name @param {() => Promise<number>} work */
    const measured = async (name, work) => {
      phase = 'begin'
      const before = new Map(watched.map(({ id }) => [id, residentBytes(id)]))
      /** @type {Record<string, { all: number, browser: number }>} */
      const most = {}
      const look = () => {
        const grown = watched.map(({ type, id }) => ({ type, bytes: residentBytes(id) - (before.get(id) ?? 0) }))
        const all = grown.reduce((sum, { bytes }) => sum + bytes, 0)
        const browser = grown.find(({ type }) => type === 'browser')?.bytes ?? 0
        if (all > (most[phase]?.all ?? 0)) most[phase] = { all, browser }
      }
      const watch = setInterval(look, LOOK_MS)
      const ms = await work().finally(() => clearInterval(watch))
      const told = Object.entries(most).map(
        ([at, { all, browser }]) =>
          `${at} ${number(all / 2 ** 20, 0)} MiB (${number(browser / 2 ** 20, 0)} of them the browser's)`,
      )
      say(`${name}: ${number(ms / 1000, 1)} s; ${told.join(', ')}`)
      return { ms, most, shards: Math.max(...Object.values(most).map(({ all }) => all)) / SHARD }
    }

    const load = () => page.evaluate((files) => largeModel.load(files), server.files)
    const first = await measured('first load', load)
    await page.evaluate(() => largeModel.unload())
    const again = await measured('second load', load)
    const looks = await page.evaluate((files) => largeModel.look(files, 21), server.files)
    const most = Math.max(first.shards, again.shards)
    const bytes = server.files.reduce((sum, file) => sum + file.bytes, 0)
    return {
      result: { bytes, shardBytes: SHARD, first, again, looks },
      rows: [
        {
          what: `Memory while ${number(bytes / 1e9, 2)} GB are fetched, checked, stored and loaded`,
          value: `${number(first.shards, 2)} times the largest shard`,
          aim: 'below 5',
        },
        {
          what: 'Memory while they are loaded from this device',
          value: `${number(again.shards, 2)} times`,
          aim: 'below 5',
        },
        { what: 'Looking whether all of it is there', value: `${spread(spreadOf(looks), 2)} ms`, aim: 'at most 5 ms' },
        { what: 'From the first byte until the model is ready', value: `${number(first.ms / 1000, 1)} s` },
        { what: 'The same from this device', value: `${number(again.ms / 1000, 1)} s` },
      ],
      notes: [
        `The engine of the page with WebLLM and the embedded model, which has ${count} shards of 32 MiB more; a server on this computer. Memory: how much the browser's process and those of its pages together grew at most (resident memory, looked at every 20 ms), without the GPU's own; ${number(most, 2)} at most.`,
      ],
    }
  } finally {
    await close()
    server.close()
  }
}

/** Memory that a process has at the moment. @param {number} id */
function residentBytes(id) {
  const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? []
  return Number(kibibytes ?? 0) * 1024
}

/** The embedded model with so many shards more, and the pages of the benchmark beside it. @param {number} count */
async function serveModel(count) {
  const index = JSON.parse(readFileSync(`${FOLDER}tensor-cache.json`, 'utf8'))
  const shards = Array.from({ length: count }, (_, at) => `params_unused_${at}.bin`)
  for (const dataPath of shards) {
    const record = { name: dataPath, shape: [SHARD / 4], dtype: 'uint32', format: 'raw', nbytes: SHARD, byteOffset: 0 }
    index.records.push({ dataPath, format: 'raw-shard', nbytes: SHARD, records: [record] })
  }
  const indexBytes = Buffer.from(JSON.stringify(index))
  const files = [
    ...FILES.map((path) => ({ path, bytes: readFileSync(FOLDER + path).length })),
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
    } else if (path !== undefined && FILES.includes(path)) createReadStream(FOLDER + path).pipe(response)
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
