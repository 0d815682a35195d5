import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import type { CurrentRun } from '../../state/chat-session.ts'
import { directBeforeInput, directionOfText } from '../parts/direction-of-text.ts'
import { composerKeys } from '../parts/keys.ts'
import type { Words } from '../words/en.ts'

export interface ComposerProps {
  readonly draft: string
  /** Why the draft was not sent; absent when it was not refused. */
  readonly refusal: string | undefined
  /** Whether a model is ready. */
  readonly isReady: boolean
  readonly isLoading: boolean
  readonly run: CurrentRun | undefined
  readonly canAnswerNow: boolean
  /** Whether another page writes a reply here. */
  readonly isWrittenElsewhere: boolean
  readonly words: Words
  readonly onDraft: (text: string) => void
  /** The user wants to change the message that they sent last. */
  readonly onEditLast: () => void
  /** May come at any time, also sooner than the page shows that nothing can be sent. */
  readonly onSend: () => void
  readonly onStop: () => void
  readonly onAnswerNow: () => void
}

/** Where messages are written. */
export function composer(props: ComposerProps): TemplateResult {
  const { draft, refusal, isReady, isLoading, run, canAnswerNow, isWrittenElsewhere } = props
  const words = props.words.composer
  const canSend = isReady && run === undefined && !isWrittenElsewhere && draft.trim() !== ''
  const onSubmit = (event: Event) => {
    event.preventDefault()
    props.onSend()
  }
  return html`
    <form class="composer" aria-label=${words.form} @submit=${onSubmit}>
      ${refusal === undefined ? nothing : html`<p class="refusal" role="alert" id="refusal">${refusal}</p>`}
      ${isWrittenElsewhere ? html`<p class="hint">${words.elsewhere}</p>` : nothing}
      <textarea
        id="message"
        dir=${directionOfText(draft)}
        aria-label=${words.label}
        aria-describedby=${refusal === undefined ? nothing : 'refusal'}
        placeholder=${isLoading ? words.placeholderLoading : words.placeholder}
        rows=${Math.min(8, draft.split('\n').length)}
        .value=${live(draft)}
        @beforeinput=${directBeforeInput}
        @input=${(event: Event) => props.onDraft((event.target as HTMLTextAreaElement).value)}
        @keydown=${composerKeys(props)}
        autofocus
      ></textarea>
      <div class="composer-actions">
        ${
          run === undefined
            ? html`<button type="submit" class="primary" ?disabled=${!canSend}>${words.send}</button>`
            : html`${
                  canAnswerNow
                    ? html`<button
                        type="button"
                        ?disabled=${run.isAnswering || run.isStopping}
                        @click=${props.onAnswerNow}
                      >
                        ${run.isAnswering ? words.answering : words.answerNow}
                      </button>`
                    : nothing
                }<button type="button" class="primary" ?disabled=${run.isStopping} @click=${props.onStop}>
                  ${run.isStopping ? words.stopping : words.stop}
                </button>`
        }
      </div>
    </form>
  `
}
