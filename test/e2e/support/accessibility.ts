import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeFindings {
  /** Whether no text was there to look at. */
  readonly isBlank: boolean
  /** How many rules found something to try. */
  readonly tried: number
  /** How many could not be judged, as of colours over others that move. */
  readonly undecided: number
  readonly violations: readonly {
    readonly id: string
    readonly impact: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/** What of axe's rules looks at colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/** Only what is read here leaves the page: all that axe says of what passed takes it as long to hand over as to find. */
const READ = `.then(({ passes, incomplete, violations }) => ({
  isBlank: document.body.innerText.trim() === '',
  tried: passes.length,
  undecided: incomplete.length,
  violations: violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
  })),
}))`

/** Rules of which no finding is serious or critical: what a rule says of its impact is that of all it finds. */
const HARMLESS = `Object.fromEntries(
  axe._audit.rules
    .filter(({ impact }) => impact === 'minor' || impact === 'moderate')
    .map(({ id }) => [id, { enabled: false }]),
)`

/** Adds axe to a page, from its own site where that is the one of app-page.ts, which costs half. */
async function addAxe(page: Page): Promise<void> {
  const url = await page.evaluate<string | undefined>('globalThis.axeUrl')
  if (url !== undefined) await page.addScriptTag({ url })
  // No script of the page: its policy would forbid it. And nothing for a value, which would be all of axe.
  else await page.evaluate(`${AXE}; undefined`)
}

async function findingsOf(page: Page, moreOptions: object): Promise<AxeFindings> {
  if (!(await page.evaluate('"axe" in globalThis'))) await addAxe(page)
  const options = JSON.stringify({ resultTypes: ['violations'], ...moreOptions })
  return page.evaluate<AxeFindings>(`axe.run({ rules: ${HARMLESS}, ...${options} })${READ}`)
}

/**
 * What axe finds that is serious or critical, a line each.
 * @throws {Error} When it looked at next to nothing, as on a blank page.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { isBlank, tried, violations } = await findingsOf(page, {})
  if (isBlank || tried < 5) throw new Error(`axe found only ${tried} rules to try. Is the page blank?`)
  return faultsOf(violations)
}

/** The same of what looks at colours, for a page of which all else was looked at and only the colours are others now. */
export async function colourFaults(page: Page): Promise<string[]> {
  const { tried, undecided, violations } = await findingsOf(page, {
    runOnly: { type: 'rule', values: COLOUR_RULES },
  })
  if (tried + undecided === 0) throw new Error('axe found no colours to look at. Is the page blank?')
  return faultsOf(violations)
}

function faultsOf(violations: AxeFindings['violations']): string[] {
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
}

/** How many CSS pixels of the page lie beyond its right edge. */
export function pixelsBeyond(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}
