import { env } from 'node:process'
import { chromium, type Browser } from 'playwright'
import { chromiumSwitches } from '../../../scripts/chromium-switches.mjs'
import { findChromium } from '../../../scripts/find-chromium.mjs'

/** Starts Chromium as the other checks do, with some switches added and, by the beginning of their name, some left out. */
export function launchBrowser({
  add = [],
  without = [],
}: { add?: string[]; without?: string[] } = {}): Promise<Browser> {
  const executablePath = findChromium()
  const switches = chromiumSwitches({ realGpu: env['GPU'] === 'real' })
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [...switches.filter((name) => !without.some((start) => name.startsWith(start))), ...add],
  })
}
