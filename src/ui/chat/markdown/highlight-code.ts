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
import { blocksOfCode } from './code-lines.ts'
import { keepSelection } from './keep-selection.ts'

const LANGUAGES = { bash, c, cpp, css, go, java, javascript, json, python, rust, sql, typescript, xml }
for (const [name, language] of Object.entries(LANGUAGES)) highlighter.registerLanguage(name, language)

/** Code in which no string or comment ends for so long stays plain from there on, UTF-16 code units. */
const LONGEST = 16_000

/** Colours a block of code whose class names a language that we know; others stay as they are. Long code takes several tasks. */
export async function highlightCode(code: HTMLElement): Promise<void> {
  const language = /\blanguage-([\w+#-]+)/.exec(code.className)?.[1] ?? ''
  if (highlighter.getLanguage(language) === undefined) return
  const blocks = blocksOfCode(code)
  for (let at = 0; at < blocks.length;) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, 0))
    const run = runAt(blocks, at, language)
    if (run === undefined) return
    colour(code, run.blocks, run.markup)
    at += run.blocks.length
  }
}

/** Blocks at whose end no string or comment is open, so that the next ones can be read by themselves. */
function runAt(
  blocks: readonly HTMLElement[],
  at: number,
  language: string,
): { blocks: HTMLElement[]; markup: string } | undefined {
  for (let count = 1; ; count *= 2) {
    const run = blocks.slice(at, at + count)
    const text = run.map(({ textContent }) => textContent ?? '').join('')
    if (text.length > LONGEST) return undefined
    const { value, _top } = highlighter.highlight(text, { language, ignoreIllegals: true })
    const isLast = at + run.length === blocks.length
    if (isLast || _top === highlighter.getLanguage(language)) return { blocks: run, markup: value }
  }
}

/** Puts coloured text in the place of plain text. */
function colour(code: HTMLElement, [first, ...others]: readonly HTMLElement[], markup: string): void {
  const coloured = createPurifier.sanitize(markup, {
    ALLOWED_TAGS: ['span'],
    ALLOWED_ATTR: ['class'],
    RETURN_DOM_FRAGMENT: true,
  })
  keepSelection(code, () => {
    first?.replaceChildren(coloured)
    for (const other of others) other.remove()
  })
}
