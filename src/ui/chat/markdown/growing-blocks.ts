import { BOUNDS, BoundReached } from './bounds.ts'
import { createGrowingCode, type GrowingCode } from './growing-code.ts'
import { isCode, isList, isTable, type AnyBlock, type CodeBlock, type ListBlock } from './read-blocks.ts'

/**
 * Reads Markdown into blocks; `raw` of all blocks joins to the source.
 * @param isTail - Whether the text may still change.
 * @param mayGoOn - Whether more may come after it.
 */
export type ReadBlocks = (source: string, isTail: boolean, mayGoOn: boolean) => AnyBlock[]

export interface BlockPart {
  /** After all others; inside the last one, whose rows, items or code these are; or instead of the last one. */
  readonly place: 'after' | 'inside' | 'instead'
  readonly blocks: readonly AnyBlock[]
}

export interface BlockChange {
  /** What has become whole since the last change: blocks, or parts of a long one. It is not given again, except `instead`. */
  readonly settled: readonly BlockPart[]
  /** What follows it and may still change. */
  readonly tail: readonly BlockPart[]
  /** Whether the last block is code that goes on. */
  readonly isCodeOpen: boolean
}

export interface GrowingBlocks {
  /** How much of the text is settled, UTF-16 code units. */
  readonly settled: number
  /** Characters that were read, some of them more than once, but for those of code: what the work is in proportion to. */
  readonly read: number
  /**
   * @param source - All of the text so far; it begins with what was given before.
   * @param isWhole - Whether no more will come; then there is no tail.
   * @returns Undefined when too little has come to be worth the work.
   * @throws {BoundReached} When a block gets too long to be read again and again.
   */
  update(source: string, isWhole: boolean): BlockChange | undefined
}

/** A block that parts are added to. */
type OpenBlock =
  | { readonly type: 'code'; readonly code: GrowingCode }
  | { readonly type: 'table'; readonly head: string }
  | { readonly type: 'list'; readonly start: number; readonly isLoose: boolean }

/** The tail is read again when it has grown by this part of itself, so that all readings together stay linear in the text. */
const GROWTH = 1 / 32

/** A fence at the end that nothing follows: its line may go on, as half of a language's name is no name yet, and of code there is none. */
const FENCE_AT_END = /(^|\n) {0,3}(?:`{3,}[^`\n]*|~~~[^\n]*)\n?$/

/**
 * Follows a text as it grows and says which of its blocks are whole: all but the last one that whole lines make up, because no
 * later line changes a block with another one after it, unless that is a formula whose end has not come. The same is true of the items of a list. Rows of a table and lines of
 * code are whole as soon as their line is. So nothing is read often, however long a block gets, but one paragraph, one quotation
 * or one item of a list.
 */
export function createGrowingBlocks(readBlocks: ReadBlocks): GrowingBlocks {
  let settled = 0 // length of what was settled
  let read = 0
  let tailRead = 0 // length of the tail when it was last read
  let open: OpenBlock | undefined
  let place: BlockPart['place'] = 'after'

  function partOf(blocks: readonly AnyBlock[]): BlockPart[] {
    if (blocks.every(isSpace)) return []
    const part = { place, blocks }
    place = 'after'
    return [part]
  }

  function settleBlocks(lines: string, isWhole: boolean): BlockPart[] {
    const blocks = readBlocks(lines, false, !isWhole)
    const last = lastToChange(blocks)
    const before = blocks.slice(0, isWhole ? blocks.length : Math.max(0, last))
    const raw = rawOf(before)
    if (!lines.startsWith(raw)) return [] // the reader changed the text, so that its lengths mean nothing here
    const block = blocks[last]
    const start = settled + raw.length
    settled = start
    if (!isWhole && block !== undefined) return [...partOf(before), ...openBlock(block, lines.slice(raw.length))]
    const isCut = block !== undefined && isCode(block) && block.text === '' && !/\n./s.test(rawOf(blocks.slice(last)))
    return partOf(isCut ? before.slice(0, last) : before) // of code that was cut off there is nothing to show
  }

  /** Settles what is whole of the last block. @param lines - Those from its beginning on. */
  function openBlock(block: AnyBlock, lines: string): BlockPart[] {
    if (isCode(block)) {
      const opening = /^(`{3,}(?!`)|~{3,}(?!~)).*\n/.exec(lines)
      if (opening?.[1] === undefined || opening[0].length === lines.length) return []
      settled += opening[0].length
      open = { type: 'code', code: createGrowingCode(opening[1]) }
      return partOf([{ ...block, text: '' }])
    }
    if (isTable(block) && lines === block.raw) {
      const head = /^.*\n.*\n/.exec(lines)
      if (head === null) return []
      settled += lines.length
      open = { type: 'table', head: head[0] }
      return partOf([block])
    }
    if (isList(block) && block.items.length > 1) {
      open = { type: 'list', start: settled, isLoose: block.isLoose }
      const whole = block.items.slice(0, -1)
      settled += rawOf(whole).length
      return partOf([{ ...block, items: whole }])
    }
    return []
  }

  function settleCode(code: GrowingCode, rest: string, isWhole: boolean): BlockPart[] {
    const { text, length, isClosed } = code.read(rest, isWhole)
    settled += length
    if (isClosed || isWhole) open = undefined
    const block: CodeBlock = { type: 'code', raw: text, text, language: '', tokens: [] }
    return text === '' ? [] : [{ place: 'inside', blocks: [block] }]
  }

  function settleRows(head: string, lines: string, isWhole: boolean): BlockPart[] {
    const [table, next] = readBlocks(head + lines, false, !isWhole)
    const hasRows = table !== undefined && isTable(table) && table.rowCount > 0
    const length = Math.max(0, (table?.raw.length ?? 0) - head.length)
    if (length < lines.length && !mayBelong(next)) open = undefined // something else follows
    settled += length
    return hasRows ? [{ place: 'inside', blocks: [table] }] : []
  }

  function settleItems({ start, isLoose }: OpenBlock & { type: 'list' }, lines: string, isWhole: boolean): BlockPart[] {
    const { list, after } = readItems(lines, isLoose, false, !isWhole)
    const ends = isWhole || !(after.every(isSpace) || mayBelong(after[0]))
    if (list?.isLoose === true && !isLoose) {
      settled = start // all of its items get the distance that one of them has
      open = undefined
      place = 'instead'
      return []
    }
    if (ends) open = undefined
    const items = list === undefined ? [] : ends ? list.items : list.items.slice(0, -1)
    settled += rawOf(items).length
    return list === undefined || items.length === 0 ? [] : [{ place: 'inside', blocks: [{ ...list, items }] }]
  }

  /** Reads items as those of a list that began before. */
  function readItems(
    lines: string,
    isLoose: boolean,
    isTail: boolean,
    mayGoOn: boolean,
  ): { list: ListBlock | undefined; after: AnyBlock[] } {
    const bullet = / *(?:[*+-]|\d+[.)])/y.exec(lines)?.[0] ?? ''
    const [list, ...after] = readBlocks(isLoose ? `${bullet} before\n\n${lines}` : lines, isTail, mayGoOn)
    if (list === undefined || !isList(list)) return { list: undefined, after: [] }
    return { list: { ...list, items: isLoose ? list.items.slice(1) : list.items }, after }
  }

  function settleOpen(source: string, isWhole: boolean): BlockPart[] {
    const rest = source.slice(settled)
    const lines = isWhole ? rest : rest.slice(0, rest.lastIndexOf('\n') + 1)
    if (open === undefined) return settleBlocks(lines, isWhole)
    if (open.type === 'code') return settleCode(open.code, rest, isWhole)
    if (lines === '') return []
    return open.type === 'table' ? settleRows(open.head, lines, isWhole) : settleItems(open, lines, isWhole)
  }

  function tailOf(rest: string): BlockPart[] {
    if (open?.type === 'code' || rest === '') return []
    if (open === undefined)
      return [{ place: 'after', blocks: readBlocks(rest.replace(FENCE_AT_END, '$1'), true, true) }]
    if (open.type === 'list') {
      const { list, after } = readItems(rest, open.isLoose, true, true)
      return list === undefined ? [] : [inside(list), { place: 'after', blocks: after }]
    }
    const [table, ...after] = readBlocks(open.head + rest, true, true)
    return table === undefined ? [] : [inside(table), { place: 'after', blocks: after }]
  }

  return {
    get settled() {
      return settled
    },
    get read() {
      return read
    },
    update(source, isWhole) {
      const unread = source.length - settled
      if (!isWhole && open?.type !== 'code' && (unread === tailRead || unread - tailRead < unread * GROWTH))
        return undefined
      if (open?.type !== 'code') read += unread
      const [settledBefore, openBefore, placeBefore] = [settled, open, place]
      const parts: BlockPart[] = []
      try {
        let before: OpenBlock | undefined
        do {
          before = open
          parts.push(...settleOpen(source, isWhole))
        } while (open !== before)
      } catch (error) {
        ;[settled, open, place] = [settledBefore, openBefore, placeBefore]
        throw error
      }
      const isCodeOpen = open?.type === 'code'
      if (isCodeOpen && parts.length === 0 && !isWhole) return undefined
      const rest = source.slice(settled)
      if (rest.length > BOUNDS.openBlock && !isCodeOpen && !isWhole) throw new BoundReached('openBlock')
      tailRead = rest.length
      return { settled: parts, tail: isWhole ? [] : tailOf(rest), isCodeOpen }
    },
  }
}

function inside(block: AnyBlock): BlockPart {
  return { place: 'inside', blocks: [block] }
}

function rawOf(blocks: readonly { readonly raw: string }[]): string {
  return blocks.map(({ raw }) => raw).join('')
}

/** Which block may still change: the last one, or the one that an open formula may yet turn out to belong to. */
function lastToChange(blocks: readonly AnyBlock[]): number {
  const last = blocks.findLastIndex((block) => !isSpace(block))
  const before = blocks[last - 1]
  return before !== undefined && !isSpace(before) && mayBelong(blocks[last]) ? last - 1 : last
}

/** Whether what follows a block, with no empty line between, may yet turn out to be lines of it: a formula that gets no end is none. */
function mayBelong(next: AnyBlock | undefined): boolean {
  return next?.type === 'open-formula'
}

function isSpace({ type }: AnyBlock): boolean {
  return type === 'space'
}
