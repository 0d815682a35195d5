import { html, type TemplateResult } from 'lit/html.js'
import { countChecks, type ReasoningSection } from '../../core/reply/arrange-reply.ts'
import { costOfSteps, type ReplyView } from '../../state/reply-view.ts'
import type { Locale } from '../words/locales.ts'

/** One quiet line about a stretch of reasoning: what goes on in it, or how long it took. */
export function thinkingLine(
  view: ReplyView,
  section: ReasoningSection,
  isGrowing: boolean,
  locale: Locale,
): TemplateResult {
  const { words, format } = locale
  const cost = costOfSteps(view, section.steps)
  const duration = cost === undefined ? undefined : format.duration(cost.milliseconds / 1000)
  const checks = countChecks(section.steps)
  const facts = [
    ...(isGrowing && duration !== undefined ? [duration] : []),
    ...(!isGrowing && checks > 0 ? [words.reply.checks(checks)] : []),
  ]
  return html`<span class="reasoning-name">${name()}</span> <span class="reasoning-facts">${facts.join(' · ')}</span>`

  function name(): string {
    const last = section.steps.at(-1)
    if (isGrowing) return last?.kind === 'reflection' ? words.reply.checking : words.reply.thinking
    return duration === undefined ? words.reply.thought : words.reply.thoughtFor(duration)
  }
}
