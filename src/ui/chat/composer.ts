import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { ArrowUp, ChevronDown, CloudUpload, Eye, Square, TriangleAlert } from 'lucide'
import type { MessageDraft } from '../../core/chat/message-draft.ts'
import type { CurrentRun } from '../../state/chat-session.ts'
import type { ThinkingMode } from '../../state/preferences.ts'
import { directionOfText } from '../parts/direction-of-text.ts'
import { icon } from '../parts/icon.ts'
import { composerKeys } from '../parts/keys.ts'
import type { Words } from '../words/locales.ts'
import { draftListeners } from './draft-field.ts'
import type { ShowAttachedTexts } from './fetched-attached-texts.ts'

export interface ComposerProps {
  /** As it is now, which may be later than what is drawn. */
  readonly draft: () => MessageDraft
  /** What stands in the empty field once a message can be sent; undefined for our own words. */
  readonly placeholder: string | undefined
  /** Whether the field takes the focus when it comes. */
  readonly takesFocus: boolean
  /** Why the draft was not sent; absent when it was not refused. */
  readonly refusal: string | undefined
  /** What has to happen before the draft can be sent, once someone tried, or else with it; nothing is wrong with it. */
  readonly news: string | undefined
  /** Whether a message could be sent now, were there one. */
  readonly isReady: boolean
  readonly isLoading: boolean
  /** Why no model can answer before the user does something about it; undefined where one can, or will. */
  readonly idle: 'failed' | 'unfit' | 'cancelled' | 'paused' | undefined
  /** Whether there is something to send. */
  readonly hasText: boolean
  readonly run: CurrentRun | undefined
  readonly canAnswerNow: boolean
  /** Why the answer cannot be asked for now; absent where it can. */
  readonly noAnswerNow: string | undefined
  /** The server that what is written goes to; absent where it stays on this device. */
  readonly server: string | undefined
  /** Whether another page writes a reply here. */
  readonly isWrittenElsewhere: boolean
  /** How thinking is shown. */
  readonly mode: ThinkingMode
  readonly words: Words
  readonly onDraft: (draft: MessageDraft) => void
  readonly showAttached: ShowAttachedTexts
  /** The user wants to read or change an attached text. */
  readonly onOpen: (index: number) => void
  /** The user wants to change the message that they sent last. */
  readonly onEditLast: () => void
  /** May come at any time, also when nothing can be sent. */
  readonly onSend: () => void
  readonly onStop: () => void
  readonly onAnswerNow: () => void
  /** Asks for the ways in which thinking can be shown, beside a button. */
  readonly onModes: (button: HTMLElement) => void
}

/** Where messages are written: a field, and below it what one does with it, all on one surface. */
export function composer(props: ComposerProps): TemplateResult {
  const { refusal, news, server, isLoading, idle, isWrittenElsewhere, mode } = props
  const words = props.words.composer
  const { text } = props.draft()
  const { onBeforeInput, onInput, onUndo } = draftListeners(props)
  const told = [...(refusal === undefined ? [] : ['refusal']), ...(server === undefined ? [] : ['leaves'])]
  const modeName = props.words.thinkingModes.names[mode]
  const onSubmit = (event: Event) => {
    event.preventDefault()
    props.onSend()
  }
  return html`
    <form class="composer" part="composer" aria-label=${words.form} @submit=${onSubmit}>
      ${isWrittenElsewhere ? html`<p class="hint">${words.elsewhere}</p>` : nothing}
      <p class="hint" role="status">${news ?? nothing}</p>
      ${
        server === undefined
          ? nothing
          : html`<p class="hint leaves" id="leaves">${icon(CloudUpload)} ${props.words.server.sends(server)}</p>`
      }
      <div class="composer-surface ${idle === undefined ? '' : 'idle'}" @click=${focusField}>
        ${
          refusal === undefined
            ? nothing
            : html`<p class="refusal" role="alert" id="refusal">${icon(TriangleAlert)}<span>${refusal}</span></p>`
        }
        ${props.showAttached(props)}
        <textarea
          autocomplete="off"
          id="message"
          dir=${directionOfText(text)}
          aria-label=${words.label}
          aria-describedby=${told.length === 0 ? nothing : told.join(' ')}
          placeholder=${isLoading ? words.placeholderLoading : idle !== undefined ? words.placeholderIdle[idle] : (props.placeholder ?? words.placeholder)}
          rows=${Math.min(10, text.split('\n', 10).length)}
          .value=${live(text)}
          @beforeinput=${onBeforeInput}
          @input=${onInput}
          @keydown=${composerKeys({ ...props, onUndo })}
          ?autofocus=${props.takesFocus}
          part="field"
        ></textarea>
        <div class="composer-row">
          <button
            type="button"
            class="chip"
            aria-haspopup="menu"
            aria-expanded="false"
            aria-label=${words.mode(modeName)}
            data-tooltip=${words.mode(modeName)}
            @click=${(event: Event) => props.onModes(event.currentTarget as HTMLElement)}
          >
            ${icon(Eye)} <span>${modeName}</span> ${icon(ChevronDown)}
          </button>
          <span class="composer-end">${answerNowButton(props)} ${mainButton(props)}</span>
        </div>
      </div>
    </form>
  `
}

function answerNowButton(props: ComposerProps): TemplateResult | typeof nothing {
  const { run, canAnswerNow, noAnswerNow, words, onAnswerNow } = props
  if (run === undefined || !canAnswerNow) return nothing
  const { answering, answerNow } = words.composer
  if (noAnswerNow !== undefined) {
    return html`<button
      type="button"
      class="chip"
      aria-disabled="true"
      aria-description=${noAnswerNow}
      data-tooltip=${noAnswerNow}
    >
      ${answerNow}
    </button>`
  }
  return html`<button type="button" class="chip" ?disabled=${run.isAnswering || run.isStopping} @click=${onAnswerNow}>
    ${run.isAnswering ? answering : answerNow}
  </button>`
}

/** Sends, or stops what is written: in one place, but not one button, as what was pressed for one must not do the other. */
function mainButton({ run, isReady, hasText, words, onStop }: ComposerProps): TemplateResult {
  const { send, stop, stopping } = words.composer
  if (run === undefined) {
    return html`<button
      type="submit"
      class="round ${isReady && hasText ? 'primary' : ''}"
      part="send"
      aria-label=${send}
      aria-disabled=${isReady ? nothing : 'true'}
      data-tooltip=${send}
    >
      ${icon(ArrowUp)}
    </button>`
  }
  const label = run.isStopping ? stopping : stop
  return html`<button
    type="button"
    class="round stop"
    aria-label=${label}
    data-tooltip=${label}
    ?disabled=${run.isStopping}
    @click=${onStop}
  >
    ${icon(Square)}
  </button>`
}

/** All of the surface is the field, but for the buttons on it. */
function focusField({ currentTarget, target }: Event): void {
  const isButton = (target as Element).closest('button, textarea') !== null
  if (!isButton) (currentTarget as HTMLElement).querySelector('textarea')?.focus()
}
