/**
 * Serves the built page on this computer: `npm start`, with `-- --port 8123` or `-- --base /some/path/`. Builds it first if it is
 * missing or older than its sources. Other scripts import `serveSite`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sirv from 'sirv'
import { runCommand } from './run-command.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SITE = join(ROOT, 'dist/site')
const SOURCES = [
  'index.html',
  'headless.html',
  'vite.config.ts',
  'package.json',
  'package-lock.json',
  'src',
  'worker',
  'public',
]

/** The first port that is tried when none is asked for, and how many after it. */
const FIRST_PORT = 8080
const PORTS = 100

/**
 * Serves dist/site on 127.0.0.1, and builds it before if needed.
 * @param {{ port?: number, base?: string }} [options] `port`: a free one from 8080 on if absent, any free one if 0. `base`: the path
 * that the site stands under, with a slash at both ends; `/` if absent.
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} `url` ends with a slash.
 * @throws {Error} When the build fails, or the port asked for is taken.
 */
export async function serveSite({ port, base = '/' } = {}) {
  if (!/^\/([^?#]*\/)?$/.test(base)) throw new Error(`The base is ${base}, but must begin and end with a slash.`)
  await buildIfNeeded()
  const policy = `${policyOf(readFileSync(join(SITE, 'index.html'), 'utf8'))}; frame-ancestors 'none'`
  const serve = sirv(SITE, {
    dev: true, // reads from disk at every request: a build while we serve is seen at once
    etag: true,
    setHeaders(response) {
      response.setHeader('Cache-Control', 'no-cache') // may be kept, but is asked for again
      response.setHeader('Content-Security-Policy', policy)
      response.setHeader('X-Content-Type-Options', 'nosniff')
      response.setHeader('Referrer-Policy', 'no-referrer')
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
    serve(request, response, missing)
  })
  const taken = await listen(server, port)
  return {
    url: `http://127.0.0.1:${taken}${base}`,
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
      const isTaken = /** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE'
      if (!isTaken || index === wanted.length - 1) throw error
    }
  }
  throw new Error('No port was tried.')
}

/** Builds the site if there is none, or one of its sources is newer. */
async function buildIfNeeded() {
  const page = join(SITE, 'index.html')
  const newest = Math.max(...SOURCES.map((source) => newestChange(join(ROOT, source))))
  if (existsSync(page) && statSync(page).mtimeMs >= newest) return
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const env = { ...process.env, NODE_ENV: 'production' } // a test runner sets another, which brings libraries in their versions for debugging
  const code = await runCommand(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: ROOT, env })
  if (code !== 0) throw new Error('The page could not be built; the lines above say why.')
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

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string' }, base: { type: 'string' } } })
    const { url } = await serveSite({
      ...(values.port === undefined ? {} : { port: Number(values.port) }),
      ...(values.base === undefined ? {} : { base: values.base }),
    })
    console.log(`Second Thought is at ${url}\nCtrl-C ends it.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
