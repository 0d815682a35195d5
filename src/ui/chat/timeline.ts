import { html, nothing, type TemplateResult } from 'lit/html.js'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import { Check, Eye, RotateCcw } from 'lucide'
import type { ReasoningSection, ReasoningStep } from '../../core/reply/arrange-reply.ts'
import { judgeCheck } from '../../core/reply/judge-check.ts'
import { lastLineOf } from '../../core/reply/last-line.ts'
import { BOUNDS } from './markdown/bounds.ts'
import { costOfStep, type ReplyView } from '../../state/reply-view.ts'
import { icon, type IconShape } from '../parts/icon.ts'
import type { Locale } from '../words/locales.ts'

/** A step of the reasoning with the check that follows it. */
interface Entry {
  /** Absent where a check follows nothing. */
  readonly step?: ReasoningStep
  readonly check?: ReasoningStep
}

export interface TimelineOptions {
  /** Whether time and tokens stand at each step. */
  readonly showsCost: boolean
  /** Whether the last step is still being written. */
  readonly isGrowing: boolean
}

/** The reasoning as a list of steps on a rail. A check stands with the line that it checks, as one figure: what was, and what holds now. */
export function timeline(
  view: ReplyView,
  section: ReasoningSection,
  { showsCost, isGrowing }: TimelineOptions,
  locale: Locale,
): TemplateResult {
  const { words, format } = locale
  const last = section.steps.at(-1)

  function cost(step: ReasoningStep | undefined): string {
    const spent = showsCost && step !== undefined ? costOfStep(view, step) : undefined
    if (spent === undefined) return ''
    return [format.duration(spent.milliseconds / 1000), words.reply.tokens(spent.tokens)].join(' · ')
  }

  function entry({ step, check }: Entry): unknown {
    const isOpen = isGrowing && check !== undefined && check === last
    const costs = [cost(step), cost(check)] as const
    const checked = check === undefined ? '' : lineBeforeCheck(step?.text ?? '')
    return guard([step?.text, check?.text, isOpen, ...costs, locale], () => {
      const before = check === undefined ? (step?.text ?? '') : beforeThat(step?.text ?? '', checked)
      const thought = html`<st-growing-text class="thought" .text=${before}></st-growing-text>`
      return html`
        ${before === '' ? nothing : withCost(thought, costs[0])}
        ${check === undefined ? nothing : figure(checked, check.text, isOpen, [before === '' ? costs[0] : '', costs[1]])}
      `
    })
  }

  /** A check and the line that it is about. @param spent - On the line, where it stands alone, and on the check. */
  function figure(checked: string, text: string, isOpen: boolean, spent: readonly [string, string]): TemplateResult {
    const line = checked === '' ? nothing : withCost(html`<p class="checked" dir="auto">${checked}</p>`, spent[0])
    if (isOpen) return figureOf('open', Eye, words.reply.checking, line, undefined, text, spent[1])
    const { verdict, right, reason } = judgeCheck(text, checked)
    if (verdict === 'confirmed') return figureOf('confirmed', Check, undefined, line, undefined, reason, spent[1])
    if (verdict === 'unknown') return figureOf('seen', Eye, words.reply.check, line, undefined, reason, spent[1])
    const struck = html`<p class="checked">
      <span class="unseen">${words.reply.was}</span> <s dir="auto">${checked}</s>
    </p>`
    const name = right === undefined ? words.reply.correction : words.reply.nowIs
    const was = checked === '' ? nothing : withCost(struck, spent[0])
    return figureOf('corrected', RotateCcw, name, was, right, reason, spent[1])
  }

  function figureOf(
    kind: string,
    shape: IconShape,
    name: string | undefined,
    checked: TemplateResult | typeof nothing,
    right: string | undefined,
    reason: string,
    spent: string,
  ): TemplateResult {
    return html`<div class="correction ${kind}" role="group" aria-label=${words.reply.check}>
      <span class="rail-mark">${icon(shape)}</span>
      ${checked}
      <div class="check">
        ${name === undefined ? nothing : html`<p class=${right === undefined && kind !== 'open' ? 'check-name' : 'unseen'}>${name}</p>`}
        ${right === undefined ? nothing : html`<p class="now" dir="auto">${right}</p>`}
        ${withCost(html`<st-growing-text class="reason" dir="auto" .text=${reason}></st-growing-text>`, spent)}
      </div>
    </div>`
  }

  /** Steps that are too many to be laid out, as they were written. */
  function asWritten(entries: readonly Entry[]): TemplateResult | typeof nothing {
    const [first, end] = [entries[0], entries.at(-1)]
    if (first === undefined) return nothing
    const start = (first.step ?? first.check)?.start
    const text = view.text.slice(start, (end?.check ?? end?.step)?.end)
    return html`<li class="entry">
      <p class="notice">${words.reply.plainSteps(entries.length)}</p>
      <st-raw-text class="thought" .labels=${words.markdown} .text=${text}></st-raw-text>
    </li>`
  }

  const entries = entriesOf(section.steps)
  const plainCount = Math.max(0, entries.length - BOUNDS.steps)
  return html`<ol class="timeline">
    ${asWritten(entries.slice(0, plainCount))}
    ${repeat(
      entries.slice(plainCount),
      (_, index) => plainCount + index,
      (one) => html`<li class="entry">${entry(one)}</li>`,
    )}
  </ol>`
}

/** What was written, with what it took at the end of its line; figures never stand alone. */
function withCost(written: TemplateResult, spent: string): TemplateResult {
  return spent === ''
    ? written
    : html`<div class="step">
        ${written}
        <p class="cost">${spent}</p>
      </div>`
}

/** Puts each check with the step before it; checks that follow each other get an entry each, and a step that says nothing gets none. */
function entriesOf(steps: readonly ReasoningStep[]): Entry[] {
  const entries: Entry[] = []
  for (const step of steps) {
    const last = entries.at(-1)
    if (step.kind === 'thinking') entries.push({ step })
    else if (last !== undefined && last.check === undefined) entries[entries.length - 1] = { ...last, check: step }
    else entries.push({ check: step })
  }
  return entries.filter(({ step, check }) => check !== undefined || step?.text !== '')
}

/** What a check after a text is about; the end of it where it is very long. */
function lineBeforeCheck(text: string): string {
  return lastLineOf(text).slice(-BOUNDS.checkedLine)
}

function beforeThat(text: string, line: string): string {
  return text.slice(0, text.length - line.length).replace(/\n$/, '')
}
