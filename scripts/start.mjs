/**
 * Serves the built page on this computer: `npm start`, with `-- --port 8123`, `-- --base /some/path/`, `-- --model path/to/folder` or `-- --isolated`. Builds it
 * first if it is missing or older than its sources, or if it was built with another `MODEL_HOSTS`. Other scripts import `serveSite`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { argv, env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sirv from 'sirv'
import { ALLOWED } from '../bin/served-assets.mjs'
import { buildSite, SITE } from './build-site.mjs'
import { readModelFolder } from './model-folder.mjs'
import { isBuiltFor } from './policy-plugin.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PLUGINS = readdirSync(join(ROOT, 'scripts')).filter((name) => name.endsWith('-plugin.mjs'))
const SOURCES = [
  'index.html',
  'headless.html',
  'vite.config.ts',
  'package.json',
  'package-lock.json',
  'src',
  'worker',
  'public',
  ...PLUGINS.map((name) => `scripts/${name}`),
]

const HELP = `Usage: npm start -- [options]

  --port N      the port, 0 for any free one (default: the first free one from 8080 on)
  --base PATH   the path that the site stands under, with a slash at both ends (default /)
  --model DIR   a folder that \`forge convert\` made, to begin with
  --isolated    apart from other origins, so that the processor may use several threads
  --help        prints this`

/** The first port that is tried when none is asked for, and how many after it. */
const FIRST_PORT = 8080
const PORTS = 100

/** How every answer of the server may be used. */
const HEADERS = {
  'Cache-Control': 'no-cache', // may be kept, but is asked for again
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

/** With these, browsers let threads share memory (`crossOriginIsolated`), which llama.cpp needs for more than one. The page can then not be embedded elsewhere. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Scripts that pages of other sites import to show `embed.html` in a frame (docs/embed.md). */
const FOR_OTHER_SITES = /^\/embed\.js$|^\/chunks\//

/**
 * Serves dist/site on 127.0.0.1, and builds it before if needed.
 * @param {{ port?: number, base?: string, modelFolder?: string, siteFolder?: string, isolated?: boolean }} [options] `port`: a free one from 8080 on if absent, any free one if 0. `base`:
 * the path that the site stands under, with a slash at both ends; `/` if absent. `modelFolder`: a folder that `forge convert` made, served beside
 * the site, so that the page's own policy allows it. `siteFolder`: another build, served as it is in place of dist/site. `isolated`: apart from other origins, so that threads may share memory.
 * @returns {Promise<{ url: string, manifestUrl?: string, close: () => Promise<void> }>} `url` ends with a slash. `manifestUrl`: of the model in
 * `modelFolder`, by which the page finds it.
 * @throws {Error} When the build fails, the port asked for cannot be had, or the folder holds no model.
 */
export async function serveSite({ port, base = '/', modelFolder, siteFolder = SITE, isolated = false } = {}) {
  if (!/^\/([^?#]*\/)?$/.test(base)) throw new Error(`The base is "${base}", but must begin and end with a slash.`)
  const model = modelFolder === undefined ? undefined : readModelFolder(modelFolder)
  if (siteFolder === SITE) await buildIfNeeded()
  const policy = policyOf(readFileSync(join(siteFolder, 'index.html'), 'utf8'))
  const hosts = allowedHosts(siteFolder)
  const headers = isolated ? { ...HEADERS, ...ISOLATION } : HEADERS
  const serve = sirv(siteFolder, {
    dev: true, // reads from disk at every request: a build while we serve is seen at once
    etag: true,
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      const framedBy = path === '/embed.html' ? hosts : "'none'"
      response.setHeader('Content-Security-Policy', `${policy}; frame-ancestors ${framedBy}`)
      if (FOR_OTHER_SITES.test(path)) response.setHeader('Access-Control-Allow-Origin', '*')
    },
  })
  const serveModel =
    model === undefined
      ? undefined
      : sirv(model.folder, {
          dev: true,
          etag: true,
          setHeaders(response) {
            for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
          },
        })
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const missing = () => {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('There is nothing here.\n')
    }
    if (!path.startsWith(base)) {
      if (`${path}/` === base) response.writeHead(308, { Location: base }).end()
      else missing()
      return
    }
    request.url = path.slice(base.length - 1)
    if (model !== undefined && serveModel !== undefined && request.url.startsWith(model.path)) {
      request.url = request.url.slice(model.path.length - 1)
      serveModel(request, response, missing)
      return
    }
    serve(request, response, missing)
  })
  const taken = await listen(server, port)
  const url = `http://127.0.0.1:${taken}${base}`
  return {
    url,
    ...(model === undefined ? {} : { manifestUrl: `${url}${model.path.slice(1)}manifest.json` }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** @param {import('node:http').Server} server @param {number | undefined} port @returns {Promise<number>} The port it listens on. */
async function listen(server, port) {
  const wanted = port === undefined ? Array.from({ length: PORTS }, (_, index) => FIRST_PORT + index) : [port]
  for (const [index, candidate] of wanted.entries()) {
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(candidate, '127.0.0.1', () => {
          server.off('error', reject)
          resolve(undefined)
        })
      })
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : candidate
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error)
      if (code === 'EACCES') {
        throw new Error(`Port ${candidate} is not ours to open. Choose one from 1024 on.`, { cause: error })
      }
      if (code !== 'EADDRINUSE') throw error
      if (index < wanted.length - 1) continue
      const taken = wanted.length === 1 ? `Port ${candidate} is` : `The ports ${wanted[0]} to ${candidate} are all`
      throw new Error(`${taken} taken. Choose another with --port.`, { cause: error })
    }
  }
  throw new Error('No port was tried.')
}

/** Builds the site if there is none, if one of its sources is newer, or if its policy names other hosts than those of `MODEL_HOSTS`. */
async function buildIfNeeded() {
  const isSame = isBuiltFor(SITE, env)
  const page = join(SITE, 'index.html')
  const newest = Math.max(...SOURCES.map((source) => newestChange(join(ROOT, source))))
  if (isSame && existsSync(page) && statSync(page).mtimeMs >= newest) return
  await buildSite('error')
}

/** @param {string} path @returns {number} When the file, or the newest in the folder, was changed; milliseconds. */
function newestChange(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))))
}

/** @param {string} html @returns {string} The policy that the build wrote into the page, to be sent as a header as well. */
function policyOf(html) {
  const content = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]
  if (content === undefined) throw new Error('dist/site/index.html has no Content-Security-Policy. Build it again.')
  return content.replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}

/** Who may show `embed.html` in a frame, in the words of a policy: this site, and those that `embed.json` names. @param {string} folder */
function allowedHosts(folder) {
  const file = join(folder, ALLOWED)
  const { origins } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { origins: [] }
  return ["'self'", ...origins].join(' ')
}

/** @param {string | undefined} text As it was typed; digits only, so that nobody gets a port they did not mean. */
function readPort(text) {
  if (text === undefined) return {}
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port > 65535) throw new Error(`--port is "${text}", but must be a whole number up to 65535.`)
  return { port }
}

/** @param {readonly string[]} parameters */
async function main(parameters) {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      port: { type: 'string' },
      base: { type: 'string' },
      model: { type: 'string' },
      isolated: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(HELP)
    return
  }
  const { url, manifestUrl } = await serveSite({
    ...readPort(values.port),
    ...(values.base === undefined ? {} : { base: values.base }),
    ...(values.model === undefined ? {} : { modelFolder: values.model }),
    ...(values.isolated === undefined ? {} : { isolated: values.isolated }),
  })
  const address = manifestUrl === undefined ? url : `${url}?model=${encodeURIComponent(manifestUrl)}`
  console.log(`Second Thought is at ${address}\nCtrl-C ends it.`)
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main(argv.slice(2))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    console.error(message.split('\n')[0])
    process.exitCode = 1
  }
}
