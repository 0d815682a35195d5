import { html, nothing, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ReplyNode } from '../../core/chat/conversation.ts'
import { arrangeReply, type ReasoningSection, type ReplySection } from '../../core/reply/arrange-reply.ts'
import type { CurrentRun } from '../../state/chat-session.ts'
import { remedyFor } from '../../state/remedy-for.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import type { ReplyView } from '../../state/reply-view.ts'
import { failureText } from '../parts/failure-text.ts'
import { replyStatistics } from './reply-statistics.ts'
import { thinkingLine } from './thinking-line.ts'
import { timeline } from './timeline.ts'
import type { Locale } from '../words/locales.ts'

export interface ReplyCardProps {
  readonly node: ReplyNode
  readonly view: ReplyView
  /** Absent when this reply is not being written here. */
  readonly run: CurrentRun | undefined
  readonly isWrittenElsewhere: boolean
  /** Whether anything may be asked of the model now. */
  readonly canAsk: boolean
  readonly isLast: boolean
  readonly mode: ThinkingMode
  /** As the user set it; absent as long as they did not. */
  readonly isReasoningOpen: boolean | undefined
  readonly showsRaw: boolean
  /** Whether answers can be rendered; they are plain text as long as not. */
  readonly hasMarkdown: boolean
  readonly branches: TemplateResult | typeof nothing
  readonly copied: 'answer' | 'all' | undefined
  readonly locale: Locale
  readonly actions: ReplyActions
}

export interface ReplyActions {
  readonly onToggleReasoning: (isOpen: boolean) => void
  readonly onToggleRaw: () => void
  readonly onCopy: (what: 'answer' | 'all') => void
  readonly onRegenerate: () => void
  readonly onContinue: () => void
  readonly onEditQuestion: () => void
}

export function replyCard(props: ReplyCardProps): TemplateResult {
  const { node, view, run, locale, isWrittenElsewhere } = props
  const { words } = locale
  const sections = arrangeReply(view)
  const isStreaming = node.status === 'streaming'
  return html`
    <article
      class="message reply"
      data-node=${node.id}
      aria-label=${words.reply.label}
      aria-busy=${isStreaming ? 'true' : 'false'}
    >
      ${droppedNotice(props)}
      ${props.showsRaw ? html`<pre class="raw" tabindex="0">${node.content}</pre>` : body(sections, isStreaming, props)}
      ${
        isStreaming && sections.length === 0
          ? html`<p class="waiting">${run?.isStopping === true ? words.reply.stopping : words.reply.reading}</p>`
          : nothing
      }
      ${isWrittenElsewhere ? html`<p class="notice">${words.reply.writtenElsewhere}</p>` : nothing}
      ${forcedNotice(props)} ${endNotice(props)}
      <footer class="reply-footer">
        ${replyStatistics(view, isStreaming, locale)} ${isStreaming ? nothing : replyButtons(props, sections)}
      </footer>
    </article>
  `
}

function body(sections: readonly ReplySection[], isStreaming: boolean, props: ReplyCardProps): unknown {
  return repeat(
    sections,
    (section, index) => `${index}${section.type}`,
    (section, index) => {
      const isGrowing = isStreaming && index === sections.length - 1
      if (section.type === 'reasoning') return reasoning(section, isGrowing, props)
      if (!props.hasMarkdown) return html`<p class="answer plain" dir="auto">${section.text}</p>`
      const content = { text: section.text, isWhole: !isGrowing }
      return html`<st-markdown class="answer" .labels=${props.locale.words.markdown} .content=${content}></st-markdown>`
    },
  )
}

function reasoning(section: ReasoningSection, isGrowing: boolean, props: ReplyCardProps): TemplateResult {
  const { view, mode, locale, isReasoningOpen, actions } = props
  const line = thinkingLine(view, section, isGrowing, locale)
  if (mode === 'hidden') return isGrowing ? html`<p class="reasoning thinking-line">${line}</p>` : html`${nothing}`
  const isOpen = isReasoningOpen ?? mode === 'advanced'
  const onClick = (event: Event) => {
    const details = (event.currentTarget as HTMLElement).parentElement as HTMLDetailsElement
    actions.onToggleReasoning(!details.open)
  }
  return html`
    <details class="reasoning" ?open=${isOpen}>
      <summary class="thinking-line" @click=${onClick}>${line}</summary>
      ${isOpen ? timeline(view, section, mode === 'advanced', locale) : nothing}
    </details>
  `
}

function droppedNotice({ view: { prompt, usage }, locale }: ReplyCardProps): TemplateResult | typeof nothing {
  const dropped = prompt?.droppedMessages ?? usage?.droppedMessages ?? 0
  return dropped === 0 ? nothing : html`<p class="notice">${locale.words.reply.dropped(dropped)}</p>`
}

function forcedNotice({ view, mode, locale }: ReplyCardProps): TemplateResult | typeof nothing {
  const [first] = view.forced
  if (first === undefined || mode === 'hidden') return nothing
  const { answerAsked, budgetReached } = locale.words.reply
  return html`<p class="notice">${first.cause === 'answer-now' ? answerAsked : budgetReached}</p>`
}

function endNotice({ node, canAsk, isLast, locale, actions }: ReplyCardProps): TemplateResult | typeof nothing {
  const { words } = locale
  const canContinue = canAsk && isLast && node.content !== ''
  const continueButton = canContinue
    ? html`<button type="button" @click=${actions.onContinue}>${words.reply.continue}</button>`
    : nothing
  if (node.status === 'failed') {
    const code = node.errorCode ?? 'unexpected'
    const remedy = remedyFor(code)
    return html`<div class="failure" role="alert">
      ${failureText({ code, message: node.errorMessage ?? '' }, locale)}
      <p class="failure-actions">
        ${
          remedy === 'edit'
            ? html`<button type="button" ?disabled=${!canAsk} @click=${actions.onEditQuestion}>
                ${words.reply.editMessage}
              </button>`
            : html`<button type="button" ?disabled=${!canAsk} @click=${actions.onRegenerate}>
                ${words.reply.tryAgain}
              </button>`
        }
        ${remedy === 'edit' ? nothing : continueButton}
      </p>
    </div>`
  }
  if (node.status === 'interrupted') {
    const text = node.usage === undefined ? words.reply.interrupted : words.reply.stopped
    return html`<p class="notice">${text} ${continueButton}</p>`
  }
  if (node.finishReason === 'length') return html`<p class="notice">${words.reply.lengthReached} ${continueButton}</p>`
  return nothing
}

function replyButtons(props: ReplyCardProps, sections: readonly ReplySection[]): TemplateResult {
  const { actions, canAsk, copied, node, branches, mode, showsRaw, locale } = props
  const { words } = locale
  const has = (type: ReplySection['type']) => sections.some((section) => section.type === type)
  const copyButton = (what: 'answer' | 'all', label: string) =>
    html`<button type="button" class="quiet" @click=${() => actions.onCopy(what)}>
      ${copied === what ? words.message.copied : label}
    </button>`
  return html`<div class="actions">
    ${branches} ${has('answer') ? copyButton('answer', words.reply.copyAnswer) : nothing}
    ${has('reasoning') && mode !== 'hidden' ? copyButton('all', words.reply.copyAll) : nothing}
    ${
      node.status === 'failed'
        ? nothing
        : html`<button type="button" class="quiet" ?disabled=${!canAsk} @click=${actions.onRegenerate}>
            ${words.reply.regenerate}
          </button>`
    }
    ${
      mode === 'advanced' && node.content !== ''
        ? html`<button type="button" class="quiet" aria-pressed=${String(showsRaw)} @click=${actions.onToggleRaw}>
            ${words.reply.raw}
          </button>`
        : nothing
    }
  </div>`
}
