import type { Token } from 'marked'

/** Reads Markdown into blocks; `raw` of all blocks joins to the source. */
export type ReadBlocks = (source: string) => Token[]

export interface BlockChange {
  /** Blocks that have become whole since the last change; they are never given again. */
  readonly finished: readonly Token[]
  /** What follows them and may still change. */
  readonly tail: readonly Token[]
}

export interface GrowingBlocks {
  /**
   * @param source - All of the text so far; it begins with what was given before.
   * @param isWhole - Whether no more will come; then there is no tail.
   * @returns Undefined when too little has come to be worth the work.
   */
  update(source: string, isWhole: boolean): BlockChange | undefined
}

/** The tail is read again when it has grown by this part of itself, so that all readings together stay linear in the text. */
const GROWTH = 1 / 32

/**
 * Follows a text as it grows and says which of its blocks are whole: all but the last one that whole lines make up, because no
 * later line changes a block with another one after it.
 */
export function createGrowingBlocks(readBlocks: ReadBlocks): GrowingBlocks {
  let settled = 0 // length of the blocks that were finished
  let tailRead = 0 // length of the tail when it was last read

  function finish(lines: string): Token[] {
    const blocks = readBlocks(lines)
    const last = blocks.findLastIndex((block) => block.type !== 'space')
    const whole = blocks.slice(0, Math.max(0, last))
    const raw = whole.map((block) => block.raw).join('')
    if (!lines.startsWith(raw)) return [] // the reader changed the text, so that its lengths mean nothing here
    settled += raw.length
    return whole
  }

  return {
    update(source, isWhole) {
      const tail = source.slice(settled)
      if (isWhole) return { finished: readBlocks(tail), tail: [] }
      if (tail.length - tailRead < tail.length * GROWTH || tail.length === tailRead) return undefined
      const finished = finish(tail.slice(0, tail.lastIndexOf('\n') + 1))
      const rest = source.slice(settled)
      tailRead = rest.length
      return { finished, tail: readBlocks(rest) }
    },
  }
}
