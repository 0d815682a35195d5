import { loadavg } from 'node:os'
import { EMBEDDED, openHeadless, valueOf } from '../../scripts/headless-page.mjs'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { serveSite } from '../../scripts/start.mjs'
import { number, spread } from '../format.mjs'
import { spreadOf } from '../statistics.mjs'

/** A long reply of the embedded model. */
const QUESTION = 'What is 4758 * 2674?'
const MAX_TOKENS = 400

/** @typedef {{ name: string, engine: 'gpu' | 'processor', isolated: boolean, gain?: number }} Setup */

/**
 * An isolated page tells how much memory it takes, and has one thread or as many as the device, whichever it believes to be faster: so what isolation
 * costs and what threads bring are told apart. @type {readonly Setup[]}
 */
const SETUPS = [
  { name: 'GPU', engine: 'gpu', isolated: true },
  { name: 'processor, 1 thread', engine: 'processor', isolated: false },
  { name: 'processor, isolated, 1 thread', engine: 'processor', isolated: true, gain: 0 },
  { name: 'processor, isolated, all threads', engine: 'processor', isolated: true, gain: 9 },
]

/**
 * The embedded model on each engine, each in a browser of its own: how soon it is there with nothing stored and with all of it, how
 * fast it reads and writes, and what memory it takes.
 * @type {import('../section.d.ts').Measure}
 */
export async function measureEngines({ isQuick, siteUrl, say }) {
  const runs = isQuick ? 1 : 5
  const maxTokens = isQuick ? 40 : MAX_TOKENS
  const isolatedSite = await serveSite({ port: 0, isolated: true })
  const findings = []
  try {
    for (const setup of SETUPS) {
      const finding = await measureOne(setup, setup.isolated ? isolatedSite.url : siteUrl, runs, maxTokens)
      say(`${finding.name}: ${number(finding.decode.median)} tokens a second`)
      findings.push(finding)
    }
  } finally {
    await isolatedSite.close()
  }
  return {
    result: { model: EMBEDDED, question: QUESTION, findings },
    rows: findings.flatMap((finding) => [
      { what: `${finding.name}: tokens written a second`, value: spread(finding.decode) },
      { what: `${finding.name}: tokens read a second`, value: spread(finding.prefill) },
      { what: `${finding.name}: first token of a new chat`, value: `${spread(finding.firstToken, 0)} ms` },
      {
        what: `${finding.name}: ready, with nothing stored and with all of it`,
        value: `${number(finding.coldSeconds, 2)} s, ${number(finding.warmSeconds, 2)} s`,
      },
      ...(finding.memoryBytes === undefined
        ? []
        : [
            { what: `${finding.name}: memory of page and worker`, value: `${number(finding.memoryBytes / 1e6, 0)} MB` },
          ]),
    ]),
    notes: [
      `"${QUESTION}", temperature 0, ${maxTokens} tokens, ${runs} runs, each in a chat that nothing was read of; a browser of its own for each. ` +
        `All threads are ${findings.at(-1)?.threads ?? 1}. Memory is what the browser tells of page and worker; buffers of a GPU are not in it. ` +
        `Programs that wanted a processor in the last minute of each: ${findings.map(({ loadAfter }) => number(loadAfter)).join(', ')}.`,
    ],
  }
}

/** @param {Setup} setup @param {string} url @param {number} runs @param {number} maxTokens */
async function measureOne({ name, engine, gain }, url, runs, maxTokens) {
  const browser = await launchChromium()
  try {
    const context = await browser.newContext()
    const cold = await openHeadless(context, url, engine)
    if (gain !== undefined) await cold.evaluate(pretendGainInPage, gain)
    const { seconds: coldSeconds } = await load(cold)
    await cold.close()
    const page = await openHeadless(context, url, engine)
    const { seconds: warmSeconds } = await load(page)
    const { processor } = valueOf(await page.evaluate(() => secondThought.capabilities()))
    await page.evaluate(askInPage, { question: 'Hello!', maxTokens: 8 }) // compiles what the others find compiled
    const usages = []
    for (let run = 0; run < runs; run++) {
      // Another beginning, so that all of it is read.
      usages.push(valueOf(await page.evaluate(askInPage, { question: QUESTION, maxTokens, system: `Run ${run}.` })))
    }
    const memoryBytes = await page.evaluate(memoryInPage)
    return {
      name,
      threads: processor.threads,
      loadAfter: loadavg()[0] ?? 0,
      coldSeconds,
      warmSeconds,
      decode: spreadOf(usages.map(({ decodeTokensPerSecond = 0 }) => decodeTokensPerSecond)),
      prefill: spreadOf(usages.map(({ prefillTokensPerSecond = 0 }) => prefillTokensPerSecond)),
      firstToken: spreadOf(usages.map(({ timeToFirstTokenMs }) => timeToFirstTokenMs)),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    }
  } finally {
    await browser.close()
  }
}

/** @param {import('playwright').Page} page */
async function load(page) {
  return valueOf(await page.evaluate((model) => secondThought.load(model, () => undefined), EMBEDDED))
}

/** Runs in the page. @param {{ question: string, maxTokens: number, system?: string }} request */
function askInPage({ question, maxTokens, system = '' }) {
  const instructions = `${system} ${secondThought.systemPrompt}`
  return secondThought.ask(question, { temperature: 0, maxTokens }, instructions, () => undefined)
}

/**
 * Runs in the page, before the engine is asked anything: makes it believe that threads were tried here (`worker/processor-threads.ts`), with this gain.
 * @param {number} gain
 */
function pretendGainInPage(gain) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-device')
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('measured'))
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const transaction = opening.result.transaction('measured', 'readwrite')
      for (let threads = 2; threads <= 8; threads++) {
        transaction.objectStore('measured').put([gain, gain, gain], `gain-of-${threads}-threads`)
      }
      transaction.addEventListener('complete', () => {
        opening.result.close()
        resolve(undefined)
      })
    })
  })
}

/** Runs in the page: undefined where it is not isolated. */
async function memoryInPage() {
  const measure = /** @type {{ measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> }} */ (
    /** @type {unknown} */ (performance)
  ).measureUserAgentSpecificMemory
  if (!globalThis.crossOriginIsolated || measure === undefined) return undefined
  return (await measure.call(performance)).bytes
}
