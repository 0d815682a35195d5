import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'
import type { CurrentRun } from '../state/chat-session.ts'

export interface ComposerProps {
  readonly draft: string
  /** Why the draft was not sent; absent when it was not refused. */
  readonly refusal: string | undefined
  /** Whether a model is ready. */
  readonly isReady: boolean
  readonly isLoading: boolean
  readonly run: CurrentRun | undefined
  readonly canAnswerNow: boolean
  readonly onDraft: (text: string) => void
  /** May come at any time, also sooner than the page shows that nothing can be sent. */
  readonly onSend: () => void
  readonly onStop: () => void
  readonly onAnswerNow: () => void
}

/** Where messages are written. Enter sends, Shift and Enter make a new line. */
export function composer(props: ComposerProps): TemplateResult {
  const { draft, refusal, isReady, isLoading, run, canAnswerNow } = props
  const canSend = isReady && run === undefined && draft.trim() !== ''
  const onSubmit = (event: Event) => {
    event.preventDefault()
    props.onSend()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
    event.preventDefault()
    props.onSend()
  }
  return html`
    <form class="composer" aria-label="Message" @submit=${onSubmit}>
      ${refusal === undefined ? nothing : html`<p class="refusal" role="alert">${refusal}</p>`}
      <textarea
        aria-label="Your message"
        placeholder=${isLoading ? 'You can write while the model loads' : 'Ask a question'}
        rows=${Math.min(8, draft.split('\n').length)}
        .value=${live(draft)}
        @input=${(event: Event) => props.onDraft((event.target as HTMLTextAreaElement).value)}
        @keydown=${onKey}
        autofocus
      ></textarea>
      <div class="composer-actions">
        ${
          run === undefined
            ? html`<button type="submit" class="primary" ?disabled=${!canSend}>Send</button>`
            : html`${
                  canAnswerNow
                    ? html`<button
                        type="button"
                        ?disabled=${run.isAnswering || run.isStopping}
                        @click=${props.onAnswerNow}
                      >
                        ${run.isAnswering ? 'Answering…' : 'Answer now'}
                      </button>`
                    : nothing
                }<button type="button" class="primary" ?disabled=${run.isStopping} @click=${props.onStop}>
                  ${run.isStopping ? 'Stopping…' : 'Stop'}
                </button>`
        }
      </div>
    </form>
  `
}

/** Whether an input method takes the key; Safari ends the composition before it says so, and then gives this code. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}
