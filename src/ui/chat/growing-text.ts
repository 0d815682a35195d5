import { goesOn } from './goes-on.ts'
import { appendPlainText } from './plain-text.ts'

/** Shows plain text that grows, so that only its end is laid out again. */
export class GrowingTextElement extends HTMLElement {
  #shown = ''

  set text(text: string) {
    if (text === this.#shown) return
    const isMore = goesOn(text, this.#shown)
    if (!isMore) this.replaceChildren()
    appendPlainText(this, isMore ? text.slice(this.#shown.length) : text)
    this.#shown = text
  }
}
