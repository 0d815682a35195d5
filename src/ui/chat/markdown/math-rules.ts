import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it'
import { BOUNDS } from './bounds.ts'

const DOLLAR = 0x24
const BACKSLASH = 0x5c

/** Within dollars: no space inside of them, no digit after them, so that `$5 and $6` is no formula. Stops at the next dollar. */
const BETWEEN_DOLLARS = /\$(?=[^\s$])((?:[^$\\\n]|\\.)*(?:[^\s\\$]|\\\S))\$(?![\d$])/y
/** `$5 more` begins no formula, but `$5 + 6$` does. */
const AMOUNT = /\$\d+\s+(?![-\\+*/=<>^≤≥≈×·])/y
const BETWEEN_DOUBLE_DOLLARS = /\$\$([^$\n]+)\$\$/y
const DOLLARS = /\$+/y

/** Teaches the reader formulae between `$ … $`, `$$ … $$`, `\( … \)` and `\[ … \]`: tokens whose content is TeX. */
export function addMathRules(reader: MarkdownIt): void {
  reader.inline.ruler.before('escape', 'math_inline', readInline)
  reader.block.ruler.before('fence', 'math_block', readBlock, { alt: ['paragraph', 'reference', 'blockquote', 'list'] })
}

function readInline(state: StateInline, isSilent: boolean): boolean {
  const found = formulaAt(state)
  if (found === undefined) return false
  if (!isSilent) {
    const token = state.push(found.isFormula ? 'math_inline' : 'text', '', 0)
    token.content = found.text
  }
  state.pos += found.length
  return true
}

function formulaAt(state: StateInline): { text: string; length: number; isFormula: boolean } | undefined {
  const { src, pos, posMax } = state
  const first = src.charCodeAt(pos)
  if (first === BACKSLASH && src[pos + 1] === '(') {
    const end = firstEnd(state, '\\)', pos + 2)
    const text = end < 0 || end + 2 > posMax ? '' : src.slice(pos + 2, end)
    return text.trim() === '' ? undefined : { text: text.trim(), length: text.length + 4, isFormula: true }
  }
  if (first !== DOLLAR) return undefined
  const dollars = matchAt(DOLLARS, src, pos)?.[0].length ?? 1
  const match =
    dollars === 2
      ? matchAt(BETWEEN_DOUBLE_DOLLARS, src, pos)
      : dollars === 1 && matchAt(AMOUNT, src, pos) === undefined
        ? matchAt(BETWEEN_DOLLARS, src, pos)
        : undefined
  if (match?.[1] === undefined || pos + match[0].length > posMax)
    return {
      text: src.slice(pos, Math.min(posMax, pos + dollars)),
      length: Math.min(posMax - pos, dollars),
      isFormula: false,
    }
  return { text: match[1].trim(), length: match[0].length, isFormula: true }
}

/** Where an end first stands at or after a place. One that is not there is searched for once, so that many beginnings cost no more. */
function firstEnd({ src, env }: StateInline, end: string, from: number): number {
  const known = env['noEndAfter'] as { of: string; from: number } | undefined
  if (known?.of === src && from >= known.from) return -1
  const at = src.indexOf(end, from)
  if (at < 0) env['noEndAfter'] = { of: src, from }
  return at
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at
  return expression.exec(text) ?? undefined
}

/**
 * A formula that begins a line and ends another, or the same; no line between them is empty or begins one as well. Where the text may go on,
 * one whose end has not come is shown as it is written: what its lines look like by themselves, they are not.
 */
function readBlock(state: StateBlock, startLine: number, endLine: number, isSilent: boolean): boolean {
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false
  const begin = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0)
  const opening = state.src.slice(begin, begin + 2)
  if (opening !== '$$' && opening !== '\\[') return false
  const closing = opening === '$$' ? '$$' : '\\]'
  const first = state.src.slice(begin + 2, state.eMarks[startLine])
  const lines: string[] = []
  for (let line = startLine; line < endLine; line++) {
    if (line > startLine && ((state.sCount[line] ?? 0) < state.blkIndent || state.isEmpty(line))) return false
    const text = line === startLine ? first : state.getLines(line, line + 1, state.blkIndent, false)
    const end = text.indexOf(closing)
    if (end < 0) {
      if (text.includes('$$') || (line > startLine && text.startsWith(opening))) return false
      lines.push(text)
      continue
    }
    lines.push(text.slice(0, end))
    const content = lines.join('\n').trim()
    if (text.slice(end + 2).trim() !== '' || content === '') return false
    if (isSilent) return true
    const token = state.push('math_block', '', 0)
    token.content = content
    token.map = [startLine, line + 1]
    state.line = line + 1
    return true
  }
  if (!mayGoOn(state, begin, endLine)) return false
  if (isSilent) return true
  const token = state.push('source', '', 0)
  token.content = state.getLines(startLine, endLine, state.blkIndent, false)
  token.map = [startLine, endLine]
  state.line = endLine
  return true
}

/** Whether a formula may yet end: no line follows, and it is none that would be too long. */
function mayGoOn({ src, env, bMarks }: StateBlock, begin: number, endLine: number): boolean {
  const lineCount = bMarks.length - 1 // one stands for the end of the text
  return env['mayGoOn'] === true && endLine === lineCount && src.length - begin <= BOUNDS.formula
}
