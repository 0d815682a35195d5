/**
 * Measures the tag parser beside the published loop of `extractReasoningMiddleware` (npm `ai`) in one process: the same
 * text, cut alike, events handed to a sink that counts them. Prints a table and writes dist/bench/parser.json. `--rounds 3` is
 * quicker and less exact.
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
const { values: parameters } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })
const ROUNDS = Number(parameters.rounds)
const WARM_UP = 3 // rounds before, for the compiler to settle
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
  for (const chunk of chunks) parser.push(chunk)
  parser.finish()
  return deltas
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
  for (const chunk of chunks) transform({ type: 'text-delta', id: '1', delta: chunk }, controller)
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

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(2))
}

/**
 * The shortest processor time of each task, in milliseconds, garbage collection included. Tasks take turns, so that a slow moment of the machine meets all of
 * them; the shortest time is the one that other programs disturbed least.
 * @param {Record<string, () => number | Promise<number>>} tasks Each gives the number of deltas it saw.
 */
async function shortestTimes(tasks) {
  /** @type {Record<string, number[]>} */
  const times = {}
  for (let turn = -WARM_UP; turn < ROUNDS; turn++) {
    for (const [name, task] of Object.entries(tasks)) {
      const begin = process.cpuUsage()
      const deltas = await task()
      const { user, system } = process.cpuUsage(begin)
      const time = (user + system) / 1000
      if (deltas === 0) throw new Error(`${name} read nothing.`)
      if (turn >= 0) (times[name] ??= []).push(time)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, Math.min(...list)]))
}

const reply = createReply(CHARACTERS)
const perSecond = (/** @type {number | undefined} */ milliseconds) =>
  Math.round((reply.length / (milliseconds ?? NaN)) * 1000)

const speeds = []
for (const size of CHUNK_SIZES) {
  const chunks = cut(reply, size)
  // Neither keeps the text, so that like is compared with like.
  const times = await shortestTimes({ ours: () => readWithOurs(false)(chunks), theirs: () => readWithTheirs(chunks) })
  const [ours, theirs] = [perSecond(times.ours), perSecond(times.theirs)]
  speeds.push({ charactersPerDelta: size, ours, theirs, timesTheirs: round(ours / theirs), oursKeepingText: NaN })
}
for (const row of speeds) {
  const chunks = cut(reply, row.charactersPerDelta)
  const times = await shortestTimes({ ours: () => readWithOurs(true)(chunks) })
  row.oursKeepingText = perSecond(times.ours)
}

const growth = []
for (const [text, make] of /** @type {const} */ ([
  ['a reply', createReply],
  ['only "<"', (/** @type {number} */ length) => '<'.repeat(length)],
  ['only blocks', (/** @type {number} */ length) => '<think>a</think>b\n'.repeat(length / 18)],
])) {
  for (const size of [1, 256]) {
    const chunks = cut(make(CHARACTERS), size)
    const fourfold = cut(make(CHARACTERS * 4), size)
    const times = await shortestTimes({
      once: () => readWithOurs(false)(chunks),
      fourfold: () => readWithOurs(false)(fourfold),
    })
    growth.push({ text, charactersPerDelta: size, timeRatio: round((times.fourfold ?? NaN) / (times.once ?? NaN)) })
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
  `Characters a second of processor time, best of ${ROUNDS} rounds over ${reply.length} characters (${report.machine}).`,
)
console.log(`Theirs: ${report.against}. Neither keeps the text, but for the last column (for snapshot(), the default).`)
console.table(
  speeds.map((row) => ({
    'characters a delta': row.charactersPerDelta,
    ours: millions(row.ours),
    theirs: millions(row.theirs),
    'ours / theirs': row.timesTheirs,
    'ours, text kept': millions(row.oursKeepingText),
  })),
)
console.log('Processor time for four times the text (4 is linear; at most 5 wanted).')
console.table(
  growth.map((row) => ({ text: row.text, 'characters a delta': row.charactersPerDelta, ratio: row.timeRatio })),
)
console.log(`Written: ${REPORT}`)
