/**
 * Shows random answers in the page and looks for those that stop it: `npm run fuzz`. Each has a number; the same number is the same
 * answer. What fails is written to dist/fuzz.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, preview } from 'vite'
import { launchChromium } from '../../scripts/launch-chromium.mjs'
import { pageSkeleton } from '../../scripts/page-skeleton-plugin.mjs'
import { HEAVY_ANSWERS } from './heavy-answers.mjs'
import { randomAnswer } from './random-answer.mjs'
import { watchAnswers } from './watch-answers.mjs'

const FOLDER = fileURLToPath(new URL('../../dist/fuzz', import.meta.url))
const PAGE = fileURLToPath(new URL('../e2e/support/answer-page', import.meta.url))

/** No task of the main thread may take longer, milliseconds of processor time. */
const LONGEST_MS = 200
/** No usual task should take longer; how many answers have one that does is told. */
const RULE_MS = 50
/** An answer that does not come to its end in so long has stopped the page, milliseconds. */
const STOPPED_MS = 60_000

const HELP = `Usage: npm run fuzz -- [options]

  --minutes <n>  how long (default 5)
  --seed <n>     number of the first answer (default: by the clock)
  --replay <n>   shows this one answer only, and prints its beginning
  --known        shows the answers that are known to be heavy, and says what each took
  --length <n>   characters of the longest answer (default 20000)
  --help         prints this`

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    replay: { type: 'string' },
    known: { type: 'boolean', default: false },
    length: { type: 'string', default: '20000' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  exit(0)
}
const [minutes, seed, length] = [values.minutes, values.replay ?? values.seed, values.length].map(Number)
if (![minutes, seed, length].every((value) => value !== undefined && value >= 0)) {
  console.error(`This takes numbers.\n\n${HELP}`)
  exit(2)
}

/** @returns {Generator<{ name: string, text: string }>} */
function* answers() {
  if (values.known) {
    for (const [name, text] of Object.entries(HEAVY_ANSWERS)) yield { name, text }
    return
  }
  const end = Date.now() + Number(minutes) * 60_000
  for (let number = Number(seed); ; number++) {
    yield { name: String(number), text: randomAnswer(number, Number(length)) }
    if (values.replay !== undefined || Date.now() >= end) return
  }
}

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const output = { outDir: `${FOLDER}/page`, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } }
/** @type {import('vite').InlineConfig} */
const options = {
  configFile: false,
  root: PAGE,
  base: './',
  logLevel: 'error',
  plugins: [pageSkeleton()],
  build: output,
}
await build(options)
const site = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } })
const address = site.resolvedUrls?.local[0]
if (address === undefined) throw new Error('The page of answers is not served.')

/** @param {string} url */
async function open(url) {
  const browser = await launchChromium()
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } })
  await page.goto(url)
  await page.evaluate(() => streamAnswer('```js\n1\n```\n\n$x$', 3)) // fetches what colours code and typesets formulae
  return { browser, watch: await watchAnswers(page, RULE_MS) }
}

const sum = () =>
  `${shown} shown, ${failed} failed; the longest task ${longest.ms.toFixed(0)} ms (${longest.name}); ${beyondRule} with one over ${RULE_MS} ms`
let shown = 0
let failed = 0
let beyondRule = 0
let longest = { name: '', ms: 0 }
let { browser, watch } = await open(address)
console.log(values.known ? 'Known answers' : `First answer: ${seed}`)
for (const { name, text } of answers()) {
  const stop = AbortSignal.timeout(STOPPED_MS)
  /** @type {import('./watch-answers.mjs').Sight} */
  const sight = await Promise.race([
    watch.show(text),
    new Promise((resolve) =>
      stop.addEventListener('abort', () => resolve({ longestMs: Infinity, faults: ['stopped the page'] })),
    ),
  ]).catch((error) => ({ longestMs: Infinity, faults: [`ended the page: ${error}`] }))
  shown++
  if (sight.longestMs > RULE_MS) beyondRule++
  if (sight.longestMs > longest.ms) longest = { name, ms: sight.longestMs }
  const faults = [
    ...sight.faults,
    ...(sight.longestMs > LONGEST_MS ? [`a task of ${sight.longestMs.toFixed(0)} ms`] : []),
  ]
  if (values.known || values.replay !== undefined) console.log(`${sight.longestMs.toFixed(0).padStart(6)} ms  ${name}`)
  if (values.replay !== undefined) console.log(text.slice(0, 400))
  if (faults.length > 0) {
    failed++
    const file = `${FOLDER}/${name.replaceAll(/\W+/g, '-')}.md`
    writeFileSync(file, text)
    console.log(`FAILED ${name} (${text.length} characters, ${file})\n  ${faults.slice(0, 5).join('\n  ')}`)
  }
  if (sight.longestMs === Infinity) {
    await browser.close()
    ;({ browser, watch } = await open(address))
  }
  if (shown % 200 === 0) console.log(sum())
}
console.log(sum())
await browser.close()
await site.close()
exit(failed === 0 ? 0 : 1)
