import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReplyView } from '../../state/reply-view.ts'
import type { Locale } from '../words/locales.ts'

/** Facts that a narrow page has room for. */
const MOST_ON_A_PHONE = 3

/** What a reply cost, in one line; empty before its first token. */
export function replyStatistics(
  view: ReplyView,
  isStreaming: boolean,
  locale: Locale,
): TemplateResult | typeof nothing {
  const facts = replyFacts(view, isStreaming, locale)
  if (facts.length === 0) return nothing
  const isForWide = (index: number) => index >= MOST_ON_A_PHONE
  return html`<p class="statistics">
    ${facts.map((fact, index) => html`<span class=${isForWide(index) ? 'wide' : ''}>${index === 0 ? '' : ' · '}${fact}</span>`)}
  </p>`
}

/** What the line of statistics says, fact by fact; empty when nothing is known. @internal */
export function replyFacts(view: ReplyView, isStreaming: boolean, { words, format }: Locale): string[] {
  const { costSoFar, usage, prompt } = view
  const { thinking, reflection, output } = costSoFar.tokens
  const { statistics } = words
  const counts = [
    ...(thinking > 0 ? [statistics.thinking(thinking)] : []),
    ...(reflection > 0 ? [statistics.checking(reflection)] : []),
    ...(output > 0 ? [statistics.answer(output)] : []),
  ]
  if (counts.length === 0) return []
  const facts = [statistics.tokens(counts.join(', '))]
  if (isStreaming || usage === undefined) return facts
  const { decodeTokensPerSecond: rate, timeToFirstTokenMs, reusedTokens } = usage
  // An earlier version stored speeds that are no finite numbers.
  if (rate !== undefined && Number.isFinite(rate))
    facts.push(statistics.rate(format.number(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))))
  facts.push(statistics.firstToken(format.duration(timeToFirstTokenMs / 1000)))
  if (reusedTokens > 0) facts.push(statistics.reused(reusedTokens, prompt?.tokens ?? usage.promptTokens))
  return facts
}
