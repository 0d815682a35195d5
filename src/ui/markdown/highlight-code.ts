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

const LANGUAGES = { bash, c, cpp, css, go, java, javascript, json, python, rust, sql, typescript, xml }
for (const [name, language] of Object.entries(LANGUAGES)) highlighter.registerLanguage(name, language)

/** Longer code stays plain: colouring it would hold up the page. UTF-16 code units. */
const LONGEST = 20_000

/** Colours a block of code whose class names a language that we know; others stay as they are. */
export function highlightCode(code: HTMLElement): void {
  const language = /\blanguage-([\w+#-]+)/.exec(code.className)?.[1] ?? ''
  const text = code.textContent ?? ''
  if (highlighter.getLanguage(language) === undefined || text.length > LONGEST) return
  const { value } = highlighter.highlight(text, { language, ignoreIllegals: true })
  const options = { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'], RETURN_DOM_FRAGMENT: true } as const
  code.replaceChildren(createPurifier.sanitize(value, { ...options, ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] }))
}
