import type { Browser } from 'playwright'
import { launchChromium } from '../../../scripts/launch-chromium.mjs'

let browser: Promise<Browser> | undefined
let withoutGpu: Promise<Browser> | undefined

/**
 * The Chromium of all test files that this process runs, one after another; each test has contexts of its own, which it closes.
 * It ends with the process. What harms a whole browser starts one of its own.
 */
export function sharedBrowser(): Promise<Browser> {
  return (browser ??= launchChromium({ windowless: true }))
}

/** For pages without an engine that needs a GPU: no software plays one, which would draw the pages as well, slowly. */
export const WITHOUT_GPU = {
  windowless: true,
  realGpu: false,
  without: ['--use-webgpu-adapter', '--enable-unsafe-webgpu'],
  add: ['--disable-gpu'],
}

/**
 * Another, for pages whose engine is scripted, without a GPU. And V8 compiles nothing a second
 * time to make it faster: these pages are closed before that has paid for itself. What measures a page's work has a Chromium of its own.
 */
export function sharedBrowserWithoutGpu(): Promise<Browser> {
  return (withoutGpu ??= launchChromium({
    ...WITHOUT_GPU,
    add: [...WITHOUT_GPU.add, '--js-flags=--no-opt,--no-maglev'],
  }))
}
