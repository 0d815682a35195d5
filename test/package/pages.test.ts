import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright'
import sirv from 'sirv'
import { createServer as createViteServer } from 'vite'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { launchChromium } from '../../scripts/launch-chromium.mjs'

// What others build with the package, in a real browser with the real model: a page of plain files, and one that Vite bundles.

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const project = inject('packageUser')

/** What a careful site allows: its own files, and WebAssembly. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'"

/** A page whose script asks, and says what came. */
const ASKS = `
  import { createEngine, REFLECTION_SYSTEM_PROMPT } from 'second-thought'
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
const html = (script: string, body = '') =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>asks</title><script type="module" src="${script}"></script>${body}</html>`

/** A page without a bundler: two chats and a launcher, one of them in a form. */
const PLAIN = html(
  './second-thought/reflection-chat.js',
  `<form><reflection-chat id="one" name="answer" persist="session"></reflection-chat></form><main></main>
  <reflection-chat id="two" placeholder="Ask us"></reflection-chat><reflection-chat id="three" variant="launcher"></reflection-chat>`,
)

/** Vite is not installed there, and needs not be: what starts it brings it. */
const CONFIG = `
  import { secondThought } from 'second-thought/vite'
  export default { plugins: [secondThought()] }
`

const servers: Server[] = []
const others = { host: '', hostile: '' }
let address = ''
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  const site = join(project, 'site')
  mkdirSync(join(site, 'public'), { recursive: true })
  writeFileSync(join(site, 'vite.config.js'), CONFIG)
  writeFileSync(join(site, 'public/plain.html'), PLAIN)
  writeFileSync(join(site, 'index.html'), html('./main.js'))
  writeFileSync(join(site, 'main.js'), ASKS)
  execFileSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: site,
  })
  const serve = sirv(join(site, 'dist'), {
    dev: true, // who may embed is written later
    setHeaders(response, path) {
      response.setHeader('Content-Security-Policy', POLICY)
      if (/embed\.js$|chunks/.test(path)) response.setHeader('Access-Control-Allow-Origin', '*')
    },
  })
  const serveAll = (request: IncomingMessage, response: ServerResponse) =>
    serve(request, response, () => void response.writeHead(404).end())
  address = await listen(serveAll)
  for (const name of ['host', 'hostile'] as const) {
    others[name] = await listen((request, response) => {
      const type = request.url?.endsWith('.js') ? 'text/javascript' : 'text/html'
      response.setHeader('Content-Type', type).end(otherSite(name, request.url ?? ''))
    })
  }
  run(['assets', 'site/dist/second-thought', '--origin', others.host])
  browser = await launchChromium()
  context = await browser.newContext()
})

afterAll(async () => {
  await browser?.close()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

test('a page that Vite bundles asks the embedded model, and nobody else', async () => {
  const page = await context.newPage()
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(address)
  await settled(page)
  const told = (await page.evaluate('window.told')) as { thinking: string; answer: string; types: string[] }
  expect(told).toMatchObject({ answer: expect.stringContaining('1786') })
  expect(told.thinking).not.toBe('')
  expect(told.types).toEqual(expect.arrayContaining(['prompt', 'reasoning-start', 'text-start', 'usage', 'finish']))
  expect(requests.filter((url) => !/^(data:|blob:)/.test(url) && !url.startsWith(address))).toEqual([])
  await page.close()
})

test('chats of a plain page share one engine, live through a move, serve a form, and are kept for the tab', async () => {
  const page = await context.newPage()
  const requests: string[] = []
  const failures: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => failures.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) failures.push(message.text())
  })
  await page.goto(`${address}/plain.html`)
  const fieldOf = (id: string) => page.locator(`#${id}`).getByRole('textbox')
  await fieldOf('one').waitFor()
  await fieldOf('two').waitFor()
  expect(await fieldOf('two').getAttribute('placeholder')).toBe('Ask us')
  expect(requests.filter((url) => /worker\.js|\.wasm/.test(url))).toEqual([])
  expect(await page.evaluate('document.activeElement === document.body')).toBe(true)

  // What is typed before the chat has come is there when it comes.
  await fieldOf('two').click()
  await page.keyboard.type('draft')
  await page.locator('#two').getByText('What is 47').waitFor()
  expect(await fieldOf('two').inputValue()).toBe('draft')
  expect(await page.evaluate("document.querySelector('#two').shadowRoot.activeElement?.localName")).toBe('textarea')

  const told = await page.evaluate(async () => {
    const { document, FormData } = globalThis as unknown as PageWorld
    const chat = document.querySelector('#one')
    const types: string[] = []
    const names = ['ready', 'event', 'message', 'error']
    for (const name of names) document.addEventListener(`reflection-${name}`, () => types.push(name))
    const moved = new Promise((resolve) => chat.addEventListener('reflection-event', resolve, { once: true }))
    chat.sampling = { temperature: 0 }
    const asked = chat.ask('What is 47 * 38?')
    await moved
    document.querySelector('main').append(chat)
    document.querySelector('form').append(chat)
    const answer = await asked
    return {
      answer,
      form: new FormData(document.querySelector('form')).get('answer'),
      roles: chat.messages.map(({ role }) => role),
      markdown: await chat.export('markdown'),
      types: [...new Set(types)],
    }
  })
  expect(told.answer).toContain('1786')
  expect(told.form).toBe(told.answer)
  expect(told.roles).toEqual(['user', 'assistant'])
  expect(told.markdown).toContain('47')
  expect(told.types).toEqual(expect.arrayContaining(['event', 'message']))
  expect(told.types).not.toContain('error')
  expect(requests.filter((url) => url.endsWith('/worker.js'))).toHaveLength(1)

  // The launcher: focus stays in its panel and comes back, Escape closes it.
  await page.getByRole('button', { name: 'Open the chat' }).click()
  await page.getByRole('dialog', { name: 'Chat' }).waitFor()
  expect(await page.evaluate("document.querySelector('#three').shadowRoot.activeElement?.localName")).toBe('textarea')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Chat' }).waitFor({ state: 'hidden' })
  expect(await page.evaluate("document.querySelector('#three').shadowRoot.activeElement?.className")).toBe('launcher')
  await page.evaluate(async () => {
    await (globalThis as unknown as PageWorld).document.querySelector('#three').ask('What is 7 + 9?')
  })
  await page.getByRole('button', { name: 'there is a new answer' }).waitFor()

  await page.reload()
  await page.locator('#one').getByText('1786').first().waitFor()
  expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('blob:'))).toEqual([])
  expect(failures).toEqual([])
  await page.close()
})

test('a page of an allowed site talks to the chat in a frame; a third site hears nothing and is not heard', async () => {
  const page = await context.newPage()
  const failures: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') failures.push(message.text())
  })
  page.on('pageerror', (error) => failures.push(error.message))
  await page.goto(`${others.host}/`)
  await expect.poll(async () => [await page.title(), ...failures], { timeout: 120_000 }).not.toEqual(['asks'])
  expect(failures).toEqual([])
  const told = (await page.evaluate('window.told')) as { answer: string; events: string[]; forged: string[] }
  expect(told.answer).toContain('1786')
  expect(told.events).toEqual(expect.arrayContaining(['reflection-ready', 'reflection-event', 'reflection-message']))
  expect(told.forged).toEqual([]) // what a frame of the third site said in the name of the chat
  await page.close()

  const hostile = await context.newPage()
  const refused = hostile.waitForEvent('console', (message) => message.text().includes('may not use this chat'))
  await hostile.goto(`${others.hostile}/`)
  await refused
  await hostile.frameLocator('iframe').getByRole('textbox').waitFor()
  expect(await hostile.frameLocator('iframe').locator('article').count()).toBe(0) // nothing was asked
  expect(await hostile.evaluate('window.heard')).toEqual([])
  await hostile.close()
})

/** Pages of the two other sites. */
function otherSite(name: 'host' | 'hostile', url: string): string {
  const sealed = `{ protocol: 'second-thought.embed', version: 1, `
  if (url.startsWith('/forge')) {
    return `<script>parent.postMessage(${sealed} type: 'event', name: 'reflection-forged', detail: 0 }, '*')</script>`
  }
  if (name === 'hostile') {
    return `<!doctype html><title>hostile</title><script>
      window.heard = []
      addEventListener('message', ({ data }) => heard.push(data))
      </script><iframe src="${address}/second-thought/embed.html"></iframe><script>
      document.querySelector('iframe').addEventListener('load', ({ target: { contentWindow } }) => {
        contentWindow.postMessage(${sealed} type: 'ask', id: 1, question: 'What is 1 + 1?' }, '*')
        contentWindow.postMessage(${sealed} type: 'hello', options: {} }, '*')
        contentWindow.postMessage(${sealed} type: 'ask', id: 2, question: 'What is 1 + 1?' }, '*')
      })
      </script>`
  }
  return `<!doctype html><title>asks</title><main></main><iframe src="${others.hostile}/forge"></iframe><script type="module">
    import { embedChat } from '${address}/second-thought/embed.js'
    const chat = embedChat(document.querySelector('main'), { sampling: { temperature: 0 }, mode: 'advanced' })
    const told = { answer: '', events: new Set(), forged: [] }
    for (const name of ['ready', 'event', 'message', 'error']) chat.addEventListener('reflection-' + name, ({ type }) => told.events.add(type))
    chat.addEventListener('reflection-forged', ({ type }) => told.forged.push(type))
    try {
      told.answer = await chat.ask('What is 47 * 38?')
    } catch (error) {
      told.answer = String(error)
    }
    window.told = { ...told, events: [...told.events] }
    document.title = 'answered'
    </script>`
}

async function listen(serve: RequestListener): Promise<string> {
  const server = createServer(serve)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What of the page the functions above use, which run there. */
interface PageWorld {
  readonly document: {
    querySelector(selector: string): PageChat
    addEventListener(type: string, listener: () => void): void
  }
  readonly FormData: new (form: unknown) => { get(name: string): unknown }
}

interface PageChat {
  sampling: object
  readonly messages: readonly { readonly role: string }[]
  ask(question: string): Promise<string>
  export(format: string): Promise<string>
  append(child: unknown): void
  addEventListener(type: string, listener: (event: unknown) => void, options?: object): void
}

async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.title(), { timeout: 300_000 }).not.toBe('asks')
}

test('while a site is developed, Vite serves the same files from the package', async () => {
  const server = await createViteServer({
    root: join(project, 'site'),
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0 },
  })
  try {
    await server.listen()
    const [url] = server.resolvedUrls?.local ?? []
    const get = (path: string) => fetch(new URL(`second-thought/${path}`, url))
    const { files } = (await (await get('assets.json')).json()) as { files: { path: string; bytes: number }[] }
    for (const path of ['worker.js', files.find((file) => file.path.endsWith('.wasm'))?.path ?? '']) {
      const answer = await get(path)
      expect(answer.headers.get('content-type')).toMatch(/javascript|wasm/)
      expect((await answer.arrayBuffer()).byteLength).toBe(files.find((file) => file.path === path)?.bytes)
    }
    expect((await get('nothing.js')).status).toBe(404)
  } finally {
    await server.close()
  }
})

test('the command says what a folder lacks, and puts it there', () => {
  run(['assets', 'site/public/second-thought'])
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
