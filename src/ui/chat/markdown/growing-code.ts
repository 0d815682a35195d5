export interface CodeGrowth {
  /** Code that is new; no later text changes it. */
  readonly text: string
  /** How much of the source this took, fences included, UTF-16 code units. What is left may be a closing fence. */
  readonly length: number
  readonly isClosed: boolean
}

export interface GrowingCode {
  /**
   * @param rest - The source from where the last reading ended.
   * @param isWhole - Whether no more will come.
   */
  read(rest: string, isWhole: boolean): CodeGrowth
}

/**
 * Reads the lines of a fenced block of code as they come. A line end is held back until something follows it, because the last
 * one before the closing fence is none of the code's.
 * @param fence - The marks that opened the block.
 */
export function createGrowingCode(fence: string): GrowingCode {
  const mark = fence.charAt(0)
  const closing = new RegExp(`\\n {0,3}${fence}${mark}* *(?=\\n)`)
  const closingAtEnd = new RegExp(`\\n {0,3}${fence}${mark}* *(?=\\n|$)`)
  const maybeClosing = new RegExp(`\\n {0,3}${mark}* *$`)
  let isFirst = true // the line end before the code belongs to the opening fence

  return {
    read(rest, isWhole) {
      const source = isFirst ? `\n${rest}` : rest
      const extra = source.length - rest.length
      const found = (isWhole ? closingAtEnd : closing).exec(source)
      const end =
        found?.index ??
        (isWhole ? source.replace(/\n$/, '').length : (maybeClosing.exec(source)?.index ?? source.length))
      const text = source.slice(extra, end)
      const isClosed = found !== null
      const length = (isClosed ? found.index + found[0].length : isWhole ? source.length : end) - extra
      if (end > 0) isFirst = false
      return { text, length: Math.max(0, length), isClosed }
    },
  }
}
