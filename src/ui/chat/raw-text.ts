import { ENGLISH_LABELS, type MarkdownLabels } from '../words/markdown-labels.ts'
import { createFullText, createPlainText, type FullText } from './full-text.ts'
import { BOUNDS } from './markdown/bounds.ts'

/** Shows a text as it was written while it grows: the beginning of it where it is long, with a button for all of it. */
export class RawTextElement extends HTMLElement {
  #labels = ENGLISH_LABELS
  #text = ''
  #beginning = createPlainText('beginning')
  #full: FullText | undefined // of a text that is too long

  /** The words around it; give them before the text. */
  set labels(labels: MarkdownLabels) {
    if (labels === this.#labels) return
    this.#labels = labels
    if (this.#text !== '') this.#begin()
  }

  set text(text: string) {
    if (text === this.#text) return
    const isMore = text.startsWith(this.#text)
    this.#text = text
    if (isMore && this.firstChild !== null) this.#show()
    else this.#begin()
  }

  #begin(): void {
    this.#beginning = createPlainText('beginning')
    this.#full = undefined
    this.replaceChildren(this.#beginning.element)
    this.#show()
  }

  #show(): void {
    const text = this.#text
    this.#beginning.show(text.length > BOUNDS.rawText ? `${text.slice(0, BOUNDS.rawText)}…` : text)
    if (text.length <= BOUNDS.rawText) return
    if (this.#full === undefined) {
      const notice = document.createElement('p')
      notice.className = 'notice'
      notice.textContent = this.#labels.tooLong
      this.#full = createFullText(this.#labels)
      const rest = document.createElement('div')
      rest.className = 'beyond'
      rest.append(notice, ...this.#full.nodes)
      this.append(rest)
    }
    this.#full.update(text)
  }
}
