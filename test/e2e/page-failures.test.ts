import type { Browser, CDPSession, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { accessibilityFaults, pixelsBeyond } from './support/accessibility.ts'
import {
  ask,
  composerOf,
  hasFocus,
  lastReply,
  modelSettled,
  openChat,
  openSettings,
  replyBegun,
  replyEnded,
  STEP,
  send,
  setTemperature,
  withSettings,
  type ChatPage,
} from './support/chat-page.ts'
import { emptyProfile, NOTHING } from './support/empty-profile.ts'
import { serveChangedSite, type Change, type ChangedSite } from './support/serve-changed-site.ts'

const MANIFEST = `${EMBEDDED_FOLDER}manifest.json`
/** Begin the names of the built worker and of the engine that it asks for. */
const [WORKER, ENGINE] = ['main', 'webllm-engine']

let site: ChangedSite
const opened: ChatPage[] = []
/** What the tests have in turn that start no browser of their own: its profile is emptied after each. */
let shared: ChatPage | undefined

beforeAll(async () => {
  site = await serveChangedSite()
})
afterEach(async () => {
  site.change(NOTHING.there)
  await Promise.all(opened.splice(0).map(endUse))
})
afterAll(async () => {
  await shared?.close()
  await site?.close()
})

async function endUse(chat: ChatPage): Promise<void> {
  if (chat === shared && (await emptyProfile(chat.page.context(), site.url))) return
  if (chat === shared) shared = undefined
  await chat.close()
}

/** The page on the GPU, whose failures these are; `url` may say otherwise. */
async function open(
  changes: Readonly<Record<string, Change>> = {},
  url = onGpu(site.url),
  browser?: Browser,
): Promise<Page> {
  site.change(changes)
  if (browser === undefined && shared !== undefined) {
    opened.push(shared)
    await shared.openAgain(url)
    return shared.page
  }
  const chat = await openChat(url, {}, browser)
  if (browser === undefined) shared = chat
  opened.push(chat)
  return chat.page
}

const onGpu = (url: string) => `${url}?engine=gpu`

/** The manifest with some of its fields changed. */
function manifestWith(fields: Readonly<Record<string, unknown>>): Record<string, Change> {
  const manifest = JSON.parse(site.read(MANIFEST).toString()) as Record<string, unknown>
  return { [MANIFEST]: { body: JSON.stringify({ ...manifest, ...fields }) } }
}

/** What stands in the only alert of the page, which must be fit for everyone to read. */
async function alertOf(page: Page): Promise<string> {
  const text = await page.getByRole('alert').innerText()
  expect(await accessibilityFaults(page)).toEqual([])
  return text
}

describe('a device without WebGPU', () => {
  test('is told so when the page came without https, and how to get it', async () => {
    const name = 'chat.test' // any name but localhost, which browsers trust without https
    const plain = await launchChromium({ windowless: true, add: [`--host-resolver-rules=MAP ${name} 127.0.0.1`] })
    const page = await open({}, onGpu(site.url.replace('127.0.0.1', name)), plain)
    expect(await modelSettled(page)).toBe('Reflection Tiny · cannot run here')
    expect(await alertOf(page)).toMatch(/without https.+Put https:\/\//s)
    await plain.close()
  })

  test('is told so when the browser has none, and how to get it', async () => {
    const worker = site.script(WORKER)
    const page = await open({
      [worker]: { body: `delete WorkerNavigator.prototype.gpu;${site.read(worker).toString()}` },
    })
    expect(await modelSettled(page)).toBe('Reflection Tiny · cannot run here')
    expect(await alertOf(page)).toMatch(
      /^WebGPU is off in this browser\..+To get it:\s*On Linux|^WebGPU is off.+Open /s,
    )
    await expect.poll(() => page.getByRole('button', { name: 'Check again' }).isEnabled()).toBe(true)
    await page.getByRole('button', { name: 'Go on with the processor' }).click()
    await page.getByRole('status').filter({ hasText: 'Reflection Tiny · ready' }).waitFor()
    expect(page.url()).not.toContain('engine=')
  })

  test('is told so when there is no GPU for it, stays within 360 pixels, and can write all the same', async () => {
    const without = await launchChromium({
      windowless: true,
      without: ['--use-webgpu-adapter', '--enable-features'],
      add: ['--disable-gpu', '--disable-software-rasterizer'],
    })
    const page = await open({}, onGpu(site.url), without)
    expect(await modelSettled(page)).toBe('Reflection Tiny · cannot run here')
    expect(await alertOf(page)).toMatch(/has WebGPU, but no GPU that it may use.+To get it:/s)
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await pixelsBeyond(page)).toBe(0)
    await send(page, 'Hello')
    await expect.poll(() => composerOf(page).inputValue()).toBe('Hello')
    await expect.poll(() => page.getByRole('button', { name: 'Send' }).isEnabled()).toBe(false)
    await without.close()
  })
})

test('a policy that forbids the engine is told in words', async () => {
  const html = site.read('index.html').toString()
  const policy = /worker-src ('|&#39;)self\1/
  expect(html).toMatch(policy)
  const page = await open({ 'index.html': { body: html.replace(policy, "worker-src 'none'") } })
  expect(await modelSettled(page)).toBe('Reflection Tiny · not loaded')
  expect(await alertOf(page)).toContain('Content-Security-Policy forbids it. Allow the place that it comes from there')
})

test('where the server sends no policy the worker keeps to the one that stands in the page', async () => {
  const other = await serveChangedSite()
  const page = await open({}, `${site.url}?engine=processor`)
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  const [worker] = page.workers()
  const reach = (address: string) => fetch(address, { mode: 'no-cors' }).then(String, () => 'refused')
  expect(await worker?.evaluate(reach, other.url)).toBe('refused')
  expect(await worker?.evaluate(reach, site.url)).toBe('[object Response]')
  expect(await worker?.evaluate(() => 'WebSocket' in globalThis || 'XMLHttpRequest' in globalThis)).toBe(false)
  expect(await opened.at(-1)?.complaints()).toEqual([`connect-src ${other.url}`])
  await other.close()
})

describe('a manifest', () => {
  const KINDS: [kind: string, change: () => Record<string, Change>, words: RegExp][] = [
    ['that is missing', () => ({ [MANIFEST]: { status: 404 } }), /could not be fetched.+status 404/s],
    [
      'that is a web page',
      () => ({ [MANIFEST]: { body: '<!doctype html>' } }),
      /is not JSON.+manifest\.json, not to a web page/s,
    ],
    ['that is not an object', () => ({ [MANIFEST]: { body: 'null' } }), /cannot be used.+null/s],
    ['that lacks a field', () => manifestWith({ context_window: undefined }), /cannot be used.+context_window/s],
    [
      'with a value of the wrong kind',
      () => manifestWith({ total_bytes: 'many' }),
      /cannot be used.+total_bytes.+"many"/s,
    ],
    [
      'with sizes that do not add up',
      () => manifestWith({ total_bytes: 7 }),
      /cannot be used.+total_bytes.+sum of the files/s,
    ],
    ['that leads out of its folder', () => manifestWith({ library: '../../other.wasm' }), /cannot be used.+library/s],
    ['of a later version', () => manifestWith({ schema_version: 2 }), /older than the manifest.+updated/s],
    [
      'that names another file than there is',
      () => ({ [`${EMBEDDED_FOLDER}tokenizer.json`]: { body: '{}' } }),
      /damaged.+tokenizer\.json/s,
    ],
    [
      'whose file is missing',
      () => ({ [`${EMBEDDED_FOLDER}params_shard_0.bin`]: { status: 503 } }),
      /params_shard_0\.bin.+503/s,
    ],
  ]

  test.each(KINDS)('%s is explained, with a way on', async (_, change, words) => {
    const page = await open(change())
    await modelSettled(page)
    expect(await alertOf(page)).toMatch(words)
    await expect.poll(() => page.getByRole('button', { name: 'Load the model again' }).isEnabled()).toBe(true)
    await expect.poll(() => composerOf(page).isEnabled()).toBe(true)
  })
})

describe('loading', () => {
  test('that takes long can be paused, over a reload too, cancelled and begun again, and a failure of the network is overcome by a click', async () => {
    let arrive: () => void = () => undefined
    const last = `${EMBEDDED_FOLDER}reflection-tiny.wasm`
    const page = await open({ [last]: { after: new Promise((resolve) => (arrive = resolve)) } })
    await page.getByRole('progressbar', { name: 'Loading Reflection Tiny' }).waitFor()
    await page.getByText(/^Downloading · [\d.]+ \wB of \d\.\d MB/).waitFor()
    await page.getByRole('button', { name: 'Pause', exact: true }).press('Enter')
    const goOn = page.getByRole('button', { name: 'Go on', exact: true })
    await expect.poll(hasFocus(goOn)).toBe(true)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.reload()
    expect(await modelSettled(page)).toBe('Reflection Tiny · paused')
    await page.getByText(/^Reflection Tiny · Paused at [1-9]\d?%$/).waitFor()
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByRole('button', { name: 'Go on with the download of Reflection Tiny' }).press('Enter')
    await page.getByRole('button', { name: 'Pause the download of Reflection Tiny' }).press('Enter')
    const there = page.locator('.model-card').getByText(/^Paused at [1-9]\d?%/)
    await there.waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.goBack()
    await goOn.click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Loading was cancelled').waitFor()
    expect(await modelSettled(page)).toBe('Reflection Tiny · not loaded')
    arrive()

    site.change({ [last]: { status: 500 } })
    await page.getByRole('button', { name: 'Load Reflection Tiny' }).click()
    expect(await alertOf(page)).toMatch(/reflection-tiny\.wasm/)
    site.change({})
    await page.getByRole('button', { name: 'Load the model again' }).click()
    await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
  })
})

test.each([
  ['of no model', 'no-such-model', 'no-such-model'],
  ['of a server that the page may not reach', 'https://example.invalid/x.gguf', 'https://example.invalid'],
])(
  'an address with the name %s leads to the other models, and a choice among them outlives a reload',
  async (_, name, words) => {
    const page = await open({}, `${site.url}?model=${encodeURIComponent(name)}`)
    expect(await modelSettled(page)).toBe('not loaded')
    expect(await alertOf(page)).toContain(words)
    expect(await composerOf(page).getAttribute('placeholder')).toBe('No model can answer here yet')
    expect(await page.getByRole('button', { name: 'Load the model again' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Other models' }).click()
    const use = page.getByRole('button', { name: /^(Use|Download) Reflection Tiny/ })
    await use.waitFor()
    expect(await page.locator('.model-card .failure').count()).toBe(0)
    expect(await alertOf(page)).toContain(words)
    await use.click()
    await page.getByRole('status').filter({ hasText: 'Reflection Tiny · ready' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(page.url()).not.toContain('model=')
    await page.reload()
    expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  },
)

test('without WebGPU the page answers on the processor, says so, and tells how to get the GPU to those who want to know', async () => {
  const worker = site.script(WORKER)
  const script = `delete WorkerNavigator.prototype.gpu;${site.read(worker).toString()}`
  const page = await open({ [worker]: { body: script } }, site.url)
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  expect(await page.locator('.picker-engine').innerText()).toBe('Processor')
  await ask(page, 'What is 5 + 4?')
  await expect.poll(async () => (await replyEnded(page)).locator('.answer').innerText()).toContain('9')
  await page.getByRole('link', { name: 'Models', exact: true }).click()
  const why = page.getByText('This browser gives the page no GPU.')
  await why.waitFor()
  await page.getByText('How to get the GPU').click()
  await expect.poll(() => page.getByRole('alert').innerText()).toContain('WebGPU is off in this browser.')
  expect(await accessibilityFaults(page)).toEqual([])
})

test('an engine that does not arrive is not waited for in silence, and is taken as soon as it does', async () => {
  let arrive: () => void = () => undefined
  const late = { after: new Promise<void>((resolve) => (arrive = resolve)) }
  const page = await open({ [site.script(WORKER)]: late }, `${site.url}?engine=processor`)
  await page.getByText('The engine or the GPU does not answer yet.').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  arrive()
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
})

test('an engine whose larger part cannot be fetched is explained, and comes with a click', async () => {
  const page = await open({ [site.script(ENGINE)]: { status: 503 } })
  expect(await alertOf(page)).toMatch(/engine could not be fetched/)
  site.change({})
  await page.getByRole('button', { name: 'Load the model again' }).click()
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
})

test('a copy for use without a network is told not to be there when a file of the first one does not come', async () => {
  site.change({ 'icon-512.png': { status: 404 } })
  const chat = await openChat(site.url, { serviceWorkers: 'allow' })
  opened.push(chat)
  const settings = await openSettings(chat.page, 'Data')
  const told = settings.getByText(/^Not everything that is needed without a network could be fetched/)
  await expect.poll(() => told.isVisible()).toBe(true)
})

test('a GPU that is lost in mid-stream leaves what was streamed, says so, and comes back by itself; the second time, with a click', async () => {
  const browser = await launchChromium({ windowless: true }) // one of its own: it harms all pages
  const page = await open({}, onGpu(site.url), browser)
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  await withSettings(page, async (dialog) => {
    await dialog.getByRole('radio', { name: 'Advanced' }).check()
    await setTemperature(dialog, '0')
  })
  await ask(page, 'What is 47 * 38?')
  const thought = lastReply(page).locator(STEP).filter({ hasText: /\w/ }).first()
  await thought.waitFor()
  await crashGpu(browser)
  await page.getByRole('alert').waitFor()
  const streamed = await thought.innerText()
  expect(streamed).toMatch(/\w/)
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
  expect(await alertOf(page)).toMatch(/The GPU was taken away.+The model is here again/s)
  expect(await thought.innerText()).toBe(streamed)
  await lastReply(page).getByRole('button', { name: 'Continue' }).click()
  await replyBegun(page)
  // A step that a reflection checks stands apart from those before it, so what was one may be two by now.
  const thinking = async () => (await lastReply(page).locator(STEP).allInnerTexts()).join('\n').replace(/\s+/g, ' ')
  await expect.poll(async () => (await thinking()).length).toBeGreaterThan(streamed.length + 10) // it goes on
  await page.getByRole('button', { name: 'Answer now' }).click() // as each token costs software that plays a GPU much
  const reply = await replyEnded(page)
  const kept = streamed.replace(/\s+/g, ' ')
  expect((await thinking()).slice(0, kept.length)).toBe(kept)
  await expect.poll(async () => (await reply.locator('.answer').innerText()).trim()).not.toBe('')
  const answer = await reply.locator('.answer').innerText()
  expect(await enginesOf(page)).toEqual(['webllm-engine']) // not a byte of the other one

  await crashGpu(browser) // once more
  await page.getByRole('button', { name: 'Go on with the processor' }).click()
  await page.getByRole('status').filter({ hasText: 'ready' }).waitFor()
  expect(await page.locator('.picker-engine').innerText()).toBe('Processor')
  expect(await reply.locator('.answer').innerText()).toBe(answer)
  expect(await enginesOf(page)).toEqual(['llama-cpp-engine', 'llama-cpp-program'])
  await browser.close()
})

/** Which parts of engines the page's worker has asked for. */
async function enginesOf(page: Page): Promise<string[]> {
  const asked = await Promise.all(
    page
      .workers()
      .map((worker) => worker.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))),
  )
  const names = asked.flat().map((url) => /\/((?:webllm|llama-cpp)-[a-z]+)-/.exec(url)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].toSorted()
}

/** Ends the process that speaks with the GPU, as a fault of a driver does. */
async function crashGpu(of: Browser): Promise<void> {
  const session: CDPSession = await of.newBrowserCDPSession()
  await session.send('Browser.crashGpuProcess')
  await session.detach()
}
