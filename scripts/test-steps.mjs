import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { provideChromium, provideHeadlessShell } from './find-chromium.mjs'
import { provideFirefox } from './find-firefox.mjs'
import { MODEL_FOLDER, providePython } from './python-environment.mjs'
import { runCommand } from './run-command.mjs'

/**
 * @typedef {{ passed: number, failed: number, skipped?: number }} Counts
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly string[]} needs Steps that have to be over before, whatever they found; those that were not asked for are not waited for.
 * @property {number} minutes After which it hangs, for all we know: many times what it takes.
 * @property {() => Promise<Counts>} run
 */

/** Where runners write what they found. */
export const RESULTS = 'dist/test-results'

const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** What the runners of the tests write, by step; the other steps have no tests of their own. @type {Readonly<Record<string, string>>} */
export const RESULT_FILES = {
  e2e: `${RESULTS}/e2e.json`,
  model: `${RESULTS}/model.xml`,
  browser: `${RESULTS}/browser.json`,
  unit: `${RESULTS}/unit.json`,
  package: `${RESULTS}/package.json`,
}

/** In the order in which they begin: what others need and what takes long comes first, so that no processor is without work in the end. @type {readonly Step[]} */
export const STEPS = [
  { name: 'build', needs: [], minutes: 10, run: () => script('build') },
  { name: 'chromium', needs: [], minutes: 15, run: findBrowser },
  { name: 'firefox', needs: ['chromium'], minutes: 15, run: lookForFirefox }, // only one at a time may install packages
  { name: 'e2e', needs: ['build', 'chromium', 'firefox'], minutes: 45, run: () => vitest('e2e') },
  { name: 'lint', needs: [], minutes: 10, run: () => script('lint') },
  { name: 'types', needs: ['build'], minutes: 10, run: () => script('typecheck') },
  { name: 'model', needs: [], minutes: 30, run: testModel },
  { name: 'browser', needs: ['chromium'], minutes: 30, run: () => vitest('browser') },
  { name: 'model:check', needs: ['chromium', 'model'], minutes: 30, run: () => script('model:check') },
  { name: 'unit', needs: [], minutes: 20, run: () => vitest('unit') },
  { name: 'package', needs: ['build', 'chromium'], minutes: 10, run: () => vitest('package') },
]

/** The file in which a runner keeps the names of the tests that it is at. @param {string} step */
export function runningTestsFile(step) {
  return `${RESULTS}/${step}.running.json`
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

/** @param {string} name Of package.json. */
function script(name) {
  return check(NPM, ['run', '--silent', name])
}

/**
 * @param {string} project One of vitest.config.ts; those whose names begin like it run as well.
 * @returns {Promise<Counts>}
 */
async function vitest(project) {
  const file = freshResultFile(project)
  const reporters = ['dot', 'json', './scripts/running-tests-reporter.mjs'].map((name) => `--reporter=${name}`)
  const parameters = ['node_modules/vitest/vitest.mjs', 'run', '--project', `${project}*`, ...reporters]
  const env = { ...process.env, RUNNING_TESTS_FILE: runningTestsFile(project) }
  const code = await runCommand(process.execPath, [...parameters, `--outputFile.json=${file}`], { env })
  if (!existsSync(file)) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, 'utf8'))
  return withExitCode(code, { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests })
}

/** @returns {Promise<Counts>} */
async function findBrowser() {
  const say = (/** @type {string} */ line) => console.log(line)
  console.log(provideChromium(say))
  console.log(
    provideHeadlessShell(say) ?? 'There is no Chromium without windows: the other one takes its place, slower.',
  )
  return { passed: 1, failed: 0 }
}

/** Where there is none, and none can be installed, its tests are left out: browsers differ, and most of the page is tested in one. @returns {Promise<Counts>} */
async function lookForFirefox() {
  const found = provideFirefox((line) => console.log(line))
  console.log(found ?? 'No Firefox was found and none could be installed: its tests are left out.')
  return found === undefined ? { passed: 0, failed: 0, skipped: 1 } : { passed: 1, failed: 0 }
}

/** @returns {Promise<Counts>} */
async function testModel() {
  const python = await providePython()
  const ruff = await check(python, ['-m', 'ruff', 'check'], MODEL_FOLDER)
  const file = join(process.cwd(), freshResultFile('model'))
  const names = ['-o', 'faulthandler_timeout=600'] // tells where a test is that hangs
  const pytest = ['-m', 'pytest', '-q', '-m', 'not slow', ...names, `--junit-xml=${file}`]
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
 * @param {string} step
 */
function freshResultFile(step) {
  const file = RESULT_FILES[step] ?? `${RESULTS}/${step}`
  mkdirSync(RESULTS, { recursive: true })
  rmSync(file, { force: true })
  return file
}
