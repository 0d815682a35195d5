import { readTagged } from '../tags/read-tagged.ts'
import type { ReasoningKind, TagEvent } from '../tags/tag-event.ts'
import { DEFAULT_GRAMMAR, type ReplyNode } from './conversation.ts'

/** A whole reply, parsed. All texts are trimmed, as those of `TagSnapshot`. */
export interface ReadReply {
  /** The thinking without its reflections. */
  readonly thinking: string
  readonly reflections: readonly string[]
  readonly output: string
  /** All of it in the order in which it was written; never an empty one. */
  readonly parts: readonly ReplyPart[]
}

/** Text of one channel up to where another channel, or another reflection, begins. */
export interface ReplyPart {
  readonly channel: ReasoningKind | 'output'
  readonly text: string
}

/** Parses what a model wrote, by the reply's own grammar. Linear in its length; no text makes it throw. */
export function readReply({ content, grammar = DEFAULT_GRAMMAR }: Pick<ReplyNode, 'content' | 'grammar'>): ReadReply {
  const { thinking, reflections, output, events } = readTagged([content], grammar)
  return { thinking, reflections, output, parts: partsOf(events) }
}

interface Block {
  channel: ReplyPart['channel']
  reclassified: boolean
}

/** What `TagSnapshot` says, in the order of the text. */
function partsOf(events: readonly TagEvent[]): ReplyPart[] {
  const blocks = blocksOf(events)
  const parts: { block: Block | undefined; channel: ReplyPart['channel']; segments: string[] }[] = []
  let segment: string[] = []
  let current: Block | undefined
  const endSegment = () => {
    const text = segment.join('').trim()
    segment = []
    if (text === '') return
    const channel = current?.channel ?? 'output'
    const last = parts.at(-1)
    const goesOn =
      last !== undefined && last.channel === channel && (channel !== 'reflection' || last.block === current)
    if (goesOn) last.segments.push(text)
    else parts.push({ block: current, channel, segments: [text] })
  }
  for (const event of events) {
    if (!('start' in event)) continue
    const block = event.id === undefined ? undefined : blocks.get(event.id)
    if (event.type === 'markup' && block?.reclassified !== true) {
      endSegment()
      continue
    }
    if (block?.channel !== current?.channel) endSegment()
    current = block
    segment.push(event.type === 'markup' ? event.raw : event.delta)
  }
  endSegment()
  return parts.map(({ channel, segments }) => ({ channel, text: segments.join('\n') }))
}

/** The blocks as they turned out in the end. */
function blocksOf(events: readonly TagEvent[]): Map<string, Block> {
  const blocks = new Map<string, Block>()
  for (const event of events) {
    if (event.type === 'reasoning-start') blocks.set(event.id, { channel: event.kind, reclassified: false })
    else if (event.type === 'text-start') blocks.set(event.id, { channel: 'output', reclassified: false })
    else if (event.type === 'reclassify') {
      for (const id of event.ids) blocks.set(id, { channel: event.to, reclassified: true })
    }
  }
  return blocks
}
