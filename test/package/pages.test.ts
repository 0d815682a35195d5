import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright'
import sirv from 'sirv'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'

// What others build with the package, in a real browser with the real model: a page of plain files, and one that Vite bundles.

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const project = inject('packageUser')

/** What a careful site allows: its own files, and WebAssembly. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'"

/** A page whose script asks, and says what came. */
const asks = (from: string) => `
  import { createEngine, REFLECTION_SYSTEM_PROMPT } from '${from}'
  const engine = createEngine()
  const messages = [{ role: 'system', content: REFLECTION_SYSTEM_PROMPT }, { role: 'user', content: 'What is 47 * 38?' }]
  const told = { thinking: '', answer: '', types: new Set() }
  try {
    for await (const event of engine.stream({ messages, options: { temperature: 0 } })) {
      told.types.add(event.type)
      if (event.type === 'reasoning-delta') told.thinking += event.delta
      if (event.type === 'text-delta') told.answer += event.delta
    }
    document.title = 'answered'
  } catch (error) {
    told.error = String(error)
    document.title = 'failed'
  }
  window.told = { ...told, types: [...told.types] }
`
const html = (script: string) =>
  `<!doctype html><meta charset="utf-8"><title>asks</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`

let server: Server
let address = ''
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  const site = join(project, 'site')
  mkdirSync(join(site, 'public'), { recursive: true })
  run(['assets', 'site/public/second-thought'])
  writeFileSync(join(site, 'public/plain.html'), html('./plain.js'))
  writeFileSync(join(site, 'public/plain.js'), asks('./second-thought/second-thought.js'))
  writeFileSync(join(site, 'index.html'), html('./main.js'))
  writeFileSync(join(site, 'main.js'), asks('second-thought'))
  execFileSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: site,
  })
  const serve = sirv(join(site, 'dist'), {
    setHeaders: (response) => response.setHeader('Content-Security-Policy', POLICY),
  })
  server = createServer((request, response) => serve(request, response, () => void response.writeHead(404).end()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchChromium()
  context = await browser.newContext()
})

afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

test.each(['plain.html', ''])('a page asks the embedded model, and nobody else: /%s', async (path) => {
  const page = await context.newPage()
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(`${address}/${path}`)
  await settled(page)
  const told = (await page.evaluate('window.told')) as { thinking: string; answer: string; types: string[] }
  expect(told).toMatchObject({ answer: expect.stringContaining('1786') })
  expect(told.thinking).not.toBe('')
  expect(told.types).toEqual(expect.arrayContaining(['prompt', 'reasoning-start', 'text-start', 'usage', 'finish']))
  expect(requests.filter((url) => !/^(data:|blob:)/.test(url) && !url.startsWith(address))).toEqual([])
  await page.close()
})

async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.title(), { timeout: 300_000 }).not.toBe('asks')
}

test('the command says what a folder lacks, and puts it there', () => {
  expect(run(['assets', 'site/public/second-thought', '--check'])).toMatchObject({ status: 0 })
  rmSync(join(project, 'site/public/second-thought/worker.js'))
  expect(run(['assets', 'site/public/second-thought', '--check'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('worker.js is missing'),
  })
  expect(run(['assets', 'elsewhere', '--check']).stderr).toContain('npx second-thought assets elsewhere')
  expect(run([]).stderr).toContain('npx second-thought assets <folder>')
  run(['assets', 'site/public/second-thought'])
  expect(run(['assets', 'site/public/second-thought', '--check']).status).toBe(0)
})

/** Runs the command of the package. */
function run(parameters: string[]): { status: number | null; stderr: string } {
  const command = join(project, 'node_modules/second-thought/bin/second-thought.mjs')
  const { status, stderr } = spawnSync(process.execPath, [command, ...parameters], { cwd: project, encoding: 'utf8' })
  return { status, stderr }
}
