/**
 * Runs every check of the project: `npm test`, or `npm test -- unit model` for some. Checks that do not need each other run side by
 * side. Prints what each found, one after another, and, as its last line, `N passed, N failed`: single tests, and one for each check
 * that has no tests of its own (formatting, types).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { argv, exit, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { failedTests } from './failed-tests.mjs'
import { RESULT_FILES, RESULTS, runningTestsFile, STEPS } from './test-steps.mjs'

/**
 * @typedef {import('./test-steps.mjs').Counts} Counts
 * @typedef {import('./test-steps.mjs').Step} Step
 */

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** Each of them is mostly of one thread, so that two keep two processors busy. */
const SIDE_BY_SIDE = Math.min(4, availableParallelism())
/** How often one is told that it goes on, milliseconds. */
const SIGN_OF_LIFE = 60_000

const chosen = argv.slice(2)
const unknown = chosen.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no check called ${unknown.join(', ')}. There are: ${STEPS.map((step) => step.name).join(', ')}`,
  )
  exit(2)
}
const steps = STEPS.filter(({ name }) => chosen.length === 0 || chosen.includes(name))

/** @type {Map<string, { child: import('node:child_process').ChildProcess, begin: number }>} */
const running = new Map()
/** @type {Map<string, { counts: Counts, seconds: number }>} */
const finished = new Map()

/** Ends a check and all that it started. @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function end({ pid }, signal) {
  try {
    if (pid !== undefined) process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // it is over
  }
}

/**
 * Runs a check in a process of its own. Its output is shown as it comes if it is alone, else at its end.
 * @param {Step} step
 * @returns {Promise<void>}
 */
async function runStep({ name, minutes }) {
  const file = `${RESULTS}/${name.replace(':', '-')}.counts.json`
  for (const old of [file, runningTestsFile(name)]) rmSync(old, { force: true })
  const isAlone = steps.length === 1
  const child = spawn(process.execPath, ['scripts/test-step.mjs', name, file], {
    stdio: [
      'ignore',
      ...(isAlone ? /** @type {const} */ (['inherit', 'inherit']) : /** @type {const} */ (['pipe', 'pipe'])),
    ],
    detached: process.platform !== 'win32', // a group of its own, which can be ended as a whole
  })
  const begin = performance.now()
  running.set(name, { child, begin })
  /** @type {Buffer[]} */
  const output = []
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ piece) => output.push(piece))
  let isLate = false
  const limit = setTimeout(() => {
    isLate = true
    end(child, 'SIGTERM')
    setTimeout(() => end(child, 'SIGKILL'), 10_000).unref()
  }, minutes * 60_000)
  await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(limit)
  running.delete(name)

  console.log(`\n── ${name}`)
  stdout.write(Buffer.concat(output))
  if (isLate) console.log(`It was ended after ${minutes} minutes, in the middle of ${runningTests(name)}.`)
  const counts = !isLate && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 1 }
  finished.set(name, { counts, seconds: (performance.now() - begin) / 1000 })
}

/** @param {string} name Of a step. */
function runningTests(name) {
  const file = runningTestsFile(name)
  /** @type {string[]} */
  const names = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const tests = names.filter((one) => names.every((other) => other === one || !other.startsWith(`${one}: `)))
  return tests.length === 0 ? name : tests.join('; ')
}

/** Begins each check once those that it needs are over and one may run beside the others. */
async function runSteps() {
  const waiting = [...steps]
  /** @type {Set<Promise<void>>} */
  const runs = new Set()
  const isOver = (/** @type {string} */ name) => finished.has(name) || !steps.some((step) => step.name === name)
  while (waiting.length > 0 || runs.size > 0) {
    const index = runs.size < SIDE_BY_SIDE ? waiting.findIndex(({ needs }) => needs.every(isOver)) : -1
    const [step] = index === -1 ? [] : waiting.splice(index, 1)
    if (step === undefined) {
      await Promise.race(runs)
      continue
    }
    const run = runStep(step).finally(() => runs.delete(run))
    runs.add(run)
  }
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    for (const { child } of running.values()) end(child, 'SIGTERM')
    exit(130)
  })
}
const signs = setInterval(() => {
  const names = [...running].map(([name, { begin }]) => `${name} (${Math.round((performance.now() - begin) / 1000)} s)`)
  console.log(`… ${names.join(', ')}`)
}, SIGN_OF_LIFE)
mkdirSync(RESULTS, { recursive: true })
await runSteps()
clearInterval(signs)

const total = { passed: 0, failed: 0 }
console.log()
for (const { name } of steps) {
  const { counts, seconds } = finished.get(name) ?? { counts: { passed: 0, failed: 1 }, seconds: 0 }
  const { passed, failed, skipped = 0 } = counts
  total.passed += passed
  total.failed += failed
  const alsoSkipped = skipped > 0 ? `, ${skipped} skipped` : ''
  const found = `${passed} passed, ${failed} failed${alsoSkipped} (${seconds.toFixed(1)} s)`
  console.log(`${failed === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${found}`)
  if (failed > 0) for (const line of failedTests(RESULT_FILES[name] ?? '')) console.log(`       ${line}`)
}
console.log(`${total.passed} passed, ${total.failed} failed`)
exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
