/**
 * Records what the embedded model writes, event by event with its time, for tests of the page that need a real stream without its
 * cost: `node bench/record-streams.mjs` writes test/fixtures/streams. Greedy, so a recording of the same model says the same.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EMBEDDED, openHeadless, valueOf } from '../scripts/headless-page.mjs'
import { launchChromium } from '../scripts/launch-chromium.mjs'
import { serveSite } from '../scripts/start.mjs'
import { loadEmbedded } from './browser.mjs'

/**
 * @typedef {import('../src/core/engine.ts').RunEvent} RunEvent
 * @typedef {import('../test/fakes/scripted-engine.ts').Recording} Recording
 */

/** Questions that between them have every kind of section: no thinking, thinking alone, checks that correct and that confirm. */
const QUESTIONS = {
  corrects: 'What is 47 * 38?',
  decimals: 'Which is larger, 9.9 or 9.11?',
  counts: 'How many r\'s are in "strawberry"?',
  greets: 'Hello!',
}

const folder = fileURLToPath(new URL('../test/fixtures/streams/', import.meta.url))
const site = await serveSite({ port: 0 })
const browser = await launchChromium({ say: console.log })
try {
  const page = await openHeadless(await browser.newContext(), site.url)
  const { id, revision } = await loadEmbedded(page)
  mkdirSync(folder, { recursive: true })
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const batches = valueOf(await page.evaluate(record, question))
    /** @type {Recording} */
    const recording = { model: id, revision, question, batches }
    writeFileSync(`${folder}${name}.json`, `${JSON.stringify(recording)}\n`)
    console.log(`${name}: ${batches.length} batches of ${EMBEDDED} ${revision}`)
  }
} finally {
  await browser.close()
  await site.close()
}

/** Runs in the page. @param {string} question */
async function record(question) {
  const begin = performance.now()
  /** @type {{ at: number, events: readonly RunEvent[] }[]} */
  const batches = []
  const outcome = await secondThought.ask(question, { temperature: 0 }, undefined, (events) => {
    batches.push({ at: Math.round(performance.now() - begin), events })
  })
  return 'value' in outcome ? { value: batches } : outcome
}
