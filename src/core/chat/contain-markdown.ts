/**
 * Makes Markdown that can stand in a section of a larger document without reaching out of it: headings become deeper ones, a fence
 * that stays open is closed, and HTML, which could swallow what follows, becomes text. Code in fences, in spans of one line
 * and by indentation stays as it is.
 *
 * Where programs could differ on what a line is, such as a fence that its list item ends, it is rewritten so that they cannot.
 * Linear in the text.
 * @param depth - Levels by which headings become deeper, at least 1; none goes below level 6.
 */
export function containMarkdown(text: string, depth: number): string {
  const written: string[] = []
  let fence: Fence | undefined
  let isListOpen = false // perhaps: an indented line may belong to an item
  let paragraphLines = 0 // of a paragraph that the next line may go on with
  let before: 'blank' | 'indented-code' | 'other' = 'blank'

  function read(line: string): void {
    if (fence !== undefined && readInFence(fence, line) === 'read') {
      before = 'other'
    } else if (line.trim() === '') {
      written.push('')
      paragraphLines = 0
      if (before !== 'indented-code') before = 'blank'
    } else {
      readLine(line)
    }
  }

  function readInFence(open: Fence, line: string): 'read' | 'left' {
    if ((line.trim() !== '' || open.quotes > 0) && !isInside(open, line)) {
      written.push(open.closing)
      fence = undefined
      return 'left'
    }
    if (closes(open, line)) {
      written.push(open.isTop ? line : open.closing)
      fence = undefined
    } else {
      written.push(line)
    }
    return 'read'
  }

  function readLine(line: string): void {
    const indent = indentOf(line)
    const isCode = indent >= 4 && before !== 'other' && !isListOpen
    const wasBlank = before === 'blank'
    before = isCode ? 'indented-code' : 'other'
    if (isCode) return void written.push(line)
    fence = openedFence(line, isListOpen)
    if (fence !== undefined) {
      if (fence.isTop) isListOpen = false
      else if (CONTAINER.test(line)) isListOpen = true
      // Far to the right it could be text of the paragraph.
      if (paragraphLines > 0 && fence.indent > 3) written.push('')
      paragraphLines = fence.isTop ? 0 : 2 // who sees no fence there may see a paragraph
      return void written.push(line)
    }
    const underline = /^ {0,3}(=+|-+)[ \t]*$/.exec(line)?.[1]
    if (underline !== undefined && paragraphLines > 0) return readUnderline(underline)
    if (/^ {0,3}([-*_])([ \t]*\1){2,}[ \t]*$/.test(line)) {
      paragraphLines = 0
      return void written.push(line)
    }
    if (CONTAINER.test(line)) {
      isListOpen = true
      paragraphLines = 2 // as good as: it cannot become a heading
    } else {
      if (indent === 0 && wasBlank) isListOpen = false
      paragraphLines++
    }
    const heading = /^( {0,3})(#{1,6})(?=[ \t]|$)/.exec(line)
    if (heading !== null) paragraphLines = 0
    const [mark = '', , level = ''] = heading ?? []
    written.push((heading === null ? '' : deeper(level.length)) + withoutHtml(line.slice(mark.length)))
  }

  /** A line that makes a heading of the paragraph before it. */
  function readUnderline(underline: string): void {
    if (paragraphLines === 1 && !isListOpen) {
      const title = written.pop() ?? ''
      written.push(`${deeper(underline.startsWith('=') ? 1 : 2)} ${title.trim()}`)
      paragraphLines = 0
    } else if (underline.length >= 3 && underline.startsWith('-')) {
      written.push('', underline)
      paragraphLines = 0
    } else {
      written.push(`\\${underline}`)
      paragraphLines = 2
    }
  }

  function deeper(level: number): string {
    return '#'.repeat(Math.min(6, level + depth))
  }

  for (const line of text.split(/\r\n|\r|\n/)) read(line)
  if (fence !== undefined) written.push(fence.closing)
  return written.join('\n')
}

/** One line of plain text as Markdown that shows it to the letter. */
export function escapeMarkdown(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>#|~&!$]/g, '\\$&')
}

interface Fence {
  readonly mark: string
  readonly length: number
  /** Whether it stands in no list and no quote. */
  readonly isTop: boolean
  /** Columns before it, and marks of quotes around it. */
  readonly indent: number
  readonly quotes: number
  /** A line that closes it. */
  readonly closing: string
}

/** Marks of quotes and list items at the beginning of a line. */
const CONTAINER = /^[ \t]*(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))/
const FENCE = /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*)(`{3,}(?!`)|~{3,}(?!~))(.*)$/s

function openedFence(line: string, isListOpen: boolean): Fence | undefined {
  const [, prefix = '', marks = '', info = ''] = FENCE.exec(line) ?? []
  if (marks === '' || (marks.startsWith('`') && info.includes('`'))) return undefined
  const inside = prefix.replace(/[^>\t]/g, ' ')
  const indent = indentOf(inside.replaceAll('>', ' '))
  const isContained = prefix.trim() !== '' || (isListOpen && indent > 0)
  if (!isContained && indent > 3) return undefined
  const quotes = inside.split('>').length - 1
  return { mark: marks.charAt(0), length: marks.length, isTop: !isContained, indent, quotes, closing: inside + marks }
}

/** Whether a line that is not blank is still in the list item or the quote of the fence. */
function isInside({ isTop, indent, quotes }: Fence, line: string): boolean {
  if (isTop) return true
  if (quotes === 0) return indentOf(line) >= indent
  return (/^[ \t>]*/.exec(line)?.[0] ?? '').split('>').length - 1 >= quotes
}

function closes({ mark, length, isTop, quotes }: Fence, line: string): boolean {
  if (isTop && indentOf(line) > 3) return false
  const rest = (quotes > 0 ? line.replace(/^[ \t>]*/, '') : line).trim()
  return rest.length >= length && rest === mark.repeat(rest.length)
}

/** Columns of white space at the beginning. */
function indentOf(line: string): number {
  let columns = 0
  for (const character of line) {
    if (character === '\t') columns += 4 - (columns % 4)
    else if (character === ' ') columns++
    else break
  }
  return columns
}

/** What may be HTML, an escape, or a run of backticks. */
const TOKEN = /\\.|`+|<(?=[a-z][a-z\d-]*(?:[\s/>]|$)|\/[a-z]|[!?])/gi

/** Escapes what may be HTML, and backticks that could pair with those of another line. */
function withoutHtml(line: string): string {
  const token = new RegExp(TOKEN)
  const runsByLength = new Map<number, number[]>()
  for (const { 0: run, index } of line.matchAll(/`+/g)) {
    const runs = runsByLength.get(run.length)
    if (runs === undefined) runsByLength.set(run.length, [index])
    else runs.push(index)
  }
  for (const runs of runsByLength.values()) runs.reverse() // the next one is taken from the end
  let written = ''
  let from = 0
  for (let found = token.exec(line); found !== null; found = token.exec(line)) {
    const { 0: text, index } = found
    written += line.slice(from, index)
    from = token.lastIndex
    if (text === '<' || text.startsWith('\\')) {
      written += text === '<' ? '\\<' : text
      continue
    }
    const runs = runsByLength.get(text.length) ?? []
    while ((runs.at(-1) ?? from) < from) runs.pop()
    const closing = runs.at(-1)
    if (closing === undefined) {
      written += '\\`'.repeat(text.length)
    } else {
      from = closing + text.length
      written += line.slice(index, from)
      token.lastIndex = from
    }
  }
  return written + line.slice(from)
}
