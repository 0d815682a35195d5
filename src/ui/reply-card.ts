import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { ReplyNode } from '../core/chat/conversation.ts'
import { arrangeReply, costOfReasoning, type ReasoningStep, type ReplySection } from '../state/arrange-reply.ts'
import { describeFailure } from '../state/describe-failure.ts'
import type { CurrentRun } from '../state/chat-session.ts'
import type { ReplyView } from '../state/reply-view.ts'
import { formatCount, formatSeconds } from './format-quantity.ts'
import { replyStatistics } from './reply-statistics.ts'

export interface ReplyCardProps {
  readonly node: ReplyNode
  readonly view: ReplyView
  /** Absent when this reply is not being written. */
  readonly run: CurrentRun | undefined
  /** Whether anything may be asked of the model now. */
  readonly canAsk: boolean
  readonly isLast: boolean
  /** Whether its reasoning was open when the reply appeared; the user opens and closes it from then on. */
  readonly isReasoningOpen: boolean
  readonly branches: TemplateResult | typeof nothing
  readonly wasCopied: boolean
  readonly actions: ReplyActions
}

export interface ReplyActions {
  readonly onToggleReasoning: (isOpen: boolean) => void
  readonly onCopy: () => void
  readonly onRegenerate: () => void
  readonly onContinue: () => void
  readonly onEditQuestion: () => void
}

export function replyCard(props: ReplyCardProps): TemplateResult {
  const { node, view, run } = props
  const sections = arrangeReply(view)
  const isStreaming = node.status === 'streaming'
  return html`
    <article class="message reply" aria-label="Reply" aria-busy=${isStreaming ? 'true' : 'false'}>
      ${droppedNotice(view)}
      ${repeat(
        sections,
        (section, index) => `${index}${section.type}`,
        (section, index) => sectionOf(section, isStreaming && index === sections.length - 1, props),
      )}
      ${isStreaming && sections.length === 0 ? html`<p class="waiting">${waitingWords(run)}</p>` : nothing}
      ${forcedNotice(view)} ${endNotice(props)}
      <footer class="reply-footer">
        ${replyStatistics(view, isStreaming)} ${isStreaming ? nothing : replyButtons(props, sections)}
      </footer>
    </article>
  `
}

function sectionOf(section: ReplySection, isGrowing: boolean, props: ReplyCardProps): TemplateResult {
  if (section.type === 'answer') {
    const content = { text: section.text, isWhole: !isGrowing }
    return html`<st-markdown class="answer" .content=${content}></st-markdown>`
  }
  const { steps } = section
  const onClick = (event: Event) => {
    const details = (event.currentTarget as HTMLElement).parentElement as HTMLDetailsElement
    props.actions.onToggleReasoning(!details.open)
  }
  return html`
    <details class="reasoning" ?open=${props.isReasoningOpen}>
      <summary @click=${onClick}>
        <span class="reasoning-name">${reasoningName(props.view, section, isGrowing)}</span>
        <span class="reasoning-size">${reasoningSize(props.view, section)}</span>
      </summary>
      <div class="steps">
        ${steps.map((step) =>
          step.kind === 'reflection'
            ? html`<aside class="check" aria-label="Check">
                <span class="check-name" aria-hidden="true">Check</span>
                <st-growing-text .text=${step.text.trim()}></st-growing-text>
              </aside>`
            : html`<st-growing-text class="thought" .text=${step.text.trim()}></st-growing-text>`,
        )}
      </div>
    </details>
  `
}

function reasoningName(view: ReplyView, section: ReplySection, isGrowing: boolean): string {
  if (isGrowing) return 'Thinking…'
  const cost = costOfReasoning(view, [section])
  return cost === undefined ? 'Thinking' : `Thought for ${formatSeconds(cost.milliseconds / 1000)}`
}

function reasoningSize(view: ReplyView, section: ReplySection): string {
  const steps: readonly ReasoningStep[] = section.type === 'reasoning' ? section.steps : []
  const checks = steps.filter(({ kind }) => kind === 'reflection').length
  const count = costOfReasoning(view, [section])?.tokens ?? 0
  const parts = [
    ...(count > 0 ? [formatCount(count, 'token')] : []),
    ...(checks > 0 ? [formatCount(checks, 'check')] : []),
  ]
  return parts.join(' · ')
}

function waitingWords(run: CurrentRun | undefined): string {
  return run?.isStopping === true ? 'Stopping…' : 'Reading…'
}

function droppedNotice({ prompt, usage }: ReplyView): TemplateResult | typeof nothing {
  const dropped = prompt?.droppedMessages ?? usage?.droppedMessages ?? 0
  if (dropped === 0) return nothing
  return html`<p class="notice">
    The model's window is full: ${formatCount(dropped, 'earlier message')} ${dropped === 1 ? 'was' : 'were'} left out of
    what it read for this reply.
  </p>`
}

function forcedNotice({ forced }: ReplyView): TemplateResult | typeof nothing {
  const [first] = forced
  if (first === undefined) return nothing
  return html`<p class="notice">
    ${
      first.cause === 'answer-now'
        ? 'You asked for the answer now, so the thinking was ended there.'
        : 'The thinking reached its budget and was ended there.'
    }
  </p>`
}

function endNotice({ node, canAsk, isLast, actions }: ReplyCardProps): TemplateResult | typeof nothing {
  const canContinue = canAsk && isLast && node.content !== ''
  const continueButton = canContinue
    ? html`<button type="button" @click=${actions.onContinue}>Continue</button>`
    : nothing
  if (node.status === 'failed') {
    const { title, remedy } = describeFailure(node.errorCode ?? 'unexpected')
    return html`<div class="failure" role="alert">
      <p class="failure-title">${title}</p>
      <p>${node.errorMessage ?? ''}</p>
      <p class="failure-actions">
        ${
          remedy === 'edit'
            ? html`<button type="button" ?disabled=${!canAsk} @click=${actions.onEditQuestion}>
                Edit the message
              </button>`
            : html`<button type="button" ?disabled=${!canAsk} @click=${actions.onRegenerate}>Try again</button>`
        }
        ${remedy === 'edit' ? nothing : continueButton}
      </p>
    </div>`
  }
  if (node.status === 'interrupted') return html`<p class="notice">Stopped. ${continueButton}</p>`
  if (node.finishReason === 'length') {
    return html`<p class="notice">The reply stopped because its limit of tokens was reached. ${continueButton}</p>`
  }
  return nothing
}

function replyButtons(props: ReplyCardProps, sections: readonly ReplySection[]): TemplateResult {
  const { actions, canAsk, wasCopied, node, branches } = props
  const hasAnswer = sections.some(({ type }) => type === 'answer')
  return html`<div class="actions">
    ${branches}
    ${
      hasAnswer
        ? html`<button type="button" class="quiet" @click=${actions.onCopy}>
            ${wasCopied ? 'Copied' : 'Copy answer'}
          </button>`
        : nothing
    }
    ${
      node.status === 'failed'
        ? nothing
        : html`<button type="button" class="quiet" ?disabled=${!canAsk} @click=${actions.onRegenerate}>
            Regenerate
          </button>`
    }
  </div>`
}
