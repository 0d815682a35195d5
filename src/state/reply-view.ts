import { NO_TOKENS, subtractTokens } from '../core/channel-tokens.ts'
import type { ForcedAnswer } from '../core/chat/conversation.ts'
import type { ChannelTokens, Checkpoint, Usage } from '../core/engine.ts'
import type { ReasoningStep } from '../core/reply/arrange-reply.ts'
import type { PartedReply } from '../core/reply/reply-texts.ts'
import type { FinishReason } from '../core/tags/tag-event.ts'

/** What of a reply can be shown at a moment. A value never changes; a growing reply makes the next one. */
export interface ReplyView extends PartedReply {
  /** Over all runs that wrote here. */
  readonly costSoFar: Cost
  /** What it had cost where its blocks began and ended, over all runs; empty when that is not known. */
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

export const NO_COST: Cost = { tokens: NO_TOKENS, elapsedMs: 0 }

/** What a stretch of a reply cost. */
export interface StretchCost {
  readonly tokens: number
  readonly milliseconds: number
}

/** What a step of the reasoning cost, up to now where it still grows; undefined where no checkpoints tell. */
export function costOfStep({ checkpoints, costSoFar }: ReplyView, step: ReasoningStep): StretchCost | undefined {
  const before = checkpoints.findLast(({ at }) => at <= step.start)
  if (before === undefined) return undefined
  const after = checkpoints.find(({ at }) => at >= step.end) ?? costSoFar
  const tokens = subtractTokens(after.tokens, before.tokens)
  return { tokens: tokens[step.kind], milliseconds: after.elapsedMs - before.elapsedMs }
}

/** What some steps cost together; undefined where nothing tells. */
export function costOfSteps(view: ReplyView, steps: readonly ReasoningStep[]): StretchCost | undefined {
  const costs = steps.map((step) => costOfStep(view, step)).filter((cost) => cost !== undefined)
  if (costs.length === 0) return undefined
  const sum = (part: keyof StretchCost) => costs.reduce((total, cost) => total + cost[part], 0)
  return { tokens: sum('tokens'), milliseconds: sum('milliseconds') }
}
