import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReasoningSection } from '../../core/reply/arrange-reply.ts'
import { countFindings } from './fetched-reasoning.ts'
import { costOfSteps, type ReplyView } from '../../state/reply-view.ts'
import { mark } from '../parts/mark.ts'
import type { Locale } from '../words/locales.ts'

/** Most of the current line that is shown: more than fits, UTF-16 code units. */
const LINE_SHOWN = 200
/** A line that has fewer says nothing yet. */
const LEAST_WORDS = 3

/**
 * What a pill says of a stretch of reasoning: what goes on in it, with its current line and for how long; afterwards what came of it.
 * @param showsLine - Whether the text of the thinking may be seen.
 */
export function reasoningPill(
  view: ReplyView,
  section: ReasoningSection,
  { isGrowing, showsLine }: { readonly isGrowing: boolean; readonly showsLine: boolean },
  locale: Locale,
): TemplateResult {
  const { words, format } = locale
  const seconds = (costOfSteps(view, section.steps)?.milliseconds ?? 0) / 1000
  const duration = seconds < 1 ? undefined : format.wholeDuration(seconds)
  if (!isGrowing) {
    const { checks, corrected } = countFindings(section.steps)
    return html`${mark()}<span class="pill-text"
        >${outcome(checks, corrected).map((fact, index) => html`${index === 0 ? '' : ' '}<span>${index === 0 ? '' : '· '}${fact}</span>`)}</span
      >`
  }
  const last = section.steps.at(-1)
  const isChecking = last?.kind === 'reflection'
  const line = showsLine ? currentLine(last?.text ?? '') : undefined
  return html`<span class="pill-dot"></span>
    <span class="pill-name">${isChecking ? words.reply.checking : words.reply.thinking}</span>
    ${line === undefined ? nothing : html`<span class="pill-line" aria-hidden="true"><bdi>${line}</bdi></span>`}
    ${duration === undefined ? nothing : html`<span class="pill-time">${duration}</span>`}`

  function outcome(checks: number, corrected: number): string[] {
    if (checks === 0) return [words.reply.thoughtFor(duration)]
    const facts =
      checks === 1 && corrected === 1
        ? [words.reply.correctedOnce]
        : [words.reply.checked(checks), ...(corrected === 0 ? [] : [words.reply.corrected(corrected)])]
    return [...facts, ...(duration === undefined ? [] : [duration])]
  }
}

/** The newest line that says something; where it is long, its end. */
function currentLine(text: string): string | undefined {
  const lines = text.slice(-2 * LINE_SHOWN).split('\n')
  const line = lines.findLast((one) => (one.match(/\p{Script=Han}|[\p{L}\p{N}]+/gu)?.length ?? 0) >= LEAST_WORDS)
  return line?.slice(-LINE_SHOWN).replace(/^[\uDC00-\uDFFF]/, '')
}
