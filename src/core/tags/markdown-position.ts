import { BACKTICK, CARRIAGE_RETURN, isWhiteSpace, LINE_FEED, TILDE } from './character.ts'

/**
 * Follows the Markdown of an answer just far enough to know whether a tag there would be code, and whether it would be
 * the first thing on its line. Reads each character once and keeps no text.
 *
 * Code is what CommonMark says it is, with three differences that suit a stream nobody can look ahead in:
 * a code span ends with its line, so that a lone backtick hides tags on that line only; a fence may be indented by any
 * amount, as in nested lists; and a tag right after a closing fence finds the fence closed.
 */
export interface MarkdownPosition {
  /**
   * Reads `source` from `from` up to, not including, `to`.
   * @returns Whether text without backticks and line ends changes nothing here.
   */
  read(source: string, from: number, to: number): boolean
  /** Whether a tag at this point stands inside a code span or a fence. */
  insideCode(): boolean
  /** Whether only white space stands between the last line end, or the last tag, and this point. */
  atLineStart(): boolean
  /** Begins anew, as after a tag that begins or ends a block. */
  reset(): void
}

type Code =
  | 'none'
  | 'span'
  | 'fence-info' // on the opening line of a fence
  | 'fence'
  | 'fence-closing' // after a closing fence, while nothing else stands on its line

export function createMarkdownPosition(): MarkdownPosition {
  let code: Code = 'none'
  let lineBlank = true
  let openingLength = 0 // backticks that opened the span, or marks that opened the fence
  let openingMark = 0 // the character of the fence
  let run = 0 // length of the run of marks that ends here; 0 when the last character is no mark
  let runMark = 0
  let runBeganLine = false

  function read(source: string, from: number, to: number): boolean {
    let at = from
    while (at < to) {
      const unit = source.charCodeAt(at)
      if (run > 0 && unit !== runMark) endRun()
      if (unit === LINE_FEED || unit === CARRIAGE_RETURN) {
        endLine()
        at++
      } else if (unit === BACKTICK || (unit === TILDE && (lineBlank || run > 0))) {
        extendRun(unit)
        at++
      } else if (lineBlank || code === 'fence-closing') {
        readAtLineStart(unit)
        at++
      } else {
        at = skipText(source, at + 1, to)
      }
    }
    return run === 0 && !lineBlank && code !== 'fence-closing'
  }

  function extendRun(mark: number): void {
    if (run === 0) {
      runMark = mark
      runBeganLine = lineBlank
    }
    run++
    lineBlank = false
  }

  function readAtLineStart(unit: number): void {
    if (isWhiteSpace(unit)) return
    lineBlank = false
    if (code === 'fence-closing') code = 'fence' // more than a fence on the line: it closed nothing
  }

  function endLine(): void {
    lineBlank = true
    if (code === 'span' || code === 'fence-closing') code = 'none'
    else if (code === 'fence-info') code = 'fence'
  }

  /** Decides what the run of marks was, now that its length is known. */
  function endRun(): void {
    const length = run
    run = 0
    if (code === 'none') {
      if (runBeganLine && length >= 3) code = 'fence-info'
      else if (runMark === BACKTICK) code = 'span'
      openingLength = length
      openingMark = runMark
    } else if (code === 'span') {
      if (length === openingLength) code = 'none'
    } else if (code === 'fence') {
      if (runBeganLine && runMark === openingMark && length >= openingLength) code = 'fence-closing'
    } else if (code === 'fence-info' && runMark === BACKTICK && openingMark === BACKTICK) {
      code = length === openingLength ? 'none' : 'span' // a backtick in the info string: it was a code span
    } else if (code === 'fence-closing') {
      code = 'fence'
    }
  }

  function insideCode(): boolean {
    if (run > 0) endRun()
    return code === 'span' || code === 'fence' || code === 'fence-info'
  }

  function reset(): void {
    code = 'none'
    lineBlank = true
    run = 0
  }

  return { read, insideCode, atLineStart: () => lineBlank, reset }
}

/** The next character at or after `at` that can change anything in the middle of a line, or `to`. */
function skipText(source: string, at: number, to: number): number {
  let next = at
  while (next < to) {
    const unit = source.charCodeAt(next)
    if (unit === BACKTICK || unit === LINE_FEED || unit === CARRIAGE_RETURN) break
    next++
  }
  return next
}
