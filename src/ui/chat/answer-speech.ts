import { html, type TemplateResult } from 'lit/html.js'
import type { BlockFinishedEvent } from './markdown/markdown-text.ts'

/** The answer that is being written, for screen readers: block by block, each once it is whole. */
export interface AnswerSpeech {
  /** Another reply begins: what was said of the last one goes. */
  clear(): void
  /** Another chat is shown. */
  begin(): void
  /** To be called before each rendering. */
  beforeRender(isWriting: boolean): void
  onBlockFinished(event: BlockFinishedEvent): void
  template(label: string): TemplateResult
}

/** @param redraw - Called when there is more to say. */
export function createAnswerSpeech(redraw: () => void): AnswerSpeech {
  let spoken: readonly string[] = []
  let wasWriting = false // when the page was last rendered
  let isSpeaking = false // blocks that become whole now are the reply's; its last one does so when nothing is written any more

  return {
    clear() {
      spoken = []
    },
    begin() {
      spoken = []
      wasWriting = false
    },
    beforeRender(isWriting) {
      isSpeaking = isWriting || wasWriting
      wasWriting = isWriting
    },
    onBlockFinished({ text }) {
      if (!isSpeaking) return // blocks of a branch that is shown again
      spoken = [...spoken, text]
      redraw()
    },
    template: (label) =>
      html`<div class="unseen" role="log" aria-live="polite" aria-label=${label}>
        ${spoken.map((text) => html`<p>${text}</p>`)}
      </div>`,
  }
}
