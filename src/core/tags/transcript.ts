import type { ReasoningKind, TagEvent } from './tag-event.ts'

/** What was out of the ordinary in a stream. */
export type TagFlag =
  | 'implicit-close' // a tag ended a block that is not its own
  | 'absorbed' // a tag that means nothing in its place was left out
  | 'reclassified' // text turned out to belong elsewhere
  | `unclosed-${ReasoningKind | 'output'}` // the stream ended inside a block

/**
 * A stream as a whole. A segment is a run of text of one channel with no tag in it that begins or ends a block.
 * White space is ECMAScript's, as `String.prototype.trim` removes it.
 */
export interface TagSnapshot {
  /** The segments of thinking, trimmed, blank ones left out, joined by one line feed. */
  thinking: string
  /** The reflections that are not blank, in the order in which they opened, each made up like `thinking`. */
  reflections: string[]
  /** Text of output blocks and outside all blocks, made up like `thinking`. */
  output: string
  /** Without repetition, in the order in which they came up. */
  flags: TagFlag[]
}

/** Keeps the events of a stream and says what they amount to. */
export interface Transcript {
  add(event: TagEvent): void
  /** The same as adding a delta. */
  addText(id: string, delta: string): void
  /** Linear in the text so far. Covers what has been emitted, not what a parser still holds back. */
  snapshot(): TagSnapshot
}

interface Block {
  channel: ReasoningKind | 'output'
  reclassified: boolean
}

interface Piece {
  /** The block of text, or of markup that has one. */
  readonly block: Block | undefined
  readonly isMarkup: boolean
  /** In order; joined when someone asks, because a string that grows by tokens costs more than a list. */
  readonly raw: string[]
}

export function createTranscript(): Transcript {
  const blocks = new Map<string, Block>() // in opening order
  const pieces: Piece[] = []
  const flags = new Set<TagFlag>()
  let growing: Piece | undefined // the last piece, while text goes on
  let tail = '' // the end of its text: a list of a few long strings costs less than one that grows by tokens

  function add(event: TagEvent): void {
    if (event.type === 'reasoning-delta' || event.type === 'text-delta') {
      addText(event.id, event.delta)
      return
    }
    endText()
    switch (event.type) {
      case 'reasoning-start':
        blocks.set(event.id, { channel: event.kind, reclassified: false })
        break
      case 'text-start':
        blocks.set(event.id, { channel: 'output', reclassified: false })
        break
      case 'reasoning-end':
        if (event.cause === 'implicit') flags.add('implicit-close')
        break
      case 'markup':
        pieces.push({
          block: event.id === undefined ? undefined : blocks.get(event.id),
          isMarkup: true,
          raw: [event.raw],
        })
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

  function addText(id: string, delta: string): void {
    if (growing === undefined) startText(id)
    tail += delta
    if (tail.length > 1000) moveTail()
  }

  function startText(id: string): void {
    growing = { block: blocks.get(id), isMarkup: false, raw: [] }
    pieces.push(growing)
  }

  function moveTail(): void {
    if (tail === '') return
    tail.charCodeAt(0) // makes engines lay it out flat, so that its many small parts can go
    growing?.raw.push(tail)
    tail = ''
  }

  function endText(): void {
    moveTail()
    growing = undefined
  }

  function reclassify(id: string, channel: 'thinking' | 'output'): void {
    const block = blocks.get(id)
    if (block === undefined) return
    block.channel = channel
    block.reclassified = true
  }

  function snapshot(): TagSnapshot {
    moveTail()
    const thinking: string[] = []
    const output: string[] = []
    const reflections = new Map<Block, string[]>()
    for (const block of blocks.values()) if (block.channel === 'reflection') reflections.set(block, [])

    let segments = output
    let segment = ''
    const endSegment = () => {
      const text = segment.trim()
      if (text !== '') segments.push(text)
      segment = ''
    }
    for (const { block, isMarkup, raw } of pieces) {
      if (isMarkup && block?.reclassified !== true) {
        endSegment()
        continue
      }
      const channel = block?.channel === 'thinking' ? thinking : ((block && reflections.get(block)) ?? output)
      if (channel !== segments) endSegment()
      segments = channel
      segment += raw.join('')
    }
    endSegment()

    return {
      thinking: thinking.join('\n'),
      reflections: [...reflections.values()].map((parts) => parts.join('\n')).filter((text) => text !== ''),
      output: output.join('\n'),
      flags: [...flags],
    }
  }

  return { add, addText, snapshot }
}
