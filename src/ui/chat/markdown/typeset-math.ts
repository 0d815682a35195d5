import createPurifier from 'dompurify'
import temml from 'temml'

/** Replaces the TeX of a formula by MathML; a formula that cannot be read stays as it was written. */
export function typesetMath(formula: HTMLElement): void {
  const displayMode = formula.classList.contains('math-display')
  let markup: string
  try {
    markup = temml.renderToString(formula.textContent ?? '', { displayMode, throwOnError: true, trust: false })
  } catch {
    return
  }
  // The page's policy forbids inline styles, and would report each one.
  const plain = markup.replace(/ style="[^"]*"/g, '')
  formula.replaceChildren(
    createPurifier.sanitize(plain, {
      USE_PROFILES: { mathMl: true },
      FORBID_ATTR: ['href', 'id', 'name', 'style'],
      RETURN_DOM_FRAGMENT: true,
    }),
  )
}
