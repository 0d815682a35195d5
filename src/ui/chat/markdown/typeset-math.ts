import createPurifier from 'dompurify'
import { BOUNDS } from './bounds.ts'
import type { Formula, MathAnswer } from './math-worker.ts'
import { startMathWorker } from './own-workers.ts'
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

const askWorker = createTimedWorker<readonly Formula[], MathAnswer>(startMathWorker)

/** Replaces the TeX of formulae by MathML; those that cannot be read, or are too large, stay as they were written. */
export async function typesetMath(formulae: readonly HTMLElement[]): Promise<void> {
  const short = formulae.filter(({ textContent }) => (textContent?.length ?? 0) <= BOUNDS.formula)
  for (let at = 0; at < short.length;) {
    const next = short.slice(at, batchEnd(short, at))
    at += next.length
    const answer = await askWorker(next.map(formulaOf))
    for (const [index, formula] of next.entries()) replaceTex(formula, answer?.[index])
  }
}

/** Formulae that are typeset at once, so that the page is laid out once for all of them. */
function batchEnd(formulae: readonly HTMLElement[], from: number): number {
  let length = 0
  let end = from
  while (end < formulae.length) {
    length += formulae[end]?.textContent?.length ?? 0
    if (end > from && length > BOUNDS.formulaeAtOnce) break
    end++
  }
  return end
}

function formulaOf(formula: HTMLElement): Formula {
  return { tex: formula.textContent ?? '', displayMode: formula.classList.contains('math-display') }
}

function replaceTex(formula: HTMLElement, markup = ''): void {
  if (markup === '' || markup.length > BOUNDS.formulaMarkup) return
  // The page's policy forbids inline styles, and would report each one.
  const plain = markup.replace(/ style="[^"]*"/g, '')
  const typeset = createPurifier.sanitize(plain, {
    USE_PROFILES: { mathMl: true },
    FORBID_ATTR: ['href', 'id', 'name', 'style'],
    RETURN_DOM_FRAGMENT: true,
  })
  if (isTooLarge(typeset)) return
  if ((formula.textContent?.length ?? 0) > LONG) formula.classList.add('math-long')
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
