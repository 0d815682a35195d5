import { costBetween, type Channel, type ReplyView } from './reply-view.ts'

/** A part of a reply as it is read: reasoning with its checks inside, or an answer. */
export type ReplySection =
  { readonly type: 'reasoning'; readonly steps: readonly ReasoningStep[] } | ({ readonly type: 'answer' } & Stretch)

/** A stretch of thinking, or a reflection on the stretch before it. */
export interface ReasoningStep extends Stretch {
  readonly kind: 'thinking' | 'reflection'
}

/** A run of text, and where it stands in the raw reply, in UTF-16 code units, `end` exclusive. */
export interface Stretch {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** What a stretch cost. */
export interface StretchCost {
  readonly tokens: number
  readonly milliseconds: number
}

/**
 * Puts the pieces of a reply in the order in which they are read. Tags and blank stretches are left out; reasoning that only these
 * keep apart is one section, and so is an answer. While a reply grows, sections and steps are only added, and only the last
 * text grows, unless the parser reclassifies a block.
 */
export function arrangeReply(view: ReplyView): ReplySection[] {
  const sections: ReplySection[] = []
  let isApart = false // a tag stands between this text and the text before it
  let start = 0
  let end = 0
  for (const { blockId, isMarkup, text } of view.pieces) {
    start = end
    end += text.length
    const block = blockId === undefined ? undefined : view.blocks[blockId]
    if (isMarkup && block?.reclassified !== true) {
      isApart = true
      continue
    }
    const channel = block?.channel ?? 'outside'
    const last = sections.at(-1)
    if (isReasoning(channel)) {
      if (text.trim() === '') continue
      const before = last?.type === 'reasoning' ? last.steps : []
      const step = before.at(-1)
      const steps =
        !isApart && step?.kind === channel
          ? [...before.slice(0, -1), { kind: channel, text: step.text + text, start: step.start, end }]
          : [...before, { kind: channel, text, start, end }]
      if (last?.type === 'reasoning') sections[sections.length - 1] = { type: 'reasoning', steps }
      else sections.push({ type: 'reasoning', steps })
    } else if (last?.type === 'answer') {
      const between = isApart && text.trim() !== '' ? '\n\n' : ''
      sections[sections.length - 1] = { ...last, text: last.text + between + text, end }
    } else if (text.trim() === '') {
      continue
    } else {
      sections.push({ type: 'answer', text, start, end })
    }
    isApart = false
  }
  return sections
}

/** What a step of the reasoning cost; undefined where nothing tells. */
export function costOfStep(view: ReplyView, { kind, start, end }: ReasoningStep): StretchCost | undefined {
  const cost = costBetween(view, start, end)
  return cost && { tokens: cost.tokens[kind], milliseconds: cost.elapsedMs }
}

/** What all reasoning of a reply cost; undefined where nothing tells. */
export function costOfReasoning(view: ReplyView, sections: readonly ReplySection[]): StretchCost | undefined {
  const steps = sections.flatMap((section) => (section.type === 'reasoning' ? section.steps : []))
  const costs = steps.map((step) => costOfStep(view, step)).filter((cost) => cost !== undefined)
  if (costs.length === 0) return undefined
  const sum = (part: keyof StretchCost) => costs.reduce((total, cost) => total + cost[part], 0)
  return { tokens: sum('tokens'), milliseconds: sum('milliseconds') }
}

function isReasoning(channel: Channel): channel is ReasoningStep['kind'] {
  return channel === 'thinking' || channel === 'reflection'
}

/** The answer alone, as it is copied. */
export function answerOf(view: ReplyView): string {
  return arrangeReply(view)
    .flatMap((section) => (section.type === 'answer' ? [section.text.trim()] : []))
    .join('\n\n')
}
