import type { MarkdownLabels } from '../words/markdown-labels.ts'
import { changePlainText } from './plain-text.ts'

/** All of a long text, as it was written, behind a button. */
export interface FullText {
  /** The button, and the text below it once it was asked for. */
  readonly nodes: readonly HTMLElement[]
  /** @param source - All of the text so far. */
  update(source: string): void
}

export function createFullText(labels: MarkdownLabels): FullText {
  let source = ''
  const text = createPlainText('full-text')
  text.element.tabIndex = 0 // scrolls, so keys must reach it
  text.element.setAttribute('role', 'group')
  text.element.setAttribute('aria-label', labels.fullText)
  text.element.hidden = true

  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-expanded', 'false')
  button.textContent = labels.showFullText
  button.addEventListener('click', () => {
    text.element.hidden = !text.element.hidden
    button.setAttribute('aria-expanded', String(!text.element.hidden))
    button.textContent = text.element.hidden ? labels.showFullText : labels.hideFullText
    if (!text.element.hidden) text.show(source)
  })

  return {
    nodes: [button, text.element],
    update(all) {
      source = all
      if (!text.element.hidden) text.show(all)
    },
  }
}

/** Plain text that only grows, except for an ellipsis at its end. */
export interface PlainText {
  readonly element: HTMLElement
  show(text: string): void
}

export function createPlainText(name: string): PlainText {
  const element = document.createElement('div')
  element.className = name
  element.dir = 'auto'
  let shown = ''
  return {
    element,
    show(text) {
      changePlainText(element, shown, text)
      shown = text
    },
  }
}
