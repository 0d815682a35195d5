import createPurifier from 'dompurify'
import highlighter from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import css from 'highlight.js/lib/languages/css'
import go from 'highlight.js/lib/languages/go'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import { keepSelection } from './keep-selection.ts'

const LANGUAGES = { bash, c, cpp, css, go, java, javascript, json, python, rust, sql, typescript, xml }
for (const [name, language] of Object.entries(LANGUAGES)) highlighter.registerLanguage(name, language)

/** About how much is coloured in one task, UTF-16 code units: few milliseconds on a slow machine. */
const SLICE = 2000

/** A slice that ends inside a string or a comment grows up to this; where even that does not end it, the rest stays plain. */
const LONGEST_SLICE = 16_000

/** Colours a block of code whose class names a language that we know; others stay as they are. Long code takes several tasks. */
export async function highlightCode(code: HTMLElement): Promise<void> {
  const language = /\blanguage-([\w+#-]+)/.exec(code.className)?.[1] ?? ''
  if (highlighter.getLanguage(language) === undefined) return
  const text = code.textContent ?? ''
  for (let start = 0; start < text.length;) {
    if (start > 0) await new Promise((resolve) => setTimeout(resolve, 0))
    const slice = sliceAt(text, start, language)
    if (slice === undefined) return
    colour(code, slice.length, slice.markup)
    start += slice.length
  }
}

/** Whole lines at whose end no string or comment is open, so that the next ones can be read by themselves. */
function sliceAt(text: string, start: number, language: string): { length: number; markup: string } | undefined {
  for (let least = SLICE; least <= LONGEST_SLICE; least *= 2) {
    const lineEnd = text.indexOf('\n', start + least) + 1
    const end = lineEnd === 0 ? text.length : lineEnd
    if (end - start > LONGEST_SLICE) return undefined
    const { value, _top } = highlighter.highlight(text.slice(start, end), { language, ignoreIllegals: true })
    if (end === text.length || _top === highlighter.getLanguage(language)) return { length: end - start, markup: value }
  }
  return undefined
}

/** Puts coloured text in the place of plain text: of the first `length` units of the last text node. */
function colour(code: HTMLElement, length: number, markup: string): void {
  const plain = code.lastChild
  if (!(plain instanceof Text)) return
  const coloured = createPurifier.sanitize(markup, {
    ALLOWED_TAGS: ['span'],
    ALLOWED_ATTR: ['class'],
    RETURN_DOM_FRAGMENT: true,
  })
  keepSelection(code, () => {
    plain.before(coloured)
    if (length < plain.length) plain.deleteData(0, length)
    else plain.remove()
  })
}
