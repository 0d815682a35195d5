import { env } from 'node:process'
import { chromium } from 'playwright'
import { chromiumSwitches } from './chromium-switches.mjs'
import { findChromium, findHeadlessShell, provideChromium } from './find-chromium.mjs'

/**
 * @typedef {object} Launch
 * @property {boolean} [realGpu] Whether Chromium chooses the GPU; without it, software plays one unless GPU=real.
 * @property {readonly string[]} [add] More switches.
 * @property {readonly string[]} [without] Switches to leave out, by the beginning of their name.
 * @property {boolean} [windowless] For tests, which look at what a page does and not at how fast: the Chromium that cannot show a window takes its
 * place where there is one, as it works less for the same page, and compiles WebAssembly for speed only where it runs long.
 * @property {(line: string) => void} [say] Told before a Chromium is installed where none is; absent, none is installed.
 */

/**
 * Chromium compiles a function of WebAssembly once more, for speed, when it has run through so many bytes of code; by itself after 13 million, which
 * hundreds of functions of WebLLM and llama.cpp do while a model loads. Half of what they cost in a test was that.
 */
const WEBASSEMBLY_FOR_SPEED_LATE = '--js-flags=--wasm-tiering-budget=100000000'

/**
 * What Playwright has to know to start Chromium as everything here does: the tests, the benchmark, `npm run ask`.
 * @param {Launch} [launch]
 * @returns {{ executablePath?: string, args: string[] }}
 */
export function chromiumSettings({
  realGpu = env.GPU === 'real',
  add = [],
  without = [],
  windowless = false,
  say,
} = {}) {
  const shell = windowless && !realGpu ? findHeadlessShell() : undefined
  const executablePath = shell ?? (say === undefined ? findChromium() : provideChromium(say))
  const switches = chromiumSwitches({ realGpu })
  return {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      ...switches.filter((name) => !without.some((start) => name.startsWith(start))),
      ...(windowless ? [WEBASSEMBLY_FOR_SPEED_LATE] : []),
      ...add,
    ],
  }
}

/**
 * Starts Chromium, which stores nothing for the next time.
 * @param {Launch} [launch]
 * @returns {Promise<import('playwright').Browser>}
 */
export function launchChromium(launch) {
  return chromium.launch(chromiumSettings(launch))
}

/**
 * Starts Chromium with a profile that lasts.
 * @param {string} folder Made if it is not there.
 * @param {Launch} [launch]
 * @returns {Promise<import('playwright').BrowserContext>}
 */
export function launchProfile(folder, launch) {
  return chromium.launchPersistentContext(folder, chromiumSettings(launch))
}
