import type { ReasoningKind, TagEvent } from '../tags/tag-event.ts'

/**
 * A run of a reply's text in one channel, up to the next tag that begins or ends a block; never blank. It is a place in the raw reply,
 * in UTF-16 code units, `end` exclusive: the text itself is kept once, by whoever keeps the reply.
 */
export type ReplyPart = ThinkingPart | CheckPart | OutputPart

export interface ThinkingPart extends ReplyPlace {
  readonly channel: 'thinking'
}

/** Text of a reflection. One that holds tags, or other blocks, has several parts. */
export interface CheckPart extends ReplyPlace {
  readonly channel: 'reflection'
  /** The same in all parts of a check; later checks have higher numbers. */
  readonly check: number
}

/** Text of an answer, in an output block or outside all blocks. */
export interface OutputPart extends ReplyPlace {
  readonly channel: 'output'
}

export interface ReplyPlace {
  readonly start: number
  readonly end: number
}

/** What was out of the ordinary in a stream. */
export type TagFlag =
  | 'implicit-close' // a tag ended a block that is not its own
  | 'absorbed' // a tag that means nothing in its place was left out
  | 'reclassified' // text turned out to belong elsewhere
  | `unclosed-${ReasoningKind | 'output'}` // the stream ended inside a block

/** Takes the events of a reply in order and says what the reply consists of. */
export interface ReplyFold {
  add(event: TagEvent): void
  /** The same as adding a delta. */
  addText(id: string, delta: string): void
  /** In the order of the text, as of the events so far. Work and memory are those of the tags, not of the text. */
  parts(): ReplyPart[]
  /** Without repetition, in the order in which they came up. */
  flags(): TagFlag[]
}

interface Block {
  channel: ReplyPart['channel']
  /** Its number among the blocks. */
  readonly number: number
  /** Its tags turned out to be text. */
  reclassified: boolean
}

/** A tag, or text of one block between two tags. */
interface Piece {
  readonly block: Block | undefined
  readonly isMarkup: boolean
  readonly start: number
  end: number
  isBlank: boolean
}

/** The one place where events become parts: which text belongs together, which tags are text, what is left out. */
export function createReplyFold(): ReplyFold {
  const blocks = new Map<string, Block>()
  const pieces: Piece[] = []
  const flags = new Set<TagFlag>()
  let length = 0 // of the text so far

  let parts: ReplyPart[] = [] // of the pieces before `next`; only the last can be blank
  let next = 0
  let isBlank = true // the last part has no text yet but white space
  let isApart = true // a tag stands after it

  function add(event: TagEvent): void {
    switch (event.type) {
      case 'reasoning-delta':
      case 'text-delta':
        addText(event.id, event.delta)
        break
      case 'reasoning-start':
        open(event.id, event.kind)
        break
      case 'text-start':
        open(event.id, 'output')
        break
      case 'reasoning-end':
        if (event.cause === 'implicit') flags.add('implicit-close')
        break
      case 'markup':
        addPiece(event.id, event.raw, true)
        if (event.role === 'absorbed') flags.add('absorbed')
        break
      case 'reclassify':
        flags.add('reclassified')
        for (const id of event.ids) reclassify(id, event.to)
        break
      case 'finish':
        for (const id of event.unclosed) flags.add(`unclosed-${blocks.get(id)?.channel ?? 'output'}`)
        break
      case 'text-end':
        break
    }
  }

  function open(id: string, channel: Block['channel']): void {
    blocks.set(id, { channel, number: blocks.size, reclassified: false })
  }

  function addText(id: string, delta: string): void {
    const last = pieces.at(-1)
    if (last === undefined || last.isMarkup || last.block !== blocks.get(id)) return addPiece(id, delta, false)
    length += delta.length
    last.end = length
    last.isBlank &&= isBlankText(delta)
    next = Math.min(next, pieces.length - 1)
  }

  function addPiece(id: string | undefined, raw: string, isMarkup: boolean): void {
    const start = length
    length += raw.length
    const block = id === undefined ? undefined : blocks.get(id)
    pieces.push({ block, isMarkup, start, end: length, isBlank: isBlankText(raw) })
  }

  function reclassify(id: string, channel: 'thinking' | 'output'): void {
    const block = blocks.get(id)
    if (block === undefined) return
    block.channel = channel
    block.reclassified = true
    parts = []
    next = 0
    isBlank = true
    isApart = true
  }

  /** Puts a piece into the parts. The last piece is put there again whenever it has grown. */
  function place(piece: Piece): void {
    const { block, start, end } = piece
    if (piece.isMarkup && block?.reclassified !== true) {
      isApart = true
      return
    }
    const part = partOf(block, start, end)
    const last = parts.at(-1)
    if (!isApart && last !== undefined && belongTogether(last, part)) {
      parts[parts.length - 1] = { ...last, end }
      isBlank &&= piece.isBlank
      return
    }
    if (isBlank) parts.pop()
    parts.push(part)
    isBlank = piece.isBlank
    isApart = false
  }

  return {
    add,
    addText,
    parts() {
      for (; next < pieces.length; next++) place(pieces[next]!)
      return isBlank ? parts.slice(0, -1) : parts.slice()
    },
    flags: () => [...flags],
  }
}

/** Text outside all blocks belongs to the answer. */
function partOf(block: Block | undefined, start: number, end: number): ReplyPart {
  const channel = block?.channel ?? 'output'
  return channel === 'reflection' ? { channel, check: block?.number ?? 0, start, end } : { channel, start, end }
}

function belongTogether(one: ReplyPart, other: ReplyPart): boolean {
  if (one.channel === 'reflection' && other.channel === 'reflection') return one.check === other.check
  return one.channel === other.channel
}

function isBlankText(text: string): boolean {
  return text.trim() === ''
}
