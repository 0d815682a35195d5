import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeFindings {
  /** How many rules found something to try. */
  readonly tried: number
  readonly violations: readonly {
    readonly id: string
    readonly impact: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/** Only what is read here leaves the page: all that axe says of what passed takes it as long to hand over as to find. */
const RUN = `axe.run({ resultTypes: ['violations'] }).then(({ passes, violations }) => ({
  tried: passes.length,
  violations: violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
  })),
}))`

/**
 * What axe finds that is serious or critical, a line each.
 * @throws {Error} When it looked at next to nothing, as on a blank page.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // No script of the page: its policy would forbid it. And nothing for a value, which would be all of axe.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(`${AXE}; undefined`)
  const { tried, violations } = await page.evaluate<AxeFindings>(RUN)
  if (tried < 10) throw new Error(`axe found only ${tried} rules to try. Is the page blank?`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
}

/** How many CSS pixels of the page lie beyond its right edge. */
export function pixelsBeyond(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}
