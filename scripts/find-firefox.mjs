/** Finds a Firefox to run the page in, or gets one. Where none can be had, its tests are left out and say so. */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { env, getuid, platform } from 'node:process'
import { canRun } from './find-chromium.mjs'

/** Names under which systems install Firefox, best first: Debian's is the one with long support. */
const COMMANDS = ['firefox-esr', 'firefox']

/** Where it stands when it is not on the PATH. */
const PLACES = [
  '/usr/bin/firefox-esr',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
]

/**
 * The path of a Firefox that is already here: FIREFOX_PATH, or the system's; undefined if none is.
 * @returns {string | undefined}
 * @throws {Error} When FIREFOX_PATH is set to something that cannot be run.
 */
export function findFirefox() {
  const chosen = env.FIREFOX_PATH
  if (chosen !== undefined && chosen !== '') {
    if (canRun(chosen)) return chosen
    throw new Error(`FIREFOX_PATH is "${chosen}", which cannot be run. Correct it, or unset it to search.`)
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))), ...PLACES].find(canRun)
}

/**
 * The same, installed first if none is here and packages may be installed: Debian's.
 * @param {(line: string) => void} say Told before each attempt to install, which takes minutes.
 * @returns {string | undefined} Undefined where none can be had.
 */
export function provideFirefox(say) {
  const attempts =
    platform === 'linux' && getuid?.() === 0
      ? [
          ['apt-get', 'update'],
          ['apt-get', 'install', '-y', '--no-install-recommends', 'firefox-esr'],
        ]
      : []
  for (const [command = '', ...parameters] of attempts) {
    if (findFirefox() !== undefined) break
    say(`No Firefox found; running: ${[command, ...parameters].join(' ')}`)
    spawnSync(command, parameters, { stdio: 'ignore', timeout: 300_000 })
  }
  return findFirefox()
}
