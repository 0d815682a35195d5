import type { MarkedExtension, Tokens } from 'marked'

/** A formula between delimiters that leave no doubt: `$5 and $6` is none. Patterns are tried at the place itself. */
const INLINE = [
  /^\\\(((?:[^\\]|\\[^)])+?)\\\)/, // \( … \)
  /^\$\$([^$\n]+)\$\$/, // $$ … $$ within a line
  /^\$(?![\s\d$]*\s)((?:[^$\\\n]|\\.)*?[^\s\\$])\$(?![\d$])/, // $…$, no space inside the dollars, no digit after
]
const BLOCK = [/^\\\[([^]+?)\\\][^\S\n]*(?:\n+|$)/, /^\$\$([^$]+?)\$\$[^\S\n]*(?:\n+|$)/]

/** Makes formulae `<span class="math">` with their TeX as text, to be typeset later if at all. */
export function mathExtension(escape: (text: string) => string): MarkedExtension {
  const renderer = ({ text, type }: Tokens.Generic) => {
    const span = `<span class="math${type === 'mathBlock' ? ' math-display' : ''}">${escape(String(text))}</span>`
    return type === 'mathBlock' ? `<p>${span}</p>` : span
  }
  const tokenizer = (type: string, patterns: readonly RegExp[]) => (source: string) => {
    for (const pattern of patterns) {
      const match = pattern.exec(source)
      if (match?.[1] !== undefined) return { type, raw: match[0], text: match[1].trim() }
    }
    return undefined
  }
  const startOf = (source: string) => {
    const at = source.search(/\$|\\[([]/)
    return at < 0 ? undefined : at
  }
  return {
    extensions: [
      { name: 'mathInline', level: 'inline', start: startOf, tokenizer: tokenizer('mathInline', INLINE), renderer },
      {
        name: 'mathBlock',
        level: 'block',
        start: (source) => {
          const at = source.search(/(?:^|\n)(?:\$\$|\\\[)/)
          return at < 0 ? undefined : at
        },
        tokenizer: tokenizer('mathBlock', BLOCK),
        renderer,
      },
    ],
  }
}
