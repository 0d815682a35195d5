import { NO_TOKENS, subtractTokens } from '../core/channel-tokens.ts'
import { DEFAULT_GRAMMAR, type ForcedAnswer, type ReplyGrammar, type ReplyNode } from '../core/chat/conversation.ts'
import type { ChannelTokens, Checkpoint, RunEvent, Usage } from '../core/engine.ts'
import { createTagParser } from '../core/tags/create-tag-parser.ts'
import type { FinishReason, ReasoningKind, TagEvent } from '../core/tags/tag-event.ts'

/** What a stretch of a reply is for; `outside` is visible text that stands in no block. */
export type Channel = ReasoningKind | 'output' | 'outside'

/** What of a reply can be shown, as of the events so far. A value never changes; `addEvents` makes the next one. */
export interface ReplyView {
  /** The blocks that the parser told of, by id. */
  readonly blocks: Readonly<Record<string, ReplyBlock>>
  /** The raw reply in order; a stretch ends where another block or a tag begins. */
  readonly pieces: readonly ReplyPiece[]
  /** UTF-16 code units of the raw reply. */
  readonly length: number
  /** How the reply stands, over all runs that wrote here. */
  readonly standing: Cost
  /** How it stood where its blocks began and ended, over all runs; empty when that is not known. */
  readonly checkpoints: readonly Checkpoint[]
  /** Absent until the engine has read the prompt. */
  readonly prompt?: { readonly tokens: number; readonly reusedTokens: number; readonly droppedMessages: number }
  /** Stretches of the raw reply that the engine wrote. */
  readonly forced: readonly ForcedAnswer[]
  /** Absent while the run goes on. */
  readonly finishReason?: FinishReason
  /** Of the last run; absent until it ended, and after a failure. */
  readonly usage?: Usage
}

export interface Cost {
  readonly tokens: ChannelTokens
  /** Milliseconds, from the beginning of the run. */
  readonly elapsedMs: number
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

const NOTHING: Cost = { tokens: NO_TOKENS, elapsedMs: 0 }

export const EMPTY_REPLY: ReplyView = {
  blocks: {},
  pieces: [],
  length: 0,
  standing: NOTHING,
  checkpoints: [],
  forced: [],
}

/** The view of a reply that nothing writes now. */
export function viewOfReply(reply: ReplyNode): ReplyView {
  const { content, grammar = DEFAULT_GRAMMAR, checkpoints = [], forced = [], usage } = reply
  const last = checkpoints.at(-1) ?? (usage && { tokens: usage.tokens, elapsedMs: usage.totalMs })
  return {
    ...read(content, grammar, true),
    finishReason: reply.finishReason ?? 'stop',
    standing: last ?? NOTHING,
    checkpoints,
    forced,
    ...(usage === undefined ? {} : { usage }),
  }
}

/** The view of a reply that goes on: the events of the run that continues it fit on here. What may become a tag at its end is left to the run. */
export function continuedView(reply: ReplyNode): ReplyView {
  const { finishReason: _, usage: __, ...view } = viewOfReply(reply)
  return { ...view, ...read(reply.content, reply.grammar ?? DEFAULT_GRAMMAR, false) }
}

function read(text: string, grammar: ReplyGrammar, isWhole: boolean): Pick<ReplyView, 'blocks' | 'pieces' | 'length'> {
  const events: TagEvent[] = []
  const parser = createTagParser({ ...grammar, keep: false }, (event) => events.push(event))
  parser.push(text)
  if (isWhole) parser.finish()
  const { blocks, pieces, length } = addEvents(EMPTY_REPLY, events)
  return { blocks, pieces, length }
}

/** The view after some more events, whose costs count from where its first run began. */
export function addEvents(view: ReplyView, events: readonly RunEvent[]): ReplyView {
  const blocks = { ...view.blocks }
  const pieces = [...view.pieces]
  let next: ReplyView = { ...view, blocks, pieces }

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
        next = { ...next, standing: { tokens: event.tokens, elapsedMs: event.elapsedMs } }
        break
      case 'checkpoint': {
        const { at, tokens, elapsedMs } = event
        next = { ...next, checkpoints: [...next.checkpoints, { at, tokens, elapsedMs }] }
        break
      }
      case 'usage':
        next = { ...next, usage: event.usage }
        break
      case 'finish':
        next = { ...next, finishReason: event.reason }
        break
    }
  }
  return next
}

/** What the text between two places of the raw reply cost; undefined where no checkpoints tell. Up to now where it still grows. */
export function costBetween({ checkpoints, standing }: ReplyView, start: number, end: number): Cost | undefined {
  const before = checkpoints.findLast(({ at }) => at <= start)
  if (before === undefined) return undefined
  const after = checkpoints.find(({ at }) => at >= end) ?? standing
  return { tokens: subtractTokens(after.tokens, before.tokens), elapsedMs: after.elapsedMs - before.elapsedMs }
}
