import type { Browser } from 'playwright'
import { launchChromium } from '../../../scripts/launch-chromium.mjs'

let browser: Promise<Browser> | undefined

/**
 * The Chromium of all test files that this process runs, one after another; each test has contexts of its own, which it closes.
 * It ends with the process. What harms a whole browser starts one of its own.
 */
export function sharedBrowser(): Promise<Browser> {
  return (browser ??= launchChromium())
}
