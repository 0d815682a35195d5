import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** A page whose script asks, first as the README does it, and says what came. */
const ASKS = `
  ${snippet('js')}
  const messages = [{ role: 'system', content: system }, { role: 'user', content: 'What is 47 * 38?' }]
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

/** A page without a bundler: what the README says is one tag, two chats in forms, one with words of the page's own, and a launcher. */
const PLAIN = `<!doctype html><html lang="en"><meta charset="utf-8"><title>plain</title>${snippet('html')}
  <form id="kept"><reflection-chat id="one" name="answer" persist="session"></reflection-chat></form><main></main>
  <reflection-chat id="two" placeholder="Ask us"><p slot="empty">Ask about our socks</p></reflection-chat>
  <reflection-chat id="three" variant="launcher"></reflection-chat>
  <form id="restored"><reflection-chat id="four" name="answer">
    <p slot="header">Socks Ltd.</p><p slot="footer">Answers may be wrong.</p><button slot="message-actions">Report</button>
  </reflection-chat></form></html>`

/** A page of a host that sends no headers: its policy stands in it, and names no hosts for connections apart. */
const CAREFUL = `<!doctype html><html lang="en"><meta charset="utf-8"><title>careful</title>
  <meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'">
  ${snippet('html')}</html>`

/** Vite is not installed there, and needs not be: what starts it brings it. */
const CONFIG = `
  import { secondThought } from 'second-thought/vite'
  export default { plugins: [secondThought()] }
`

/** What the README shows of a language under "In your own page". */
function snippet(language: 'html' | 'js'): string {
  const [, chapter = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n## In your own page\n')
  const code = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(chapter)?.[1]
  if (code === undefined) throw new Error(`The README shows no ${language} there.`)
  return code
}

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
  writeFileSync(join(site, 'public/careful.html'), CAREFUL)
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
  browser = await launchChromium({ windowless: true })
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
  let said = ''
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => (said += message.text()))
  await page.goto(address)
  await settled(page)
  expect(said).toContain('16') // 7 + 9, as the README asks
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

  for (const words of ['Ask about our socks', 'Socks Ltd.', 'Answers may be wrong.']) {
    expect(await page.getByText(words).isVisible()).toBe(true)
  }

  // What is typed before the chat has come is there when it comes.
  await fieldOf('two').click()
  await page.keyboard.type('draft')
  await page.locator('#two').getByText('What is 47').waitFor()
  const inFocus = (id: string, what: string) =>
    page.evaluate(`document.querySelector('#${id}').shadowRoot.activeElement?.${what}`)
  await expect.poll(() => fieldOf('two').inputValue()).toBe('draft')
  await expect.poll(() => inFocus('two', 'localName')).toBe('textarea')

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

  // The launcher: focus stays in its panel and comes back, Escape closes it. On a phone it is all of the window.
  await page.getByRole('button', { name: 'Open the chat' }).click()
  const panel = page.getByRole('dialog', { name: 'Chat' })
  await panel.waitFor()
  await expect.poll(() => inFocus('three', 'localName')).toBe('textarea')
  const focused: unknown[] = []
  for (const key of [...Array<string>(6).fill('Shift+Tab'), ...Array<string>(12).fill('Tab')]) {
    await page.keyboard.press(key)
    focused.push(await page.evaluate('document.activeElement.id')) // none: of the body, on the way round
  }
  expect(focused.filter((id) => id !== 'three' && id !== '')).toEqual([])
  expect(focused).toContain('three')
  const window = page.viewportSize() ?? { width: 0, height: 0 }
  const phone = { width: 360, height: 740 }
  await page.setViewportSize(phone)
  expect(await panel.boundingBox()).toEqual({ x: 0, y: 0, ...phone })
  await page.setViewportSize(window)
  expect((await panel.boundingBox())?.width).toBeLessThan(window.width / 2)
  await page.locator('#three').getByRole('textbox').focus()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Chat' }).waitFor({ state: 'hidden' })
  await expect.poll(() => inFocus('three', 'className')).toBe('launcher')
  await page.evaluate(async () => {
    await (globalThis as unknown as PageWorld).document.querySelector('#three').ask('What is 7 + 9?')
  })
  await page.getByRole('button', { name: 'there is a new answer' }).waitFor()

  // A form has the last answer of a chat that is shown as well; going back brings both again, and a reset empties them.
  const four = page.locator('#four')
  const inForm = () => page.evaluate("new FormData(document.querySelector('#restored')).get('answer')")
  await page.evaluate(() => {
    const { document } = globalThis as unknown as PageWorld
    const raw = '<thinking>4 + 4 = 8</thinking><output>It is 8.</output>'
    document.querySelector('#four').messages = [
      { role: 'user', content: 'What is 4 + 4?' },
      { role: 'assistant', content: raw },
    ]
  })
  await four.getByText('It is 8.').waitFor()
  await four.getByRole('button', { name: 'Report' }).waitFor()
  await expect.poll(inForm).toBe('It is 8.')
  await page.goto(`${address}/second-thought/licenses.txt`)
  await page.goBack()
  await four.getByText('It is 8.').waitFor()
  await expect.poll(inForm).toBe('It is 8.')
  await page.evaluate("document.querySelector('#restored').reset()")
  await four.getByText('It is 8.').waitFor({ state: 'detached' })
  await expect.poll(inForm).toBeNull()

  await page.reload()
  await page.locator('#one').getByText('1786').first().waitFor()
  const kept = () => page.evaluate("new FormData(document.querySelector('#kept')).get('answer')")
  await expect.poll(kept).toBe(told.answer)
  await fieldOf('two').waitFor()

  // Rules of the page around reach the parts and the properties that are documented.
  const looks = await page.evaluate(() => {
    const { document, CSSStyleSheet, getComputedStyle } = globalThis as unknown as PageWorld
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('#two { --accent: rgb(1, 2, 3) } #two::part(composer) { padding-top: 7px }')
    document.adoptedStyleSheets = [sheet]
    const inside = (selector: string) => document.querySelector('#two').shadowRoot.querySelector(selector)
    return [
      getComputedStyle(inside('[part~=composer]')).paddingTop,
      getComputedStyle(inside('[part~=base]')).getPropertyValue('--accent').trim(),
    ]
  })
  expect(looks).toEqual(['7px', 'rgb(1, 2, 3)'])

  // Chats that are taken away end their engine.
  await page.evaluate("document.querySelector('#one').ask('What is 1 + 1?').then(() => (document.title = 'asked'))")
  await expect.poll(() => page.title(), { timeout: 120_000 }).toBe('asked')
  const engines = () => page.workers().filter((worker) => worker.url().endsWith('/worker.js')).length
  expect(engines()).toBe(1)
  await page.clock.install()
  await page.evaluate("document.querySelectorAll('reflection-chat').forEach((chat) => chat.remove())")
  await page.clock.fastForward(1_000)
  expect(engines()).toBe(1) // it waits for the next chat
  await page.clock.fastForward(10_000)
  await expect.poll(engines).toBe(0)
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
  // The words of the browser's own language, which the frame asks for before it is told another, come last.
  let letCome = () => {}
  const mayCome = new Promise<void>((resolve) => (letCome = resolve))
  const english = /\/chunks\/en-[\w-]+\.js$/
  await page.route(english, (route) => mayCome.then(() => route.continue()))
  await page.goto(`${others.host}/`)
  const field = page.frameLocator('iframe[title=Chat]').getByRole('textbox', { name: '你的消息' })
  await field.waitFor() // in the language of the page around
  const came = page.waitForResponse(english)
  letCome()
  await came
  await expect.poll(async () => [await page.title(), ...failures], { timeout: 120_000 }).not.toEqual(['asks'])
  expect(failures).toEqual([])
  await field.waitFor()
  const told = (await page.evaluate('window.told')) as { answer: string; events: string[]; forged: string[] }
  expect(told.answer).toContain('1786')
  expect(told.events).toEqual(expect.arrayContaining(['reflection-ready', 'reflection-event', 'reflection-message']))
  expect(told.forged).toEqual([]) // what a frame of the third site said in the name of the chat
  const warned = page.waitForEvent('console', (message) => message.text().includes('question is 7'))
  const wrong = "{ protocol: 'second-thought.embed', version: 1, type: 'ask', id: 9, question: 7 }"
  await page.evaluate(`document.querySelector('iframe[title=Chat]').contentWindow.postMessage(${wrong}, '*')`)
  await warned
  await page.close()

  const hostile = await context.newPage()
  const warnings: string[] = []
  hostile.on('console', (message) => void warnings.push(message.text()))
  await hostile.goto(`${others.hostile}/`)
  await expect.poll(() => hostile.title()).toBe('has sent') // thousands of messages
  await expect.poll(() => warnings.filter((text) => text.includes('may not use this chat'))).toHaveLength(1)
  await hostile.frameLocator('iframe').getByRole('textbox').waitFor()
  expect(await hostile.frameLocator('iframe').locator('article').count()).toBe(0) // nothing was asked
  expect(await hostile.evaluate('window.heard')).toEqual([])
  await hostile.close()
})

test.each(['careful.html', 'second-thought/embed.html'])(
  'where the server sends no policy, the worker keeps to the one that stands in %s',
  async (path) => {
    const serve = sirv(join(project, 'site/dist'), { dev: true })
    const bare = await listen((request, response) => serve(request, response, () => void response.writeHead(404).end()))
    const page = await context.newPage()
    await page.goto(`${bare}/${path}`)
    const [worker] = await Promise.all([page.waitForEvent('worker'), page.getByRole('textbox').click()])
    const reach = (url: string) => worker.evaluate((one) => fetch(one, { mode: 'no-cors' }).then(String, String), url)
    await expect.poll(() => reach(`${others.host}/`)).toContain('The policy of the page does not allow') // once its script runs
    expect(await reach(`${bare}/second-thought/assets.json`)).toBe('[object Response]')
    await page.close()
  },
)

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
        const shapes = [null, 'x'.repeat(100_000), [[[]]], ${sealed} type: 'ask', id: {}, question: [] }, ${sealed} type: 'hello' }, ${sealed} type: 'stop' }]
        for (let sent = 0; sent < 6000; sent++) contentWindow.postMessage(shapes[sent % shapes.length], '*')
        document.title = 'has sent'
      })
      </script>`
  }
  return `<!doctype html><html lang="zh-Hans"><title>asks</title><main></main><iframe src="${others.hostile}/forge"></iframe><script type="module">
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
    adoptedStyleSheets: object[]
  }
  readonly CSSStyleSheet: new () => { replaceSync(text: string): void }
  readonly getComputedStyle: (element: object) => {
    readonly paddingTop: string
    getPropertyValue(name: string): string
  }
  readonly FormData: new (form: unknown) => { get(name: string): unknown }
}

interface PageChat {
  sampling: object
  messages: readonly { readonly role: string; readonly content?: string }[]
  readonly shadowRoot: { querySelector(selector: string): object }
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
