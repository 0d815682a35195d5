import MarkdownIt, { type Env, type StateBlock, type Token } from 'markdown-it'
import { BOUNDS, BoundReached } from './bounds.ts'
import { addGrowingRules } from './growing-rules.ts'
import { addMathRules } from './math-rules.ts'

/** A block of Markdown, or an item of a list, with the text that it was read from and what there is to render of it. */
export interface Block {
  /** `space` renders nothing: empty lines, or definitions of links. `open-formula` is one that stands alone and whose end has not come. */
  readonly type: 'space' | 'definition' | 'code' | 'table' | 'list' | 'item' | 'open-formula' | 'other'
  readonly raw: string
  readonly tokens: readonly Token[]
}

export interface CodeBlock extends Block {
  readonly type: 'code'
  readonly text: string
  readonly language: string
}

export interface TableBlock extends Block {
  readonly type: 'table'
  readonly rowCount: number
}

/** The tokens of a list are its own; those of its items stand between the first one and the last. */
export interface ListBlock extends Block {
  readonly type: 'list'
  readonly items: readonly Block[]
  /** Whether its items stand apart from each other, as paragraphs. */
  readonly isLoose: boolean
}

export type AnyBlock = Block | CodeBlock | TableBlock | ListBlock

export function isCode(block: AnyBlock): block is CodeBlock {
  return block.type === 'code'
}

export function isTable(block: AnyBlock): block is TableBlock {
  return block.type === 'table'
}

export function isList(block: AnyBlock): block is ListBlock {
  return block.type === 'list'
}

/** Addresses that were defined by name. */
export type Links = NonNullable<Env['references']>

/** Reads Markdown as GitHub does, and formulae. */
const reader = new MarkdownIt({ html: true, linkify: true, maxNesting: BOUNDS.depth * 4 })
reader.validateLink = () => true // which ones become links is decided where they are rendered
reader.normalizeLinkText = (address) => address // says what the address says
reader.linkify.set({ fuzzyLink: false, fuzzyIP: false })
reader.linkify.add('www.', {
  validate: (text, at) => /[^\s<>()"]*[^\s<>()"?!.,:;*_'~]/y.exec(text.slice(at, at + 2000))?.[0].length ?? 0,
  normalize: (match) => void (match.url = `http://${match.url}`),
})
addMathRules(reader)
addGrowingRules(reader)
reader.block.ruler.before('table', 'bounds', keepBounds)
const readInline = reader.inline.parse.bind(reader.inline)
reader.inline.parse = (text, markdown, env, tokens) => {
  if (text.length > BOUNDS.paragraph) throw new BoundReached('paragraph')
  readInline(text, markdown, env, tokens)
  const formulae = tokens.reduce((count, { type }) => count + Number(type === 'math_inline'), 0)
  if (formulae > BOUNDS.paragraphFormulae) throw new BoundReached('paragraphFormulae') // before any of them is rendered
}

/** Nothing is nested without end, and no more of a table is read at once than one task is good for. */
function keepBounds(state: StateBlock, startLine: number, endLine: number): boolean {
  const columns = columnsAt(state, startLine + 1, endLine)
  if (columns > 0) {
    let cells = columns // of the head, or of the one row that is read anew below it
    for (let line = startLine + 3; line < endLine && !state.isEmpty(line); line++) {
      if (cells > BOUNDS.cells) break
      cells += columns
    }
    if (cells > BOUNDS.cells) throw new BoundReached('cells')
  }
  if (state.level < BOUNDS.depth * 2) return false // a list has two levels: its own, and that of its items
  const token = state.push('source', '', 0)
  token.content = state.getLines(startLine, endLine, state.blkIndent, false).trim()
  token.map = [startLine, endLine]
  state.line = endLine
  return true
}

/** How many columns a line says that a table has; 0 if it does not. */
function columnsAt(state: StateBlock, line: number, endLine: number): number {
  if (line >= endLine) return 0
  const text = state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line])
  return text.includes('|') && /^[-:|\s]+$/.test(text) ? text.split('|').length : 0
}

/**
 * Reads Markdown into its blocks; their `raw` joins to the source.
 * @param links - Those that were defined before; those defined here are added.
 * @param mayGoOn - Whether more may come after it.
 * @param isGrowing - Whether its last words may change with that; what is read is only for the moment then.
 */
export function readBlocks(source: string, links: Links, mayGoOn: boolean, isGrowing = false): AnyBlock[] {
  const tokens = reader.parse(source, { references: links, mayGoOn, isGrowing })
  const lines = lineStarts(source)
  const rawOf = (from: number, to: number) => source.slice(lines[from], lines[to])
  const isEmpty = (line: number) => rawOf(line, line + 1).trim() === ''
  const blocks: AnyBlock[] = []
  let line = 0 // where the next block begins

  function gap(to: number): void {
    let from = line
    while (from < to && isEmpty(from)) from++
    if (from > line) blocks.push({ type: 'space', raw: rawOf(line, from), tokens: [] })
    if (from < to) blocks.push({ type: 'definition', raw: rawOf(from, to), tokens: [] })
    line = to
  }

  for (let at = 0; at < tokens.length;) {
    const own = tokens.slice(at, endOf(tokens, at))
    at += own.length
    const [start = line, mapEnd = line] = own[0]?.map ?? []
    let end = mapEnd
    while (end > start + 1 && isEmpty(end - 1)) end--
    gap(start)
    blocks.push(blockOf(own, rawOf, start, end))
    line = end
  }
  gap(lines.length - 1)
  return blocks
}

function blockOf(
  tokens: readonly Token[],
  rawOf: (from: number, to: number) => string,
  start: number,
  end: number,
): AnyBlock {
  const raw = rawOf(start, end)
  const [first] = tokens
  switch (first?.type) {
    case 'fence':
    case 'code_block': {
      const language = /^\S+/.exec(first.info)?.[0] ?? ''
      return { type: 'code', raw, tokens, text: first.content.replace(/\n$/, ''), language }
    }
    case 'table_open': {
      const rows = tokens.filter(({ type }) => type === 'tr_open').length
      return { type: 'table', raw, tokens, rowCount: rows - 1 }
    }
    case 'bullet_list_open':
    case 'ordered_list_open': {
      const items: Block[] = []
      for (let at = 1; at < tokens.length - 1;) {
        const own = tokens.slice(at, endOf(tokens, at))
        at += own.length
        const from = own[0]?.map?.[0] ?? start
        const to = tokens[at]?.map?.[0] ?? end
        items.push({ type: 'item', raw: rawOf(from, to), tokens: own })
      }
      const isLoose = tokens.some(
        ({ type, level, hidden }) => type === 'paragraph_open' && level === first.level + 2 && !hidden,
      )
      const last = tokens.at(-1)
      return { type: 'list', raw, tokens: last === undefined ? [first] : [first, last], items, isLoose }
    }
    case 'source': // at this level there is no other one
      return { type: 'open-formula', raw, tokens }
    default:
      return { type: 'other', raw, tokens }
  }
}

/** Where the tokens of the block end that begins at a place. */
function endOf(tokens: readonly Token[], at: number): number {
  let depth = 0
  for (let end = at; end < tokens.length; end++) {
    depth += tokens[end]?.nesting ?? 0
    if (depth === 0) return end + 1
  }
  return tokens.length
}

/** Where each line begins, and after the last one where the text ends. */
function lineStarts(source: string): number[] {
  const starts = [0]
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  if (starts.at(-1) !== source.length) starts.push(source.length)
  return starts
}
