import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchProfile } from '../../scripts/launch-chromium.mjs'
import { ask, modelSettled, replyEnded } from './support/chat-page.ts'
import { serveChangedSite, type ChangedSite } from './support/serve-changed-site.ts'

// What a bad disk, or someone at it, does to the files of the model in the browser's profile; test/browser/weights.test.ts damages them through the database.
// A file that is cut or gone keeps the input and output of Chromium 156 itself busy for ever, so that no page of it can do anything: what cannot be read is
// tried with records that fail (test/unit/worker/weights/weight-store.test.ts).

let site: ChangedSite
let context: BrowserContext
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'damaged-'))
const asked: string[] = []

beforeAll(async () => {
  site = await serveChangedSite()
  context = await launchProfile(folder, { windowless: true })
  context.on('request', (request) => asked.push(new URL(request.url()).pathname))
  page = await context.newPage()
})
afterAll(async () => {
  await context?.close()
  await site?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens the page or loads it anew. @returns How often the weights were fetched until the model was ready. */
async function visit(): Promise<number> {
  asked.splice(0)
  await page.goto(`${site.url}?engine=processor`)
  expect(await modelSettled(page)).toBe('Reflection Tiny · ready')
  return asked.filter((path) => path.endsWith('.gguf')).length
}

/** The files of the profile that hold what IndexedDB stores as Blobs, which are the weights. */
function blobFiles(): string[] {
  const place = join(folder, 'Default', 'IndexedDB')
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.blob'))
  return names
    .map((name) => join(place, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
}

test('weights that are overwritten on the disk are fetched again without a word', async () => {
  expect(await visit()).toBe(1)
  const overwritten = blobFiles()
  expect(overwritten).not.toEqual([])
  for (const file of overwritten) writeFileSync(file, Buffer.alloc(statSync(file).size))
  expect(await visit()).toBe(1)
  expect(await visit()).toBe(0)
  await ask(page, 'What is 5 + 4?')
  const reply = await replyEnded(page)
  expect((await reply.locator('.answer').innerText()).trim()).toMatch(/\d/)
})
