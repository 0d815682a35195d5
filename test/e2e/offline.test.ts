import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchProfile } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { EMBEDDED_FOLDER } from '../embedded-folder.ts'
import { ask, chatList, composerOf, modelSettled, openSettings, replyEnded } from './support/chat-page.ts'
import { renewHashes } from './support/renew-hashes.ts'
import { step } from './support/step.ts'

// One profile that goes through it all: visits are what takes time here.
const BASE = '/any/path/'
const folder = mkdtempSync(join(tmpdir(), 'offline-'))
const NEXT_BUILD = join(folder, 'next-build')
/** After that, the one of the beginning comes back: as good as any other. */
const LAST_BUILD = 'dist/site'

/** No test asserts time; but one that waits for what never comes shall say for what, milliseconds. */
const PATIENCE_MS = 120_000

/** Answered in few tokens: on a busy machine two threads of llama.cpp wait for each other, and a core is busy with that. */
const SHORT_PROBLEM = 'What is 5 + 4?'

let site: Awaited<ReturnType<typeof serveSite>>
let profile: BrowserContext
let page: Page

beforeAll(async () => {
  site = await serveSite({ port: 0, base: BASE, isolated: true })
  profile = await openProfile()
  page = await visit()
})
afterAll(async () => {
  await profile?.close()
  await site?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function openProfile(): Promise<BrowserContext> {
  const opened = await launchProfile(join(folder, 'profile'), { windowless: true })
  opened.setDefaultTimeout(PATIENCE_MS)
  return opened
}

async function visit(): Promise<Page> {
  const opened = await profile.newPage()
  await opened.goto(site.url)
  await modelIsReady(opened)
  return opened
}

async function modelIsReady(opened: Page): Promise<void> {
  expect(await modelSettled(opened)).toBe('Reflection Tiny · ready')
}

/** Addresses of all that is in the caches, as from the page. */
function cached(opened: Page): Promise<string[]> {
  return opened.evaluate(async (base) => {
    const names = await caches.keys()
    const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
    return keys.flat().map(({ url }) => new URL(url).pathname.slice(base.length))
  }, BASE)
}

async function answerTo(question: string, opened: Page): Promise<string> {
  await ask(opened, question)
  const reply = await replyEnded(opened)
  return (await reply.locator('.answer').innerText()).trim()
}

/** The first script of the page that is open. */
function build(opened: Page): Promise<string> {
  return opened.evaluate(() => document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '')
}

test('what is kept lives without a network and a server, through new versions and rules, to the end of everything', async () => {
  await step(
    'the first visit keeps the page and the engine that runs, not the other one, and no weights a second time',
    async () => {
      const dialog = await openSettings(page, 'Data')
      await dialog.getByText(/^Works offline: the page and its engine are kept on this device \([\d.]+ MB\)/).waitFor()
      const paths = await cached(page)
      expect(paths).toContain('index.html')
      expect(paths).toContain(`${EMBEDDED_FOLDER}manifest.json`)
      expect(paths.some((path) => /llama-cpp-threads-.*\.wasm$/.test(path))).toBe(true)
      expect(paths.filter((path) => /webllm|llama-cpp-program|\.gguf|shard|tokenizer/.test(path))).toEqual([])

      await dialog.getByRole('button', { name: 'Keep now: Engine for the GPU' }).click()
      await expect.poll(async () => (await cached(page)).some((path) => path.includes('webllm-engine'))).toBe(true)
      await page.keyboard.press('Escape')
    },
  )

  await step('an isolated page has tried whether threads are worth it here, and says how many it takes', async () => {
    const gains = await page.evaluate(async () => {
      const opened = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open('second-thought-device')
        opening.addEventListener('success', () => resolve(opening.result))
      })
      const asked = opened.transaction('measured').objectStore('measured')
      const [names, found] = [asked.getAllKeys(), asked.getAll()]
      await new Promise((resolve) => found.addEventListener('success', resolve))
      opened.close()
      return names.result.flatMap((name, index) =>
        /threads/.test(String(name)) ? (found.result[index] as number[]) : [],
      )
    })
    const cores = await page.evaluate(() => navigator.hardwareConcurrency)
    expect(gains).toHaveLength(cores === 1 ? 0 : 1)
    await page.evaluate(() => (location.hash = '#/models'))
    await page
      .locator('.models-device')
      .getByText(/^(one thread|\d threads)/)
      .waitFor()
    await page.goBack()
  })

  await step('what the browser wants of a page that is installed is there', async () => {
    const session = await profile.newCDPSession(page)
    const { errors, data } = await session.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const manifest = JSON.parse(data ?? '') as { icons: { src: string }[]; shortcuts: { url: string }[] }
    expect(manifest.shortcuts.map(({ url }) => url)).toEqual(['./#/', './#/models'])
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
  })

  await step('without a network the page says so, loads anew and answers', async () => {
    await profile.setOffline(true)
    await page.locator('header').getByText('Offline', { exact: true }).waitFor()
    await page.reload()
    await modelIsReady(page)
    expect(await answerTo(SHORT_PROBLEM, page)).toMatch(/\d/)
    await profile.setOffline(false)
  })

  await step('a browser that is started anew has all of it, without a server', async () => {
    await site.close()
    await profile.close()
    profile = await openProfile()
    page = await visit()
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    expect(await answerTo(SHORT_PROBLEM, page)).toMatch(/\d/)
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByRole('heading', { name: 'This device', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Back to the chat' }).click()
  })

  await step('a newer version is told and waits until it is wanted; a page of the older one stays whole', async () => {
    const { renamed } = writeNextBuild()
    const { port } = new URL(site.url)
    site = await serveSite({ port: Number(port), base: BASE, isolated: true, siteFolder: NEXT_BUILD })
    const older = await build(page)
    await page.evaluate(() => void Object.assign(globalThis, { isOlder: true }))
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
    const notice = (opened: Page) =>
      opened.getByRole('status').filter({ hasText: 'A new version of this page is ready' })
    await notice(page).waitFor()

    const other = await visit()
    expect(await build(other)).toBe(older)
    await notice(other).getByRole('button', { name: 'Update' }).click()
    await expect.poll(() => build(other).catch(() => older)).not.toBe(older)
    await modelIsReady(other)
    await expect.poll(() => chatList(other).getByRole('link').count()).toBeGreaterThan(1) // chats of before

    expect(await page.evaluate(() => 'isOlder' in globalThis)).toBe(true)
    expect(await build(page)).toBe(older)
    for (const name of renamed) {
      const address = `${site.url}assets/${name}`
      expect((await fetch(address)).status).toBe(404)
      expect(await page.evaluate(async (url) => (await fetch(url)).status, address)).toBe(200)
    }
    await composerOf(page).fill('still here')
    await page.close()

    await other.reload()
    await modelIsReady(other)
    await expect.poll(async () => (await cached(other)).filter((path) => renamed.includes(path.slice(7)))).toEqual([])
    expect(await other.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toContain(
      'second-thought-weights',
    )
    page = other
  })

  await step('other rules that the server sends with the same page come with the visit after the next', async () => {
    await site.close()
    const { port } = new URL(site.url)
    site = await serveSite({ port: Number(port), base: BASE, siteFolder: NEXT_BUILD })
    const isIsolated = () => page.evaluate(() => crossOriginIsolated)
    expect(await isIsolated()).toBe(true)
    await page.reload()
    await expect.poll(async () => (await page.reload()) !== null && isIsolated()).toBe(false)
    await modelIsReady(page)
  })

  await step(
    'a newer version that waits is whole when its turn comes, whatever pages of the older one did',
    async () => {
      await site.close()
      const { port } = new URL(site.url)
      site = await serveSite({ port: Number(port), base: BASE, siteFolder: LAST_BUILD })
      const older = await build(page)
      const first = readdirSync(join(LAST_BUILD, 'assets')).find((name) => /^first-.*\.js$/.test(name))
      const isKept = async () => (await cached(page)).includes(`assets/${first}`)
      await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
      await page.getByRole('status').filter({ hasText: 'A new version of this page is ready' }).waitFor()
      expect(await isKept()).toBe(true)
      await page.reload()
      await modelIsReady(page)
      const dialog = await openSettings(page, 'Data')
      await dialog.getByText(/^Works offline/).waitFor() // its service worker has looked at what is kept
      expect(await build(page)).toBe(older)
      expect(await isKept()).toBe(true)

      await profile.setOffline(true)
      const newer = async () => {
        await page.close() // then the older one is nobody's any more
        page = await visit()
        return build(page)
      }
      await profile.newPage() // a browser without any page would end
      await expect.poll(newer).not.toBe(older)
      await profile.setOffline(false)
    },
  )

  await step('the end of everything leaves nothing, in no tab', async () => {
    const other = await visit()
    for (const tab of [page, other]) await composerOf(tab).fill('half a question')
    const dialog = await openSettings(page, 'Data')
    await dialog.getByRole('button', { name: 'Delete everything' }).click()
    const question = page.getByRole('dialog', { name: 'Delete everything on this device?' })
    await question.getByText('This browser then keeps nothing of this page').waitFor()
    await question.getByRole('button', { name: 'Delete everything' }).click()

    await page.getByRole('heading', { name: 'Everything is deleted' }).waitFor()
    await other.getByRole('heading', { name: 'Everything was deleted in another tab' }).waitFor()
    for (const tab of [page, other]) {
      const things = tab.locator('.cleared [data-state]')
      expect(await things.evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['state']))).toEqual(
        Array.from({ length: await things.count() }, () => 'gone'),
      )
      for (const [kind, name] of [
        ['databases', 'second-thought-weights'],
        ['databases', 'second-thought-chats'],
        ['caches', 'second-thought.files'],
        ['serviceWorkers', BASE],
        ['keys', 'draft'],
      ] as const)
        expect(await tab.locator(`.cleared [data-kind=${kind}]`).innerText()).toContain(name)
      // What a page does when it is left must bring nothing back.
      await tab.evaluate(() => {
        document.dispatchEvent(new Event('visibilitychange'))
        window.dispatchEvent(new Event('pagehide'))
      })
    }
    expect(await whatIsStored(page)).toEqual(NOTHING)
    await other.close()
    expect(await whatIsStored(page)).toEqual(NOTHING)

    await profile.setOffline(true)
    await page.getByRole('button', { name: 'Begin anew' }).click()
    await page.getByRole('alert').getByText('The page cannot be reached now').waitFor()
    await profile.setOffline(false)
    await page.getByRole('button', { name: 'Begin anew' }).click()
    await modelIsReady(page)
    await chatList(page).getByText('No chats yet.').waitFor()
    expect(await chatList(page).getByRole('link', { name: SHORT_PROBLEM }).count()).toBe(0)
  })
})

const NOTHING = { databases: [], caches: [], local: [], session: [], serviceWorkers: [], files: [] }

/** Runs in the page. */
function whatIsStored(tab: Page): Promise<typeof NOTHING> {
  return tab.evaluate(async () => {
    const root = (await navigator.storage.getDirectory()) as unknown as { keys(): AsyncIterable<string> }
    const files: string[] = []
    for await (const name of root.keys()) files.push(name)
    return {
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      serviceWorkers: (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
      files,
    } as unknown as { databases: []; caches: []; local: []; session: []; serviceWorkers: []; files: [] }
  })
}

/** A copy of the site in which some files have other content and names, as in the next build of it. @returns Their names before. */
function writeNextBuild(): { renamed: string[] } {
  cpSync('dist/site', NEXT_BUILD, { recursive: true })
  const assets = join(NEXT_BUILD, 'assets')
  const scripts = new Map(
    readdirSync(assets)
      .filter((name) => name.endsWith('.js'))
      .map((name) => [name, readFileSync(join(assets, name), 'utf8')]),
  )
  const changed = [...scripts.keys()].filter((name) => /^(index|first|settings-dialog)-/.test(name))
  const renamed = [...changed]
  // Whoever names one of them has other content, and so another name. Those that are found go on the list, which goes on.
  for (const one of renamed) {
    const naming = [...scripts].filter(([name, code]) => !renamed.includes(name) && code.includes(one))
    renamed.push(...naming.map(([name]) => name))
  }
  for (const name of renamed) {
    const code = readFileSync(join(assets, name), 'utf8')
    writeFileSync(join(assets, name), `${code}\n// the next build\n`)
    renameSync(join(assets, name), join(assets, nextName(name)))
  }
  for (const path of readdirSync(NEXT_BUILD, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|html)$/.test(path)) continue
    const file = join(NEXT_BUILD, path)
    let text = readFileSync(file, 'utf8')
    for (const name of renamed) text = text.replaceAll(name, nextName(name))
    writeFileSync(file, text)
  }
  renewHashes(NEXT_BUILD) // the last, as it looks at all others
  return { renamed: changed }
}

/** As long as before, so that nothing that counts bytes finds a difference. */
function nextName(name: string): string {
  return name.replace(/-([\w-]{8})\.js$/, (_, hash: string) => `-${[...hash].toReversed().join('')}.js`)
}
