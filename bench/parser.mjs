/**
 * Measures the tag parser beside the published loop of `extractReasoningMiddleware` (npm `ai`) in one process: the same
 * text, cut alike, events handed to a sink that counts them. Prints a table and writes dist/bench/parser.json. `--rounds 3` (an
 * odd number) is quicker and less exact.
 *
 * Their loop runs inside a TransformStream; its transformer is taken out and called directly, so that no streams
 * machinery is measured on either side. Theirs knows one tag (`think`) and no nesting, code, attributes or snapshot.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { extractReasoningMiddleware } from 'ai'
import { createTagParser } from '../dist/lib/parser.js'

const CHUNK_SIZES = [1, 4, 16, 256]
const CHARACTERS = 256 * 1024
const { values: parameters } = parseArgs({ options: { rounds: { type: 'string', default: '31' } } })
const ROUNDS = Number(parameters.rounds)
if (ROUNDS % 2 !== 1) throw new Error('--rounds is an odd number, so that one round is in the middle.')
const WARM_UP = 50 * ROUNDS // milliseconds of processor time that each task gets first, for the compiler to settle
const REPORT = 'dist/bench/parser.json'

/** @typedef {(chunks: readonly string[]) => number | Promise<number>} Reader Reads a stream, gives the number of deltas. */

/**
 * @param {boolean} keep Whether the parser keeps the text for `snapshot()`.
 * @returns {Reader}
 */
const readWithOurs = (keep) => (chunks) => {
  let deltas = 0
  const parser = createTagParser({ dialect: 'think', keep }, (event) => {
    if (event.type === 'text-delta' || event.type === 'reasoning-delta') deltas++
  })
  feed(chunks, parser.push)
  parser.finish()
  return deltas
}

/**
 * One loop for both, so that the compiler makes neither a part of its own loop: a page calls a parser once a token.
 * @param {readonly string[]} chunks
 * @param {(chunk: string) => void} take
 */
function feed(chunks, take) {
  for (const chunk of chunks) take(chunk)
}

/** @type {Reader} */
async function readWithTheirs(chunks) {
  const transform = await createTheirTransform()
  let deltas = 0
  const controller = {
    /** @param {{ type: string }} part */
    enqueue(part) {
      if (part.type === 'text-delta' || part.type === 'reasoning-delta') deltas++
    },
  }
  transform({ type: 'text-start', id: '1' }, controller)
  feed(chunks, (delta) => transform({ type: 'text-delta', id: '1', delta }, controller))
  transform({ type: 'text-end', id: '1' }, controller)
  return deltas
}

/**
 * The `transform` function of a fresh middleware stream.
 * @returns {Promise<(part: { type: string, id: string, delta?: string }, controller: { enqueue(part: any): void }) => void>}
 */
async function createTheirTransform() {
  const { wrapStream } = extractReasoningMiddleware({ tagName: 'think' })
  const Original = globalThis.TransformStream
  /** @type {any} */
  let transformer
  globalThis.TransformStream = /** @type {any} */ (
    function CapturingStream(/** @type {any} */ given) {
      transformer = given
    }
  )
  try {
    const source = /** @type {any} */ ({ pipeThrough: () => undefined })
    await wrapStream?.(/** @type {any} */ ({ doStream: async () => ({ stream: source }) }))
  } finally {
    globalThis.TransformStream = Original
  }
  if (typeof transformer?.transform !== 'function')
    throw new Error('This version of `ai` has no transformer to measure.')
  return transformer.transform
}

/**
 * Two thirds thinking, one third answer, with the odd comparison, code and quoted tag.
 * @param {number} length
 */
function createReply(length) {
  const thought = 'First I add 17 and 25. If a < b then the sum is larger; that gives 42.\nLet me check this again. '
  const answer = 'The result is **42**.\n\n```js\nfor (let i = 0; i < 3; i++) add(`${i}`)\n```\n\nIt ends with 2. '
  const thinking = thought.repeat(Math.ceil((length * 2) / 3 / thought.length))
  return `<think>\n${thinking}\n</think>\n\n${answer.repeat(Math.ceil(length / 3 / answer.length))}`
}

/**
 * @param {string} text
 * @param {number} size
 */
function cut(text, size) {
  const chunks = []
  for (let at = 0; at < text.length; at += size) chunks.push(text.slice(at, at + size))
  return chunks
}

/** @param {readonly number[]} values An odd number of them. */
function median(values) {
  return values.toSorted((a, b) => a - b)[(values.length - 1) / 2] ?? NaN
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(2))
}

/**
 * The processor times of each task, one a turn, in milliseconds, garbage collection included. Tasks take turns, and every
 * other turn goes backwards, so that a slow moment of the machine and what one task leaves behind meet all of them.
 * @param {Record<string, () => number | Promise<number>>} tasks Each gives the number of deltas it saw.
 */
async function measure(tasks) {
  const entries = Object.entries(tasks)
  /** @type {Record<string, number[]>} */
  const times = {}
  for (const [name, task] of entries) {
    times[name] = []
    for (let spent = 0; spent < WARM_UP;) spent += await processorTime(name, task)
  }
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const [name, task] of entries) times[name]?.push(await processorTime(name, task))
    entries.reverse()
  }
  return times
}

/**
 * @param {string} name
 * @param {() => number | Promise<number>} task
 */
async function processorTime(name, task) {
  const begin = process.cpuUsage()
  const deltas = await task()
  const { user, system } = process.cpuUsage(begin)
  if (deltas === 0) throw new Error(`${name} read nothing.`)
  return (user + system) / 1000
}

const reply = createReply(CHARACTERS)
/** @param {readonly number[] | undefined} times One a turn, in milliseconds. */
const perSecond = (times = []) => Math.round((reply.length / median(times)) * 1000)

/**
 * How many times as long the first took, in the median of the turns: both meet the same moments of the machine.
 * @param {readonly number[] | undefined} dividends
 * @param {readonly number[] | undefined} divisors
 */
const timeRatio = (dividends = [], divisors = []) =>
  round(median(dividends.map((time, turn) => time / (divisors[turn] ?? NaN))))

const speeds = []
for (const size of CHUNK_SIZES) {
  const chunks = cut(reply, size)
  // Theirs keeps no text, and the pages read with `keep: false`.
  const { ours, theirs } = await measure({
    ours: () => readWithOurs(false)(chunks),
    theirs: () => readWithTheirs(chunks),
  })
  speeds.push({
    charactersPerDelta: size,
    ours: perSecond(ours),
    theirs: perSecond(theirs),
    timesTheirs: timeRatio(theirs, ours),
    oursKeepingText: NaN,
  })
}
for (const row of speeds) {
  const chunks = cut(reply, row.charactersPerDelta)
  const { ours } = await measure({ ours: () => readWithOurs(true)(chunks) })
  row.oursKeepingText = perSecond(ours)
}

const growth = []
for (const [text, make] of /** @type {const} */ ([
  ['a reply', createReply],
  ['only "<"', (/** @type {number} */ length) => '<'.repeat(length)],
  ['only blocks', (/** @type {number} */ length) => '<think>a</think>b\n'.repeat(length / 18)],
])) {
  for (const size of [1, 256]) {
    const chunks = cut(make(CHARACTERS), size)
    const fourfoldChunks = cut(make(CHARACTERS * 4), size)
    const { once, fourfold } = await measure({
      once: () => readWithOurs(false)(chunks),
      fourfold: () => readWithOurs(false)(fourfoldChunks),
    })
    growth.push({ text, charactersPerDelta: size, timeRatio: timeRatio(fourfold, once) })
  }
}

const { version } = JSON.parse(readFileSync(new URL('../node_modules/ai/package.json', import.meta.url), 'utf8'))
const report = {
  benchmark: 'parser',
  date: new Date().toISOString(),
  machine: `${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
  against: `extractReasoningMiddleware, ai ${version}`,
  charactersPerReply: reply.length,
  rounds: ROUNDS,
  speeds,
  growth,
}
mkdirSync('dist/bench', { recursive: true })
writeFileSync(REPORT, `${JSON.stringify(report, undefined, 2)}\n`)

const millions = (/** @type {number} */ value) => `${(value / 1e6).toFixed(1)} M`
console.log(
  `Characters a second of processor time, median of ${ROUNDS} rounds over ${reply.length} characters (${report.machine}).`,
)
console.log(`Theirs: ${report.against}.`)
console.log('Neither keeps the text: ours runs as in the pages, with keep: false. The last column is with keep: true.')
console.table(
  speeds.map((row) => ({
    'characters a delta': row.charactersPerDelta,
    ours: millions(row.ours),
    theirs: millions(row.theirs),
    'ours / theirs': row.timesTheirs,
    'ours, keep: true': millions(row.oursKeepingText),
  })),
)
console.log('Processor time for four times the text (4 is linear; at most 5 wanted).')
console.table(
  growth.map((row) => ({ text: row.text, 'characters a delta': row.charactersPerDelta, ratio: row.timeRatio })),
)
console.log(`Written: ${REPORT}`)
