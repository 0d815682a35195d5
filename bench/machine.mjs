import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { openHeadless, valueOf } from '../scripts/headless-page.mjs'

/**
 * What the numbers depend on.
 * @param {import('playwright').Browser} browser
 * @param {string} siteUrl
 */
export async function describeMachine(browser, siteUrl) {
  const page = await openHeadless(await browser.newContext(), siteUrl)
  const { adapter } = valueOf(await page.evaluate(() => secondThought.capabilities()))
  await page.context().close()
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${distribution() ?? type()}, ${type()} ${release()}`,
    chromium: browser.version(),
    node: process.versions.node,
    gpu:
      adapter === undefined
        ? 'none'
        : [...new Set([adapter.name, adapter.vendor, adapter.architecture])].filter((part) => part !== '').join(', ') +
          (adapter.isFallback ? ' (software that plays a GPU)' : ''),
    /** Programs that wanted a processor in the last minute, on average, before the benchmark began. */
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  }
}

function distribution() {
  try {
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  } catch {
    return undefined // systems other than Linux have no such file
  }
}
