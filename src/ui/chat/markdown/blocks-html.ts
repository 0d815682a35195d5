import type { Token } from 'markdown-it'
import { BOUNDS } from './bounds.ts'
import { isCode, isList, type AnyBlock } from './read-blocks.ts'
import { leadsToTheWeb } from './web-address.ts'

/** Elements that the reader calls otherwise; headings of an answer stand below the page's own. */
const NAMES: Readonly<Record<string, string>> = { s: 'del', h1: 'h3', h2: 'h4', h3: 'h5', h4: 'h6', h5: 'h6' }

const TASK = /^\[([ xX])\]\s/

/** Blocks as HTML, not yet sanitized. What looks like HTML in them is something that the model wrote, and is shown as that. */
export function blocksHtml(blocks: readonly AnyBlock[]): string {
  return blocks.map(blockHtml).join('')
}

function blockHtml(block: AnyBlock): string {
  if (isCode(block)) return codeHtml(block.text, block.language)
  if (!isList(block)) return tokensHtml(block.tokens)
  const [open, close] = block.tokens
  return tokensHtml(
    [open, ...block.items.flatMap(({ tokens }) => tokens), close].filter((token) => token !== undefined),
  )
}

function tokensHtml(tokens: readonly Token[]): string {
  return tokens.map((token, index) => tokenHtml(token, tokens[index - 2]?.type === 'list_item_open')).join('')
}

function tokenHtml(token: Token, beginsItem: boolean): string {
  switch (token.type) {
    case 'inline':
      return inlineHtml(token.children ?? [], beginsItem)
    case 'fence':
    case 'code_block':
      if (token.content.trim() === '') return '' // in a list or a quotation that was cut off there, or goes on
      return codeHtml(token.content.replace(/\n$/, ''), /^\S+/.exec(token.info)?.[0] ?? '')
    case 'html_block': // what looks like HTML is something that the model wrote
    case 'source':
      return `<p class="source">${escapeText(token.content.trimEnd())}</p>\n`
    case 'math_block':
      return `<p><span class="math math-display">${escapeText(token.content)}</span></p>\n`
    case 'list_item_open':
      return `<li${attributeHtml('class', digitsOf(token.info))}>`
    case 'table_open':
      return '<div class="table" tabindex="0"><table>'
    case 'table_close':
      return '</table></div>\n'
    default:
      return elementHtml(token)
  }
}

/** Of the number of an item, which takes more room than a list has as a rule; it has nine at most. */
function digitsOf({ length }: string): string {
  if (length < 3) return ''
  return length < 5 ? `digits-${length}` : 'digits-9'
}

function elementHtml({ tag, nesting, hidden, attrs }: Token): string {
  if (hidden) return nesting < 0 ? '\n' : ''
  const name = NAMES[tag] ?? tag
  if (nesting < 0) return `</${name}>\n`
  const start = attrs?.find(([attribute]) => attribute === 'start')?.[1]
  const align = /^text-align:(\w+)$/.exec(String(attrs?.find(([attribute]) => attribute === 'style')?.[1]))?.[1]
  return `<${name}${attributeHtml('start', start)}${attributeHtml('align', align)}>`
}

function codeHtml(text: string, language: string): string {
  const name = language === '' ? '' : ` class="language-${escapeText(language)}"`
  return `<pre tabindex="0"><code${name}>${escapeText(text)}</code></pre>\n` // may scroll, so keys must reach it
}

function inlineHtml(tokens: readonly Token[], beginsItem: boolean): string {
  const ends: string[] = [] // of the elements that are open; empty for one that is not to be
  let isInLink = false
  let html = ''
  for (const [index, token] of tokens.entries()) {
    if (token.nesting < 0) {
      html += ends.pop() ?? ''
      if (token.type === 'link_close') isInLink = false
    } else if (token.nesting === 0) {
      html += index === 0 && beginsItem ? taskHtml(token) : leafHtml(token, isInLink)
    } else if (ends.length >= BOUNDS.depth) {
      ends.push('')
    } else if (token.type === 'link_open') {
      const begin = linkHtml(token)
      html += begin
      ends.push(begin === '' ? '' : '</a>')
      isInLink = begin !== ''
    } else {
      const name = NAMES[token.tag] ?? token.tag
      html += `<${name}>`
      ends.push(`</${name}>`)
    }
  }
  return html + ends.toReversed().join('')
}

/** The first words of an item, which may say that it is something to do. */
function taskHtml(token: Token): string {
  const mark = TASK.exec(token.content)
  if (token.type !== 'text' || mark === null) return leafHtml(token, false)
  return `${mark[1] === ' ' ? '☐' : '☑'} ${escapeText(token.content.slice(mark[0].length))}`
}

function leafHtml(token: Token, isInLink: boolean): string {
  switch (token.type) {
    case 'softbreak':
      return '\n'
    case 'hardbreak':
      return '<br>\n'
    case 'code_inline':
      return `<code>${escapeText(token.content)}</code>`
    case 'math_inline':
      return `<span class="math">${escapeText(token.content)}</span>`
    case 'image':
      return imageHtml(token, isInLink)
    default:
      return escapeText(token.content)
  }
}

function linkHtml(token: Token, kind?: 'image'): string {
  const href = String(token.attrGet(kind === undefined ? 'href' : 'src') ?? '')
  if (!leadsToTheWeb(href)) return ''
  const title = attributeHtml('title', token.attrGet('title'))
  return `<a href="${escapeText(href)}"${attributeHtml('class', kind)}${title} target="_blank" rel="noopener noreferrer nofollow">`
}

/** Shown as a link: nothing is fetched from elsewhere unless the reader asks for it. */
function imageHtml(token: Token, isInLink: boolean): string {
  const name = escapeText(wordsOf(token.children ?? []))
  const begin = isInLink ? '' : linkHtml(token, 'image')
  return begin === '' ? name : `${begin}${name}</a>`
}

function wordsOf(tokens: readonly Token[]): string {
  return tokens
    .map(({ type, content, children }) =>
      type === 'softbreak' ? ' ' : type === 'image' ? wordsOf(children ?? []) : content,
    )
    .join('')
}

function attributeHtml(name: string, value: string | number | null | undefined): string {
  return value == null || value === '' ? '' : ` ${name}="${escapeText(String(value))}"`
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
