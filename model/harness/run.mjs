/**
 * Does jobs with a model folder in headless Chromium, through unmodified WebLLM.
 *
 *     node model/harness/run.mjs MODEL_FOLDER < jobs
 *
 * Every line of standard input is a job in JSON (see `JOBS` in page.js); the first must be `load`. For each, as soon as it is done,
 * one line of JSON comes out: `{job, seconds, result}` or `{job, error, console}`. A library that fails an internal check is unusable
 * from then on, so after an error in any job the page is opened anew and the model loaded again for the next one. GPU=real leaves the
 * choice of GPU to Chromium; otherwise SwiftShader is used, so that results do not depend on the machine.
 */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize, resolve } from 'node:path'
import { argv, exit, stderr, stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '../../scripts/launch-chromium.mjs'

const JOB_TIMEOUT = 20 * 60_000
const CONTENT_TYPES = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
}
const HARNESS = fileURLToPath(new URL('.', import.meta.url))
const WEBLLM = fileURLToPath(new URL('../../node_modules/@mlc-ai/web-llm/lib/index.js', import.meta.url))

/** The file behind an address, or undefined: the page, WebLLM, and the model folder under the form of URL that WebLLM wants. */
function fileFor(pathname, folder) {
  if (pathname === '/web-llm.js') return WEBLLM
  if (pathname === '/page.js') return join(HARNESS, 'page.js')
  const prefix = '/model/resolve/checked/'
  if (!pathname.startsWith(prefix)) return undefined
  const file = normalize(join(folder, pathname.slice(prefix.length)))
  return file.startsWith(folder) && existsSync(file) && statSync(file).isFile() ? file : undefined
}

/** Serves on 127.0.0.1: WebLLM never caches a library whose address holds the name localhost. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><title>harness</title><script type="module" src="/page.js"></script>')
      return
    }
    const file = fileFor(decodeURIComponent(pathname), folder)
    if (file === undefined) {
      response.writeHead(404).end()
      return
    }
    response.setHeader('content-type', CONTENT_TYPES[extname(file)] ?? 'application/octet-stream')
    response.setHeader('content-length', statSync(file).size)
    createReadStream(file).pipe(response)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return server
}

/** A page that is ready for jobs, and what it has said on its console. */
async function openPage(browser, origin) {
  const page = await browser.newPage()
  const said = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  page.setDefaultTimeout(JOB_TIMEOUT)
  await page.goto(`${origin}/`)
  await page.waitForFunction(() => 'runJob' in globalThis)
  return { page, said }
}

function withTimeout(work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result after ${JOB_TIMEOUT / 60_000} minutes`)), JOB_TIMEOUT)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function main() {
  const folder = resolve(argv[2] ?? '')
  if (argv[2] === undefined || !existsSync(join(folder, 'mlc-chat-config.json'))) {
    throw new Error(`${argv[2] ?? 'no folder'} is not a model folder: mlc-chat-config.json is missing`)
  }
  if (!existsSync(WEBLLM)) throw new Error('WebLLM is not installed. Run `npm ci` at the root of the repository.')
  const server = await serve(folder)
  const origin = `http://127.0.0.1:${server.address().port}`
  const browser = await launchChromium({ say: (line) => stderr.write(`${line}\n`) })
  try {
    let opened = await openPage(browser, origin)
    let loaded
    let number = 0
    for await (const line of createInterface({ input: stdin })) {
      const job = JSON.parse(line)
      if (loaded === undefined && job.type !== 'load') throw new Error('Give jobs that begin with `load`.')
      const started = performance.now()
      try {
        const result = await withTimeout(opened.page.evaluate((one) => globalThis.runJob(one), job))
        if (job.type === 'load') loaded = job
        stdout.write(`${JSON.stringify({ job: number, seconds: (performance.now() - started) / 1000, result })}\n`)
      } catch (error) {
        stdout.write(`${JSON.stringify({ job: number, error: String(error), console: opened.said.slice(-20) })}\n`)
        if (job.type === 'load') return
        await opened.page.close()
        opened = await openPage(browser, origin)
        await withTimeout(opened.page.evaluate((one) => globalThis.runJob(one), loaded))
      }
      number++
    }
  } finally {
    await browser.close()
    server.close()
  }
}

main().catch((error) => {
  stderr.write(`${error instanceof Error ? error.message : error}\n`)
  exit(1)
})
