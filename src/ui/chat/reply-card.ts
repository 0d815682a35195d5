import { html, nothing, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import { ChevronDown, CloudUpload, Copy, Ellipsis, RotateCcw } from 'lucide'
import type { ReplyNode } from '../../core/chat/conversation.ts'
import type { ReflectionError } from '../../core/errors.ts'
import { arrangeReply, type ReasoningSection, type ReplySection } from '../../core/reply/arrange-reply.ts'
import type { CurrentRun } from '../../state/chat-session.ts'
import { remedyFor, type Remedy } from '../../state/remedy-for.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import type { ReplyView } from '../../state/reply-view.ts'
import { failureText, failureWords } from '../parts/failure-text.ts'
import { iconButton } from '../parts/icon-button.ts'
import { icon } from '../parts/icon.ts'
import { refusedCopy, type CopyOutcome } from './copied-note.ts'
import { fetchedTimeline } from './fetched-reasoning.ts'
import { reasoningPill } from './reasoning-pill.ts'
import { replyStatistics } from './reply-statistics.ts'
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
  /** Whether it was written here since the chat was opened: what failed before is no news. */
  readonly isNews: boolean
  readonly mode: ThinkingMode
  /** As the user set it; absent as long as they did not. */
  readonly isReasoningOpen: boolean | undefined
  readonly showsRaw: boolean
  readonly showsStatistics: boolean
  /** Whether answers can be rendered; they are plain text as long as not. */
  readonly hasMarkdown: boolean
  /** Whether the page around may add to what is done with it. */
  readonly hasSlot: boolean
  readonly branches: TemplateResult | typeof nothing
  /** What to do about the model, where this reply failed together with it; absent as a rule. */
  readonly modelRemedy: TemplateResult | undefined
  /** Why it could not go on; absent as a rule. */
  readonly refusal: ReflectionError | undefined
  /** Whether the model was lost and comes back by itself. */
  readonly isReturning: boolean
  readonly copied: CopyOutcome | undefined
  readonly locale: Locale
  readonly actions: ReplyActions
}

export interface ReplyActions {
  readonly onToggleReasoning: (isOpen: boolean) => void
  /** Copies the answer. */
  readonly onCopy: () => void
  /** Shows what else there is to do, beside a button. */
  readonly onMore: (button: HTMLElement) => void
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
      class="message reply ${props.isLast ? 'last' : ''}"
      part="message reply"
      data-node=${node.id}
      aria-label=${words.reply.label}
      aria-busy=${isStreaming ? 'true' : 'false'}
    >
      ${droppedNotice(props)} ${serverMark(props)}
      ${props.showsRaw ? asWritten(node.content, 'raw', locale) : body(sections, isStreaming, props)}
      ${
        isStreaming && sections.length === 0
          ? html`<p class="reasoning pill live">
              <span class="pill-dot"></span>
              <span class="pill-name">${beginningWords(run, words)}</span>
            </p>`
          : nothing
      }
      ${isWrittenElsewhere && sections.at(-1)?.type === 'answer' ? html`<p class="waiting">${words.reply.elsewhere}</p>` : nothing}
      ${forcedNotice(props)} ${endNotice(props, sections)}
      ${props.refusal === undefined ? nothing : html`<p class="notice" role="alert">${failureWords(props.refusal, locale).sentence}</p>`}
      <footer class="reply-footer">
        ${props.showsStatistics ? replyStatistics(view, isStreaming, locale) : nothing}
        ${isStreaming || node.status === 'failed' ? nothing : replyButtons(props, sections)}
      </footer>
    </article>
  `
}

/** What goes on before the first word. */
function beginningWords(run: CurrentRun | undefined, { reply, waits }: Locale['words']): string {
  if (run?.isStopping === true) return reply.stopping
  return run?.waitsFor === undefined ? reply.reading : waits[run.waitsFor]
}

function body(sections: readonly ReplySection[], isStreaming: boolean, props: ReplyCardProps): unknown {
  return repeat(
    sections,
    (section, index) => `${index}${section.type}`,
    (section, index) => {
      const isGrowing = isStreaming && index === sections.length - 1
      if (section.type === 'reasoning') return reasoning(section, isGrowing, props)
      if (!props.hasMarkdown) return asWritten(section.text, 'answer plain', props.locale)
      const content = { text: section.text, isWhole: !isGrowing }
      return html`<st-markdown
        class="answer"
        part="answer"
        .labels=${props.locale.words.markdown}
        .content=${content}
      ></st-markdown>`
    },
  )
}

function asWritten(text: string, name: string, { words }: Locale): TemplateResult {
  return html`<st-raw-text class=${name} .labels=${words.markdown} .text=${text}></st-raw-text>`
}

function reasoning(section: ReasoningSection, isGrowing: boolean, props: ReplyCardProps): TemplateResult {
  const { view, mode, locale, isReasoningOpen, actions } = props
  if (mode === 'hidden' && !isGrowing) return html`${nothing}`
  const isOpen = isReasoningOpen ?? mode === 'advanced'
  const showsLine = mode !== 'hidden' && !isOpen
  const content = reasoningPill(view, section, { isGrowing, showsLine }, locale)
  const state = isGrowing ? (section.steps.at(-1)?.kind === 'reflection' ? 'live checking' : 'live') : ''
  if (mode === 'hidden') return html`<p class="reasoning pill ${state}">${content}</p>`
  const onClick = (event: Event) => {
    event.preventDefault() // it opens when it is drawn with what is in it, so that its height can be animated
    actions.onToggleReasoning(!isOpen)
  }
  return html`
    <details class="reasoning" part="reasoning" ?open=${isOpen}>
      <summary class="pill ${state}" @click=${onClick}>${content} ${icon(ChevronDown)}</summary>
      ${isOpen ? steps(section, isGrowing, props) : nothing}
    </details>
  `
}

/** As they were written as long as what lays them out is not here. */
function steps(section: ReasoningSection, isGrowing: boolean, { view, mode, locale }: ReplyCardProps): TemplateResult {
  const timeline = fetchedTimeline()
  if (timeline !== undefined) return timeline(view, section, { showsCost: mode === 'advanced', isGrowing }, locale)
  const [first, last] = [section.steps[0], section.steps.at(-1)]
  return asWritten(view.text.slice(first?.start, last?.end), 'thought plain', locale)
}

function droppedNotice({ view: { prompt, usage }, locale }: ReplyCardProps): TemplateResult | typeof nothing {
  const dropped = prompt?.droppedMessages ?? usage?.droppedMessages ?? 0
  return dropped === 0 ? nothing : html`<p class="notice">${locale.words.reply.dropped(dropped)}</p>`
}

/** Stays with the reply, whatever model answers now. */
function serverMark({ node: { server }, locale }: ReplyCardProps): TemplateResult | typeof nothing {
  if (server === undefined) return nothing
  return html`<p class="notice leaves" dir="auto">${icon(CloudUpload)} ${locale.words.server.wroteThis(server)}</p>`
}

function forcedNotice({ view, mode, locale }: ReplyCardProps): TemplateResult | typeof nothing {
  const [first] = view.forced
  if (first === undefined || mode === 'hidden') return nothing
  const { answerAsked, budgetReached } = locale.words.reply
  return html`<p class="notice">${first.cause === 'answer-now' ? answerAsked : budgetReached}</p>`
}

function endNotice(props: ReplyCardProps, sections: readonly ReplySection[]): TemplateResult | typeof nothing {
  const { node, canAsk, isLast, locale, actions } = props
  const { words } = locale
  const canContinue = canAsk && isLast && node.content !== ''
  const continueButton = canContinue
    ? html`<button type="button" @click=${actions.onContinue}>${words.reply.continue}</button>`
    : nothing
  if (node.status === 'failed') {
    const code = node.errorCode ?? 'unexpected'
    const remedy = remedyFor(code)
    return html`<div class="failure" role=${props.isNews && isLast ? 'alert' : nothing}>
      ${failureText({ code, message: node.errorMessage ?? '' }, locale, newsOfEngine(remedy, props))}
      <div class="failure-actions">
        ${
          props.modelRemedy !== undefined || (isLast && !canAsk)
            ? (props.modelRemedy ?? nothing) // nothing else can be done before
            : remedy === 'edit'
              ? html`<button type="button" ?disabled=${!canAsk} @click=${actions.onEditQuestion}>
                  ${words.reply.editMessage}
                </button>`
              : html`<button type="button" ?disabled=${!canAsk} @click=${actions.onRegenerate}>
                  ${words.reply.tryAgain}
                </button>`
        }
        ${remedy === 'edit' ? nothing : continueButton} ${replyButtons(props, sections)}
      </div>
    </div>`
  }
  if (node.status === 'interrupted') {
    const isStopped = node.usage !== undefined || node.finishReason === 'abort'
    const text = isStopped ? words.reply.stopped : words.reply.interrupted
    return html`<p class="notice">${text} ${continueButton}</p>`
  }
  if (node.finishReason === 'length') return html`<p class="notice">${words.reply.lengthReached} ${continueButton}</p>`
  return nothing
}

/** How it stands with an engine that stopped, once there is more to say than to load the model again. */
function newsOfEngine(remedy: Remedy, { canAsk, isReturning, locale }: ReplyCardProps): string | undefined {
  if (remedy !== 'reload-model') return undefined
  if (isReturning) return locale.words.load.returns
  return canAsk ? locale.words.reply.engineBack : undefined
}

function replyButtons(props: ReplyCardProps, sections: readonly ReplySection[]): TemplateResult {
  const { actions, canAsk, copied, node, branches, locale } = props
  const { reply, markdown } = locale.words
  const hasAnswer = sections.some(({ type }) => type === 'answer')
  const news = copied === 'copied' ? markdown.copied : undefined
  return html`<div class="actions">
    ${hasAnswer ? iconButton({ label: reply.copyAnswer, icon: Copy, news, onClick: actions.onCopy }) : nothing}
    ${refusedCopy(copied, locale.words)}
    ${
      node.status === 'failed'
        ? nothing
        : iconButton({
            label: reply.regenerate,
            icon: RotateCcw,
            isDisabled: !canAsk,
            onClick: actions.onRegenerate,
          })
    }
    ${node.content === '' ? nothing : moreButton(reply.more, actions.onMore)} ${branches}
    ${props.hasSlot ? html`<slot name="message-actions"></slot>` : nothing}
  </div>`
}

function moreButton(label: string, onMore: (button: HTMLElement) => void): TemplateResult {
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${label}
    aria-haspopup="menu"
    aria-expanded="false"
    data-tooltip=${label}
    @click=${(event: Event) => onMore(event.currentTarget as HTMLElement)}
  >
    ${icon(Ellipsis)}
  </button>`
}
