/**
 * Finds a Chromium to run browser checks with, or gets one. Imported by the scripts that need a browser; run by itself,
 * it prints the path.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { argv, env, getuid, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'

/** Names under which systems install Chromium or Chrome, best first. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Where they stand when they are not on the PATH. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * The path of a Chromium that is already here: CHROMIUM_PATH, the system's, or Playwright's own; undefined if none is.
 * @returns {string | undefined}
 * @throws {Error} When CHROMIUM_PATH is set to something that cannot be run.
 */
export function findChromium() {
  const chosen = env.CHROMIUM_PATH
  if (chosen !== undefined && chosen !== '') {
    if (canRun(chosen)) return chosen
    throw new Error(`CHROMIUM_PATH is "${chosen}", which cannot be run. Correct it, or unset it to search.`)
  }
  return [...COMMANDS.flatMap(onPath), ...PLACES, chromium.executablePath()].find(canRun)
}

/** What Debian calls the Chromium that cannot show a window. */
const SHELL = 'chromium-headless-shell'

/**
 * The path of a Chromium that cannot show a window, if one is here: the system's, or what Playwright installs beside its own. The same
 * pages take a fifth less work in it. Where CHROMIUM_PATH says which Chromium to take there is no other.
 * @returns {string | undefined}
 */
export function findHeadlessShell() {
  if (env.CHROMIUM_PATH !== undefined && env.CHROMIUM_PATH !== '') return undefined
  return [...onPath(SHELL), ...shellsOfPlaywright()].find(canRun)
}

/** @param {string} command @returns {string[]} Where it would be on the PATH. */
function onPath(command) {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, command))
}

/** Of the same version as its Chromium, in the folder beside it. @returns {string[]} */
function shellsOfPlaywright() {
  const folder = dirname(dirname(chromium.executablePath())).replace(/chromium-(\d+)$/, 'chromium_headless_shell-$1')
  const builds = folder.includes('headless_shell') && existsSync(folder) ? readdirSync(folder) : []
  return builds.map((build) => join(folder, build, `chrome-headless-shell${platform === 'win32' ? '.exe' : ''}`))
}

/**
 * The path of a Chromium, installed first if none is here: Playwright's own, or Debian's where we may install packages.
 * @param {(line: string) => void} [say] Told before each attempt to install, which takes minutes.
 * @returns {string}
 * @throws {Error} When none is here and none can be installed; the message says what to do.
 */
export function provideChromium(say = () => undefined) {
  const found = findChromium()
  if (found !== undefined) return found
  const playwright = fileURLToPath(new URL('../node_modules/playwright/cli.js', import.meta.url))
  const attempts = [[process.execPath, playwright, 'install', 'chromium']]
  if (platform === 'linux' && getuid?.() === 0) {
    attempts.push(['apt-get', 'update'], ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'])
  }
  for (const [command = '', ...parameters] of attempts) {
    say(`No Chromium found; running: ${[command, ...parameters].join(' ')}`)
    spawnSync(command, parameters, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 })
    const installed = findChromium()
    if (installed !== undefined) return installed
  }
  throw new Error('No Chromium was found and none could be installed. Install one, or set CHROMIUM_PATH to its path.')
}

/**
 * The path of a Chromium without windows, installed first if none is here and packages may be installed: Debian's.
 * @param {(line: string) => void} [say] Told before each attempt to install.
 * @returns {string | undefined} Undefined where none can be had: then the other Chromium does its work.
 */
export function provideHeadlessShell(say = () => undefined) {
  const isOfDebian = findChromium() === PLACES[0] && getuid?.() === 0 && /^ID=debian$/m.test(osRelease())
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', SHELL]
  for (const attempt of isOfDebian ? [install, ['apt-get', 'update'], install] : []) {
    if (findHeadlessShell() !== undefined) break
    const [command = '', ...parameters] = attempt
    say(`No ${SHELL} found; running: ${attempt.join(' ')}`)
    spawnSync(command, parameters, { stdio: 'ignore', timeout: 120_000 })
  }
  return findHeadlessShell()
}

/** What Linux says of the system that it is a part of. */
function osRelease() {
  const file = '/etc/os-release'
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/**
 * Whether a path names a file that we may execute.
 * @param {string} path
 */
export function canRun(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(provideChromium((line) => console.error(line)))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
