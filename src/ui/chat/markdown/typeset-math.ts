import createPurifier from 'dompurify'
import { BOUNDS } from './bounds.ts'
import type { MathQuestion } from './math-worker.ts'
import { createTimedWorker } from './timed-worker.ts'

/** A formula that is longer gets a line of its own to scroll in if it needs to. Characters of TeX. */
const LONG = 40

const EM_PER_UNIT: Readonly<Record<string, number>> = {
  em: 1,
  ex: 0.5,
  mu: 1 / 18,
  px: 1 / 16,
  pt: 1 / 12,
  cm: 2.4,
  mm: 0.24,
  in: 6,
}

const askWorker = createTimedWorker<MathQuestion, string>(
  () => new Worker(new URL('./math-worker.ts', import.meta.url), { type: 'module' }),
)

/** Replaces the TeX of a formula by MathML; a formula that cannot be read, or is too large, stays as it was written. */
export async function typesetMath(formula: HTMLElement): Promise<void> {
  const tex = formula.textContent ?? ''
  if (tex.length > BOUNDS.formula) return
  const displayMode = formula.classList.contains('math-display')
  const markup = await askWorker({ tex, displayMode })
  if (markup === undefined || markup.length > BOUNDS.formulaMarkup) return
  // The page's policy forbids inline styles, and would report each one.
  const plain = markup.replace(/ style="[^"]*"/g, '')
  const typeset = createPurifier.sanitize(plain, {
    USE_PROFILES: { mathMl: true },
    FORBID_ATTR: ['href', 'id', 'name', 'style'],
    RETURN_DOM_FRAGMENT: true,
  })
  if (isTooLarge(typeset)) return
  if (tex.length > LONG) formula.classList.add('math-long')
  formula.replaceChildren(typeset)
}

/** Whether it would take the page long to lay it out, or leave its message. */
function isTooLarge(typeset: DocumentFragment): boolean {
  return [...typeset.querySelectorAll('*')].some(
    (element) =>
      depthOf(element) > BOUNDS.formulaDepth ||
      [...element.attributes].some(({ value }) => Math.abs(lengthIn(value)) > BOUNDS.formulaLength),
  )
}

function depthOf(element: Element): number {
  let depth = 0
  for (let parent = element.parentElement; parent !== null; parent = parent.parentElement) depth++
  return depth
}

/** A length of MathML in em; 0 for what is none. */
function lengthIn(value: string): number {
  const [, number, unit = ''] = /^([+-]?[\d.]+)([a-z]+)$/.exec(value) ?? []
  return number === undefined ? 0 : Number(number) * (EM_PER_UNIT[unit] ?? 0)
}
