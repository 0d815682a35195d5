import { html, nothing, type TemplateResult } from 'lit/html.js'
import { BOUNDS } from './markdown/bounds.ts'
import type { BlockFinishedEvent } from './markdown/markdown-text.ts'

/** The answer that is being written, for screen readers: block by block, each once it is whole. */
export interface AnswerSpeech {
  /** A run begins, or another chat is shown: what was said goes. */
  clear(): void
  /** A reply is being written from now on. */
  speakOf(replyId: string): void
  onBlockFinished(event: BlockFinishedEvent): void
  /**
   * @param label - What the region is called.
   * @param tooLong - What is said in place of all that is too much to be read out.
   */
  template(label: string, tooLong: string): TemplateResult
}

/**
 * Says what becomes whole of the reply that was written last, no matter when: it may have ended before what renders answers was here,
 * and a long one is rendered in several tasks. What was said once is not said again when it is rendered anew.
 * @param redraw - Called when there is more to say.
 */
export function createAnswerSpeech(redraw: () => void): AnswerSpeech {
  let spoken: readonly string[] = []
  let room: number = BOUNDS.spoken
  let spokenOf: string | undefined // the reply
  let saidUpTo = new Map<number, number>() // by answer of the reply, as it may have several; see `BlockFinishedEvent.end`

  return {
    clear() {
      spoken = []
      room = BOUNDS.spoken
    },
    speakOf(replyId) {
      if (replyId !== spokenOf) saidUpTo = new Map()
      spokenOf = replyId
    },
    onBlockFinished({ text, end, target }) {
      const message = target instanceof Element ? target.closest('[data-node]') : null
      if (message === null || message.getAttribute('data-node') !== spokenOf) return
      const answer = [...message.querySelectorAll('.answer')].findIndex((one) => one === target)
      if (end <= (saidUpTo.get(answer) ?? 0)) return
      saidUpTo.set(answer, end)
      if (room < 0) return
      room -= text.length
      if (room >= 0) spoken = [...spoken, text]
      redraw()
    },
    template: (label, tooLong) =>
      html`<div class="unseen" role="log" aria-live="polite" aria-label=${label}>
        ${spoken.map((text) => html`<p>${text}</p>`)} ${room < 0 ? html`<p>${tooLong}</p>` : nothing}
      </div>`,
  }
}
