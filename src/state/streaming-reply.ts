import { addTokens } from '../core/channel-tokens.ts'
import { finishedReply, type ReplyEnd, type ReplyNode } from '../core/chat/conversation.ts'
import type { Checkpoint, RunEvent } from '../core/engine.ts'
import type { ReplyFold } from '../core/reply/fold-reply.ts'
import type { FinishReason, TagEvent } from '../core/tags/tag-event.ts'
import { NO_COST, type Cost, type ReplyView } from './reply-view.ts'

/** A reply while a run writes it. What is stored of it and what is drawn of it come from the same events, at the same time. */
export interface StreamingReply {
  /** Its last checkpoint says what it has cost so far, for those who find it without its run. */
  readonly node: ReplyNode
  readonly view: ReplyView
  add(events: readonly RunEvent[]): void
  /** Ends it; what was written stays. */
  end(how: ReplyEnd): void
}

/**
 * Follows the run of a reply that is new or goes on. What a run says it cost counts from its own beginning; here it counts on from the
 * reply's last checkpoint.
 * @param fold - Of what it begins with (`readBeginning`); of nothing for a new one.
 */
export function createStreamingReply(begun: ReplyNode, fold: ReplyFold): StreamingReply {
  const before = begun.checkpoints?.at(-1)
  let { content, forced = [], checkpoints = [] } = begun
  let costSoFar: Cost = before ?? NO_COST
  let ofRun: Pick<ReplyView, 'prompt' | 'usage'> = {}
  let finishReason: FinishReason | undefined
  let node = begun
  let view: ReplyView | undefined // as of the last events; made when someone asks

  function take(event: RunEvent): void {
    switch (event.type) {
      case 'prompt': {
        const { tokens, reusedTokens, droppedMessages } = event
        ofRun = { ...ofRun, prompt: { tokens, reusedTokens, droppedMessages } }
        break
      }
      case 'answer-forced': {
        const { cause, start, end } = event
        forced = [...forced, { cause, start, end }]
        break
      }
      case 'progress':
        costSoFar = overAllRuns(event)
        break
      case 'checkpoint':
        checkpoints = [...checkpoints, { at: event.at, ...overAllRuns(event) }]
        break
      case 'usage':
        ofRun = { ...ofRun, usage: event.usage }
        break
      case 'logprobs':
        break
      default:
        fold.add(event)
        if (event.type === 'finish') finishReason = event.reason
        else if ('start' in event) write(event)
    }
  }

  /** A run that continues a reply may send its last characters once more, as part of a tag. */
  function write(event: Extract<TagEvent, { start: number }>): void {
    const raw = event.type === 'markup' ? event.raw : event.delta
    content += raw.slice(Math.max(0, content.length - event.start))
  }

  function overAllRuns({ tokens, elapsedMs }: Cost): Cost {
    if (before === undefined) return { tokens, elapsedMs }
    return { tokens: addTokens(before.tokens, tokens), elapsedMs: before.elapsedMs + elapsedMs }
  }

  function nodeWith(known: readonly Checkpoint[]): ReplyNode {
    return {
      ...begun,
      content,
      ...(forced.length > 0 && { forced }),
      ...(known.length > 0 && { checkpoints: known }),
    }
  }

  function checkpointsUpToNow(): Checkpoint[] {
    const { tokens, elapsedMs } = costSoFar
    return [...checkpoints, { at: content.length, tokens, elapsedMs }]
  }

  return {
    get node() {
      return node
    },
    get view() {
      view ??= {
        text: content,
        parts: fold.parts(),
        costSoFar,
        checkpoints,
        forced,
        ...ofRun,
        ...(finishReason !== undefined && { finishReason }),
      }
      return view
    },
    add(events) {
      for (const event of events) take(event)
      node = nodeWith(checkpointsUpToNow())
      view = undefined
    },
    end(how) {
      // A run that ends by itself has said what it cost.
      if (how.status !== 'complete') checkpoints = checkpointsUpToNow()
      node = finishedReply(nodeWith(checkpoints), how)
      finishReason ??= 'abort'
      view = undefined
    },
  }
}
