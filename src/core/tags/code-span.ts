import { BACKTICK, CARRIAGE_RETURN, LINE_FEED, LONGEST_SCANNED } from './character.ts'

/** Follows the code spans of one line of reasoning; fences mean nothing here. Keeps no text. */
export interface CodeSpan {
  /**
   * Reads `source` from `from` up to, not including, `to`.
   * @returns Whether text without backticks changes nothing here.
   */
  read(source: string, from: number, to: number): boolean
  /** Whether the character before this point is a backtick; to be asked before `inside`, which ends the run. */
  afterBacktick(): boolean
  /** Whether a run of backticks on this line has no run of the same length after it, up to this point. */
  inside(): boolean
  /** Begins anew, as after a tag that begins or ends a block. */
  reset(): void
}

export function createCodeSpan(): CodeSpan {
  let opening = 0 // length of the run that opened the span; 0 outside spans
  let run = 0 // length of the run of backticks that ends here

  function read(source: string, from: number, to: number): boolean {
    if (opening === 0 && run === 0 && !hasBacktick(source, from, to)) return true
    for (let at = from; at < to; at++) {
      const unit = source.charCodeAt(at)
      if (unit === BACKTICK) {
        run++
        continue
      }
      if (run > 0) endRun()
      if (unit === LINE_FEED || unit === CARRIAGE_RETURN) opening = 0
    }
    return opening === 0 && run === 0
  }

  function endRun(): void {
    if (opening === 0) opening = run
    else if (opening === run) opening = 0
    run = 0
  }

  function inside(): boolean {
    if (run > 0) endRun()
    return opening > 0
  }

  function reset(): void {
    opening = 0
    run = 0
  }

  return { read, afterBacktick: () => run > 0, inside, reset }
}

function hasBacktick(source: string, from: number, to: number): boolean {
  if (to - from > LONGEST_SCANNED) return source.slice(from, to).includes('`')
  for (let at = from; at < to; at++) if (source.charCodeAt(at) === BACKTICK) return true
  return false
}
