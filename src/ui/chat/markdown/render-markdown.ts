import createPurifier from 'dompurify'
import { Marked, type Token, type TokensList } from 'marked'
import { mathExtension } from './math-extension.ts'

/** Headings of an answer stand below the page's own. */
const HEADING_SHIFT = 2

const TAGS =
  'p br hr h3 h4 h5 h6 blockquote ul ol li pre code em strong del a table thead tbody tr th td div span'.split(' ')
const ATTRIBUTES = ['href', 'title', 'rel', 'target', 'class', 'start', 'align', 'tabindex']
const ADDRESSES = /^(?:https?|mailto):/i

const marked = new Marked({ gfm: true, breaks: false })
marked.use({
  renderer: {
    // What looks like HTML is something that the model wrote.
    html: ({ text, block }) => (block === true ? `<p class="source">${escapeText(text)}</p>\n` : escapeText(text)),
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + HEADING_SHIFT)
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`
    },
    link({ href, title, tokens }) {
      return anchor(href, this.parser.parseInline(tokens), title)
    },
    // Shown as a link: nothing is fetched from elsewhere unless the reader asks for it.
    image({ href, text, title, tokens }) {
      const name = tokens === undefined ? text : this.parser.parseInline(tokens, this.parser.textRenderer)
      return anchor(href, escapeText(name), title, 'image')
    },
    code({ text, lang = '' }) {
      const language = /^\S+/.exec(lang)?.[0]
      const name = language === undefined ? '' : ` class="language-${escapeText(language)}"`
      const lines = escapeText(text.replace(/\n$/, ''))
      return `<pre tabindex="0"><code${name}>${lines}</code></pre>\n` // may scroll, so keys must reach it
    },
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    table(token) {
      const row = (cells: typeof token.header) =>
        this.tablerow({ text: cells.map((cell) => this.tablecell(cell)).join('') })
      const body = token.rows.map(row).join('')
      return `<div class="table" tabindex="0"><table><thead>${row(token.header)}</thead><tbody>${body}</tbody></table></div>\n`
    },
  },
})
marked.use(mathExtension(escapeText))

/** Reads Markdown into its blocks. @param links - Addresses that are defined by name; those defined here are added. */
export function readBlocks(source: string, links: TokensList['links']): Token[] {
  const lexer = new marked.Lexer(marked.defaults)
  lexer.tokens.links = links
  return lexer.lex(source)
}

/** Blocks as safe nodes: no script, no style, no address but of the web and of mail, nothing that loads by itself. */
export function renderBlocks(blocks: readonly Token[]): DocumentFragment {
  return createPurifier.sanitize(marked.parser([...blocks]), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ADD_URI_SAFE_ATTR: ATTRIBUTES.filter((name) => name !== 'href'), // the others hold no addresses
    ALLOWED_URI_REGEXP: ADDRESSES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  })
}

function anchor(href: string, content: string, title?: string | null, kind?: 'image'): string {
  if (!ADDRESSES.test(href)) return content
  const name = kind === undefined ? '' : ` class="${kind}"`
  const hint = title == null || title === '' ? '' : ` title="${escapeText(title)}"`
  return `<a href="${escapeText(href)}"${name}${hint} target="_blank" rel="noopener noreferrer nofollow">${content}</a>`
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
