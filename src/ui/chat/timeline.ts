import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReasoningSection, ReasoningStep } from '../../core/reply/arrange-reply.ts'
import { costOfStep, type ReplyView } from '../../state/reply-view.ts'
import type { Locale } from '../words/locales.ts'

/** A step of the reasoning with the check that follows it. */
interface Entry {
  /** Absent where a check follows nothing. */
  readonly step?: ReasoningStep
  readonly check?: ReasoningStep
}

/**
 * The reasoning as a list of steps. A check stands with the line that it checks, so that it reads as a correction of it.
 * @param showsCost - Whether time and tokens stand at each step.
 */
export function timeline(
  view: ReplyView,
  section: ReasoningSection,
  showsCost: boolean,
  locale: Locale,
): TemplateResult {
  const { words, format } = locale

  function cost(step: ReasoningStep): TemplateResult | typeof nothing {
    const spent = showsCost ? costOfStep(view, step) : undefined
    if (spent === undefined) return nothing
    const parts = [format.duration(spent.milliseconds / 1000), words.reply.tokens(spent.tokens)]
    return html`<span class="cost">${parts.join(' · ')}</span>`
  }

  function stepText(step: ReasoningStep, check: ReasoningStep | undefined): TemplateResult | typeof nothing {
    const { before, checked } = cutLastLine(step.text, check !== undefined)
    return html`${before === '' ? nothing : html`<st-growing-text class="thought" .text=${before}></st-growing-text>`}
    ${check === undefined ? nothing : correction(checked, check)}`
  }

  function correction(checked: string, check: ReasoningStep): TemplateResult {
    return html`<div class="correction" role="group" aria-label=${words.reply.check}>
      ${checked === '' ? nothing : html`<p class="checked">${checked}</p>`}
      <div class="check">
        <p class="check-head"><span class="check-name">${words.reply.check}</span> ${cost(check)}</p>
        <st-growing-text .text=${check.text}></st-growing-text>
      </div>
    </div>`
  }

  return html`<ol class="timeline">
    ${entriesOf(section.steps).map(
      ({ step, check }) =>
        html`<li class="entry">
          ${step === undefined ? nothing : html`${showsCost ? html`<p class="entry-head">${cost(step)}</p>` : nothing}`}
          ${step === undefined ? nothing : stepText(step, check)}
          ${step === undefined && check !== undefined ? correction('', check) : nothing}
        </li>`,
    )}
  </ol>`
}

/** Puts each check with the step before it; checks that follow each other get an entry each. */
function entriesOf(steps: readonly ReasoningStep[]): Entry[] {
  const entries: Entry[] = []
  for (const step of steps) {
    const last = entries.at(-1)
    if (step.kind === 'thinking') entries.push({ step })
    else if (last !== undefined && last.check === undefined) entries[entries.length - 1] = { ...last, check: step }
    else entries.push({ check: step })
  }
  return entries
}

/** The line that a check is about is the last before it. */
function cutLastLine(text: string, isChecked: boolean): { before: string; checked: string } {
  if (!isChecked) return { before: text, checked: '' }
  const at = text.lastIndexOf('\n')
  return { before: text.slice(0, Math.max(0, at)), checked: text.slice(at + 1) }
}
