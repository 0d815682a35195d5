import axe from 'axe-core'

/** What axe finds in an element that is serious or critical, a line each. */
export async function accessibilityFaultsIn(element: Element): Promise<string[]> {
  const { passes, violations } = await axe.run(element)
  if (passes.length < 10) throw new Error(`axe found only ${passes.length} rules to try. Is anything shown?`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`))
}
