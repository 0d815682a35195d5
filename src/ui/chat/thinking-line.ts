import { html, type TemplateResult } from 'lit/html.js'
import { costOfReasoning, type ReasoningStep, type ReplySection } from '../../state/arrange-reply.ts'
import type { ReplyView } from '../../state/reply-view.ts'
import type { Locale } from '../words/locales.ts'

export type ReasoningSection = Extract<ReplySection, { type: 'reasoning' }>

/** One quiet line about a stretch of reasoning: what goes on in it, or how long it took. */
export function thinkingLine(
  view: ReplyView,
  section: ReasoningSection,
  isGrowing: boolean,
  locale: Locale,
): TemplateResult {
  const { words, format } = locale
  const cost = costOfReasoning(view, [section])
  const duration = cost === undefined ? undefined : format.duration(cost.milliseconds / 1000)
  const checks = section.steps.filter(isCheck).length
  const facts = [
    ...(isGrowing && duration !== undefined ? [duration] : []),
    ...(!isGrowing && checks > 0 ? [words.reply.checks(checks)] : []),
  ]
  return html`<span class="reasoning-name">${name()}</span> <span class="reasoning-facts">${facts.join(' · ')}</span>`

  function name(): string {
    const last = section.steps.at(-1)
    if (isGrowing) return last !== undefined && isCheck(last) ? words.reply.checking : words.reply.thinking
    return duration === undefined ? words.reply.thought : words.reply.thoughtFor(duration)
  }
}

function isCheck({ kind }: ReasoningStep): boolean {
  return kind === 'reflection'
}
