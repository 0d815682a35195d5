import type { ChannelTokens, RunEvent, Usage } from '../core/engine.ts'
import { createTagParser, type TagParserOptions } from '../core/tags/create-tag-parser.ts'
import type { FinishReason, ReasoningKind, TagEvent } from '../core/tags/tag-event.ts'

/** What a stretch of a reply is for; `outside` is visible text that stands in no block. */
export type Channel = ReasoningKind | 'output' | 'outside'

/** What of a run can be shown, as of the events so far. A value never changes; `addEvents` makes the next one. */
export interface ReplyView {
  /** The blocks that the parser told of, by id. */
  readonly blocks: Readonly<Record<string, ReplyBlock>>
  /** The raw reply in order; a stretch ends where another block or a tag begins. */
  readonly pieces: readonly ReplyPiece[]
  /** UTF-16 code units of the raw reply. */
  readonly length: number
  /** Tokens by channel, of all runs that wrote here. */
  readonly tokens: ChannelTokens
  /** Milliseconds in which text of the channel came, of all runs that wrote here. */
  readonly time: Readonly<Record<Channel, number>>
  /** Absent until the engine has read the prompt. */
  readonly prompt?: { readonly tokens: number; readonly reusedTokens: number; readonly droppedMessages: number }
  /** Stretches of the raw reply that the engine wrote. */
  readonly forced: readonly ForcedStretch[]
  /** Absent while the run goes on. */
  readonly finishReason?: FinishReason
  /** Of the last run; absent until it ended, and after a failure. */
  readonly usage?: Usage
  /** Tokens of the runs before this one. */
  readonly earlierTokens: ChannelTokens
  /** When the last events came and what their text was; for `time`. */
  readonly clock: { readonly now: number; readonly channel: Channel | undefined }
}

export interface ReplyBlock {
  readonly channel: Channel
  /** The block of reasoning that it stands in; absent at root. */
  readonly parentId?: string
  readonly ended: boolean
  /** Its tags turned out to be text. */
  readonly reclassified: boolean
}

export interface ReplyPiece {
  /** Absent for a tag that belongs to no block. */
  readonly blockId?: string
  readonly isMarkup: boolean
  readonly text: string
}

export interface ForcedStretch {
  readonly cause: 'think-budget' | 'answer-now'
  readonly start: number
  readonly end: number
}

const NO_TOKENS: ChannelTokens = { thinking: 0, reflection: 0, output: 0, markup: 0 }

export const EMPTY_REPLY: ReplyView = {
  blocks: {},
  pieces: [],
  length: 0,
  tokens: NO_TOKENS,
  time: { thinking: 0, reflection: 0, output: 0, outside: 0 },
  forced: [],
  earlierTokens: NO_TOKENS,
  clock: { now: 0, channel: undefined },
}

/** How a model's replies are parsed. */
export type ReplyGrammar = Pick<TagParserOptions, 'dialect' | 'start'>

/** The view of a whole reply, such as one that was stored. */
export function viewOfReply(text: string, grammar: ReplyGrammar): ReplyView {
  return { ...read(text, grammar, true), finishReason: 'stop' }
}

/**
 * The view of a reply that goes on: the events of the run that continues it fit on here.
 * @param text - The raw reply so far; what may become a tag at its end is left to the run.
 */
export function continuedView(view: ReplyView, text: string, grammar: ReplyGrammar): ReplyView {
  const { tokens, time, forced } = view
  return { ...read(text, grammar, false), tokens, earlierTokens: tokens, time, forced }
}

function read(text: string, grammar: ReplyGrammar, isWhole: boolean): ReplyView {
  const events: TagEvent[] = []
  const parser = createTagParser({ ...grammar, keep: false }, (event) => events.push(event))
  parser.push(text)
  if (isWhole) parser.finish()
  return { ...addEvents(EMPTY_REPLY, events, 0), clock: EMPTY_REPLY.clock, time: EMPTY_REPLY.time }
}

/**
 * The view after some more events of its run.
 * @param now - When they came, in milliseconds of any clock that does not go back.
 */
export function addEvents(view: ReplyView, events: readonly RunEvent[], now: number): ReplyView {
  const blocks = { ...view.blocks }
  const pieces = [...view.pieces]
  let next: ReplyView = { ...view, blocks, pieces }
  let channel: Channel | undefined

  const write = (text: string, isMarkup: boolean, blockId: string | undefined) => {
    const last = pieces.at(-1)
    if (last !== undefined && !isMarkup && !last.isMarkup && last.blockId === blockId) {
      pieces[pieces.length - 1] = { ...last, text: last.text + text }
    } else {
      pieces.push(blockId === undefined ? { isMarkup, text } : { blockId, isMarkup, text })
    }
    next = { ...next, length: next.length + text.length }
  }
  const change = (id: string, how: Partial<ReplyBlock>) => {
    const block = blocks[id]
    if (block !== undefined) blocks[id] = { ...block, ...how }
  }

  for (const event of events) {
    switch (event.type) {
      case 'reasoning-start': {
        const { id, kind, parentId } = event
        const place = parentId === undefined ? {} : { parentId }
        blocks[id] = { channel: kind, ...place, ended: false, reclassified: false }
        break
      }
      case 'text-start':
        blocks[event.id] = { channel: event.section, ended: false, reclassified: false }
        break
      case 'reasoning-delta':
      case 'text-delta':
        write(event.delta, false, event.id)
        channel = blocks[event.id]?.channel
        break
      case 'markup':
        write(event.raw, true, event.id)
        break
      case 'reasoning-end':
      case 'text-end':
        change(event.id, { ended: true })
        break
      case 'reclassify':
        for (const id of event.ids) change(id, { channel: event.to, reclassified: true })
        break
      case 'prompt': {
        const { tokens, reusedTokens, droppedMessages } = event
        next = { ...next, prompt: { tokens, reusedTokens, droppedMessages } }
        break
      }
      case 'answer-forced': {
        const { cause, start, end } = event
        next = { ...next, forced: [...next.forced, { cause, start, end }] }
        break
      }
      case 'progress':
        next = { ...next, tokens: sum(view.earlierTokens, event.tokens) }
        break
      case 'usage':
        next = { ...next, usage: event.usage, tokens: sum(view.earlierTokens, event.usage.tokens) }
        break
      case 'finish':
        next = { ...next, finishReason: event.reason }
        break
    }
  }
  return { ...next, ...withTime(view, channel, now) }
}

/** Books the time since the last text to what came now. What passed before the first text was spent on the prompt. */
function withTime({ clock, time }: ReplyView, channel: Channel | undefined, now: number) {
  const booked = channel ?? clock.channel
  const passed = clock.channel === undefined ? 0 : now - clock.now
  return {
    clock: { now, channel: booked },
    time: booked === undefined ? time : { ...time, [booked]: time[booked] + passed },
  }
}

function sum(one: ChannelTokens, other: ChannelTokens): ChannelTokens {
  return {
    thinking: one.thinking + other.thinking,
    reflection: one.reflection + other.reflection,
    output: one.output + other.output,
    markup: one.markup + other.markup,
  }
}
