import type { MarkdownIt, StateCore, StateInline, Token } from 'markdown-it'

/** What may yet become the title of a link, behind its address. */
const OPEN_TITLE = /^\s+(?:"[^"]*"?|'[^']*'?|\([^()]*\)?)?$/

/** More beginnings of emphasis than this that have no end are hardly meant as such. */
const MOST_OPEN = 4

/** The text at whose end more may come. */
interface Growing {
  readonly token: Token
  /** Where the text of a link ends in it whose address is not all there. */
  readonly openLink: number | undefined
}

/**
 * Teaches the reader what a text may become whose end has not come, where `isGrowing` is set in its environment: code and emphasis end
 * with what is there, and of a link there is the text but no address, as half of one leads elsewhere. A text that has ended is read as ever.
 */
export function addGrowingRules(reader: MarkdownIt): void {
  reader.core.ruler.before('inline', 'growing', findGrowing)
  reader.core.ruler.after('linkify', 'open_address', holdAddress)
  reader.inline.ruler.before('backticks', 'open_code', readOpenCode)
  reader.inline.ruler.after('image', 'open_link', readOpenLink)
  reader.inline.ruler2.after('balance_pairs', 'open_emphasis', closeEmphasis)
}

function growingOf({ env }: StateCore | StateInline): Growing | undefined {
  return env['growing'] as Growing | undefined
}

/** Of what stands at the end of the text that more may come to; not of a part of it, such as the text of a link. */
function growingAtEnd(state: StateInline): Growing | undefined {
  const growing = growingOf(state)
  return growing?.token.children === state.tokens && state.posMax === state.src.length ? growing : undefined
}

function findGrowing(state: StateCore): void {
  if (state.env['isGrowing'] !== true) return
  const token = state.tokens.findLast(({ type, content }) => type === 'inline' && content !== '')
  if (token === undefined) return
  const end = state.src.replace(/(?<![ \t|])[ \t|]*\n?$/, '') // without what ends a cell or a line
  if (!end.endsWith(token.content.slice(token.content.lastIndexOf('\n') + 1))) return // something else follows, or an empty line
  token.content = token.content.replace(/(?<![\\*_])[*_]+$/, '') // it may be half of a sign
  const linkEnd = token.content.lastIndexOf('](')
  const isOpen = linkEnd >= 0 && isOpenAddress(state.md, token.content.slice(linkEnd + 2).trimStart())
  state.env['growing'] = { token, openLink: isOpen ? linkEnd : undefined } satisfies Growing
}

/** Whether what follows `](` may yet become the address and the title of a link. */
function isOpenAddress({ helpers }: MarkdownIt, text: string): boolean {
  if (text === '') return true
  const { ok, pos } = helpers.parseLinkDestination(text, 0, text.length)
  if (!ok) return text.startsWith('<') ? !/[>\n]/.test(text) : /^[^\s)]\S*$/.test(text) // cut off in its brackets
  const rest = text.slice(pos)
  return rest === '' || OPEN_TITLE.test(rest)
}

function readOpenLink(state: StateInline, isSilent: boolean): boolean {
  const linkEnd = growingAtEnd(state)?.openLink
  if (linkEnd === undefined) return false
  const { src, pos, posMax } = state
  const start = src.startsWith('![', pos) ? pos + 1 : pos
  if (src[start] !== '[' || state.md.helpers.parseLinkLabel(state, start, start === pos) !== linkEnd) return false
  if (!isSilent) {
    state.push('link_open', 'a', 1).attrSet('href', '') // which is shown as no link, and nothing in it becomes one
    state.pos = start + 1
    state.posMax = linkEnd
    state.linkLevel++
    state.md.inline.tokenize(state)
    state.linkLevel--
    state.posMax = posMax
    state.push('link_close', 'a', -1)
  }
  state.pos = posMax
  return true
}

function readOpenCode(state: StateInline, isSilent: boolean): boolean {
  const { src, pos, posMax } = state
  if (src[pos] !== '`' || growingAtEnd(state) === undefined) return false
  const [ticks = ''] = /`+/.exec(src.slice(pos)) ?? []
  const from = pos + ticks.length
  const ends = new RegExp(`(?<!\`)${ticks}(?!\`)`, 'g')
  ends.lastIndex = from
  if (ends.test(src)) return false
  const content = src.slice(from).replace(/(?<!`)`+$/, '') // they may be the beginning of its end
  if (!isSilent && content !== '') state.push('code_inline', 'code', 0).content = content.trimStart()
  state.pos = posMax
  return true
}

function closeEmphasis(state: StateInline): boolean {
  if (growingAtEnd(state) === undefined) return false
  const { delimiters } = state
  // Between letters or digits, as in 2*3, it is a sign of its own.
  const beginnings = delimiters.filter(({ marker, open, close, end }) => marker !== 0x7e && open && !close && end < 0)
  if (beginnings.length > MOST_OPEN) return false
  for (const beginning of beginnings.toReversed()) {
    state.push('text', '', 0)
    beginning.end = delimiters.length
    delimiters.push({ ...beginning, token: state.tokens.length - 1, end: -1, open: false, close: true })
  }
  return false
}

/** An address in the text that still grows is none yet. */
function holdAddress(state: StateCore): void {
  const children = growingOf(state)?.token.children
  if (children == null || /\s$/.test(state.src)) return
  const end = children.findLastIndex(({ type, markup }) => type === 'link_close' && markup === 'linkify')
  const goesOn = children.slice(end + 1).every(({ type, content }) => type !== 'softbreak' && !/\s/.test(content))
  if (goesOn) children[end - 2]?.attrSet('href', '')
}
