import type { ReplyPart } from './fold-reply.ts'
import type { PartedReply } from './reply-texts.ts'

/** A part of a reply as it is read: reasoning with its checks inside, or a piece of the answer. */
export type ReplySection = ReasoningSection | AnswerSection

export interface ReasoningSection {
  readonly type: 'reasoning'
  readonly steps: readonly ReasoningStep[]
}

/** Tags keep pieces of an answer apart; each is a Markdown document of its own, with the white space around it. */
export interface AnswerSection extends Stretch {
  readonly type: 'answer'
}

/** A stretch of thinking, or a check of the stretch before it; without the white space around it. */
export type ReasoningStep = ThinkingStep | CheckStep

export interface ThinkingStep extends Stretch {
  readonly kind: 'thinking'
}

export interface CheckStep extends Stretch {
  readonly kind: 'reflection'
  /** The same in all steps of a check that thinking interrupts. */
  readonly check: number
}

/** A run of text, and where it stands in the raw reply, in UTF-16 code units, `end` exclusive. */
export interface Stretch {
  readonly text: string
  readonly start: number
  readonly end: number
}

/**
 * Puts the parts of a reply in the order in which they are read; reasoning that only tags keep apart is one section. While a reply grows,
 * sections and steps are only added, and only the last text grows, unless the parser reclassifies a block.
 */
export function arrangeReply({ text, parts }: PartedReply): ReplySection[] {
  const sections: ReplySection[] = []
  let steps: ReasoningStep[] = [] // of the last section, if it is reasoning
  for (const part of parts) {
    const stretch = { text: text.slice(part.start, part.end), start: part.start, end: part.end }
    if (part.channel === 'output') {
      sections.push({ type: 'answer', ...stretch })
      continue
    }
    if (sections.at(-1)?.type !== 'reasoning') {
      steps = []
      sections.push({ type: 'reasoning', steps })
    }
    addStep(steps, part, stretch)
  }
  return sections
}

/** A tag in the middle of a check does not make it two. */
function addStep(steps: ReasoningStep[], part: Exclude<ReplyPart, { channel: 'output' }>, stretch: Stretch): void {
  const trimmed = { ...stretch, text: stretch.text.trim() }
  const last = steps.at(-1)
  if (part.channel === 'thinking') steps.push({ kind: 'thinking', ...trimmed })
  else if (last?.kind === 'reflection' && last.check === part.check) {
    steps[steps.length - 1] = { ...last, text: `${last.text}\n${trimmed.text}`, end: part.end }
  } else steps.push({ kind: 'reflection', check: part.check, ...trimmed })
}

/** All reasoning of a reply in its order. */
export function stepsOf(reply: PartedReply): ReasoningStep[] {
  return arrangeReply(reply).flatMap((section) => (section.type === 'reasoning' ? section.steps : []))
}

/** How many checks some steps hold. */
export function countChecks(steps: readonly ReasoningStep[]): number {
  return new Set(steps.flatMap((step) => (step.kind === 'reflection' ? [step.check] : []))).size
}
