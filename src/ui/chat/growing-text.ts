import { changePlainText } from './plain-text.ts'

/** Shows plain text that grows, so that only its end is laid out again. */
export class GrowingTextElement extends HTMLElement {
  #shown = ''

  set text(text: string) {
    changePlainText(this, this.#shown, text)
    this.#shown = text
  }
}
