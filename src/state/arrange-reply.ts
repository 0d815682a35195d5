import type { ReplyView } from './reply-view.ts'

/** A part of a reply as it is read: reasoning with its checks inside, or an answer. */
export type ReplySection =
  | { readonly type: 'reasoning'; readonly steps: readonly ReasoningStep[] }
  | { readonly type: 'answer'; readonly text: string }

/** A stretch of thinking, or a reflection on the stretch before it. */
export interface ReasoningStep {
  readonly kind: 'thinking' | 'reflection'
  readonly text: string
}

/**
 * Puts the pieces of a reply in the order in which they are read. Tags and blank stretches are left out; reasoning that only these
 * keep apart is one section, and so is an answer. While a reply grows, sections and steps are only added, and only the last
 * text grows, unless the parser reclassifies a block.
 */
export function arrangeReply(view: ReplyView): ReplySection[] {
  const sections: ReplySection[] = []
  let isApart = false // a tag stands between this text and the text before it
  for (const { blockId, isMarkup, text } of view.pieces) {
    const block = blockId === undefined ? undefined : view.blocks[blockId]
    if (isMarkup && block?.reclassified !== true) {
      isApart = true
      continue
    }
    const channel = block?.channel ?? 'outside'
    const last = sections.at(-1)
    if (channel === 'output' || channel === 'outside') {
      if (last?.type === 'answer') {
        const between = isApart && text.trim() !== '' ? '\n\n' : ''
        sections[sections.length - 1] = { type: 'answer', text: last.text + between + text }
      } else if (text.trim() !== '') {
        sections.push({ type: 'answer', text })
      } else continue
    } else {
      if (text.trim() === '') continue
      const before = last?.type === 'reasoning' ? last.steps : []
      const step = before.at(-1)
      const joined = !isApart && step?.kind === channel
      const steps = joined
        ? [...before.slice(0, -1), { kind: channel, text: step.text + text }]
        : [...before, { kind: channel, text }]
      if (last?.type === 'reasoning') sections[sections.length - 1] = { type: 'reasoning', steps }
      else sections.push({ type: 'reasoning', steps })
    }
    isApart = false
  }
  return sections
}

/** The answer alone, as it is copied. */
export function answerOf(view: ReplyView): string {
  return arrangeReply(view)
    .flatMap((section) => (section.type === 'answer' ? [section.text.trim()] : []))
    .join('\n\n')
}
