import { html, nothing, type TemplateResult } from 'lit'
import type { ReplyView } from '../state/reply-view.ts'
import { formatSeconds } from './format-quantity.ts'

/** What a reply cost, in one line; empty before its first token. */
export function replyStatistics(view: ReplyView, isStreaming: boolean): TemplateResult | typeof nothing {
  const facts = replyFacts(view, isStreaming)
  if (facts.length === 0) return nothing
  return html`<p class="statistics">
    ${facts.map((fact, index) => html`${index > 0 ? ' · ' : ''}<span>${fact}</span>`)}
  </p>`
}

export function replyFacts({ standing: { tokens }, usage, prompt }: ReplyView, isStreaming: boolean): string[] {
  const channels = [
    [tokens.thinking, 'thinking'],
    [tokens.reflection, 'checking'],
    [tokens.output, 'answer'],
  ] as const
  const counts = channels.filter(([count]) => count > 0).map(([count, name]) => `${count.toLocaleString('en')} ${name}`)
  if (counts.length === 0) return []
  const facts = [`Tokens: ${counts.join(', ')}`]
  if (isStreaming || usage === undefined) return facts
  const { decodeTokensPerSecond: rate, timeToFirstTokenMs, reusedTokens } = usage
  if (rate !== undefined) facts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} tokens/s`)
  facts.push(`first token after ${formatSeconds(timeToFirstTokenMs / 1000)}`)
  const read = prompt?.tokens ?? usage.promptTokens
  if (reusedTokens > 0)
    facts.push(`${reusedTokens.toLocaleString('en')} of ${read.toLocaleString('en')} prompt tokens reused`)
  return facts
}
