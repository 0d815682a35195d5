/**
 * Runs every check of the project: `npm test`, or `npm test -- unit model` for some. Prints what each found and, as its
 * last line, `N passed, N failed`: single tests, and one for each check that has no tests of its own (formatting, types).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { fileURLToPath } from 'node:url'
import { provideChromium } from './find-chromium.mjs'
import { MODEL_FOLDER, providePython } from './python-environment.mjs'
import { runCommand } from './run-command.mjs'

/**
 * @typedef {{ passed: number, failed: number, skipped?: number }} Counts
 * @typedef {{ name: string, run: () => Promise<Counts> }} Step
 */

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const RESULTS = 'dist/test-results'
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** In the order in which they run: quick ones first, then those that need what the ones before made. @type {Step[]} */
const STEPS = [
  { name: 'lint', run: () => check(NPM, ['run', '--silent', 'lint']) },
  { name: 'build', run: () => check(NPM, ['run', '--silent', 'build']) },
  { name: 'types', run: () => check(NPM, ['run', '--silent', 'typecheck']) },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'package', run: () => vitest('package') },
  { name: 'chromium', run: findBrowser },
  { name: 'browser', run: () => vitest('browser') },
  { name: 'e2e', run: () => vitest('e2e') },
  { name: 'model', run: testModel },
  ...(hasScript('model:check')
    ? [{ name: 'model:check', run: () => check(NPM, ['run', '--silent', 'model:check']) }]
    : []),
]

/** @param {string} name */
function hasScript(name) {
  return name in JSON.parse(readFileSync('package.json', 'utf8')).scripts
}

/**
 * A check without tests of its own: its exit code tells.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {string} [cwd]
 * @returns {Promise<Counts>}
 */
async function check(command, parameters, cwd) {
  const code = await runCommand(command, parameters, cwd === undefined ? {} : { cwd })
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/**
 * @param {string} project One of vitest.config.ts.
 * @returns {Promise<Counts>}
 */
async function vitest(project) {
  const file = resultFile(`${project}.json`)
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`]
  const code = await runCommand(process.execPath, [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    ...reporters,
  ])
  if (!existsSync(file)) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, 'utf8'))
  return withExitCode(code, { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests })
}

/** @returns {Promise<Counts>} */
async function findBrowser() {
  env.CHROMIUM_PATH = provideChromium((line) => console.log(line))
  console.log(env.CHROMIUM_PATH)
  return { passed: 1, failed: 0 }
}

/** @returns {Promise<Counts>} */
async function testModel() {
  const python = await providePython()
  const ruff = await check(python, ['-m', 'ruff', 'check'], MODEL_FOLDER)
  const file = join(process.cwd(), resultFile('model.xml'))
  const pytest = ['-m', 'pytest', '-q', '-m', 'not slow', `--junit-xml=${file}`]
  const code = await runCommand(python, pytest, { cwd: MODEL_FOLDER })
  if (!existsSync(file)) return { passed: ruff.passed, failed: ruff.failed + 1 }
  const suite = /<testsuite\b[^>]*>/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  const count = (/** @type {string} */ name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  const skipped = count('skipped')
  const tests = withExitCode(code, { passed: count('tests') - failed - skipped, failed, skipped })
  return { passed: ruff.passed + tests.passed, failed: ruff.failed + tests.failed, skipped }
}

/**
 * A run that failed without a failed test (an import that broke, a hook) counts as one failure.
 * @param {number} code
 * @param {Counts} counts
 * @returns {Counts}
 */
function withExitCode(code, counts) {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/**
 * Where a runner shall write its results; an older file is gone, so that it cannot be taken for this run's.
 * @param {string} name
 */
function resultFile(name) {
  mkdirSync(RESULTS, { recursive: true })
  const file = `${RESULTS}/${name}`
  rmSync(file, { force: true })
  return file
}

const chosen = argv.slice(2)
const unknown = chosen.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no check called ${unknown.join(', ')}. There are: ${STEPS.map((step) => step.name).join(', ')}`,
  )
  exit(2)
}

const lines = []
const total = { passed: 0, failed: 0 }
for (const { name, run } of STEPS.filter((step) => chosen.length === 0 || chosen.includes(step.name))) {
  console.log(`\n── ${name}`)
  const begin = performance.now()
  /** @type {Counts} */
  let counts
  try {
    counts = await run()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    counts = { passed: 0, failed: 1 }
  }
  const { passed, failed, skipped = 0 } = counts
  total.passed += passed
  total.failed += failed
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  const alsoSkipped = skipped > 0 ? `, ${skipped} skipped` : ''
  lines.push(
    `${failed === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${passed} passed, ${failed} failed${alsoSkipped} (${seconds} s)`,
  )
}
console.log(`\n${lines.join('\n')}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
