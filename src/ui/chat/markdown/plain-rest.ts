import { appendPlainText } from '../plain-text.ts'
import { BOUNDS } from './bounds.ts'
import type { MarkdownLabels } from '../../words/markdown-labels.ts'

/** The end of a message that is not rendered. */
export interface PlainRest {
  readonly element: HTMLElement
  /** @param source - All of the message so far; it begins with what was given before. */
  update(source: string): void
}

/**
 * Says that the end of a message is not rendered and shows the beginning of it as it was written, with a button for all of the
 * message as plain text.
 * @param from - Where the end begins.
 */
export function createPlainRest(from: number, labels: MarkdownLabels): PlainRest {
  let source = ''
  const text = plainText('plain-rest', 'div')
  const full = plainText('full-text', 'div')
  full.element.tabIndex = 0 // scrolls, so keys must reach it
  full.element.setAttribute('role', 'group')
  full.element.setAttribute('aria-label', labels.fullText)
  full.element.hidden = true

  const notice = document.createElement('p')
  notice.className = 'notice'
  notice.textContent = labels.tooMuch
  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-expanded', 'false')
  button.textContent = labels.showFullText
  button.addEventListener('click', () => {
    full.element.hidden = !full.element.hidden
    button.setAttribute('aria-expanded', String(!full.element.hidden))
    button.textContent = full.element.hidden ? labels.showFullText : labels.hideFullText
    if (!full.element.hidden) full.show(source)
  })

  const element = document.createElement('div')
  element.className = 'beyond'
  element.append(notice, text.element, button, full.element)
  return {
    element,
    update(all) {
      source = all
      const end = from + BOUNDS.plainText
      text.show(all.length > end ? `${all.slice(from, end)}…` : all.slice(from))
      if (!full.element.hidden) full.show(all)
    },
  }
}

/** Plain text that only grows, except for an ellipsis at its end. */
function plainText(name: string, tag: string) {
  const element = document.createElement(tag)
  element.className = name
  element.dir = 'auto'
  let shown = ''
  return {
    element,
    show(text: string) {
      if (text === shown) return
      const isMore = text.startsWith(shown)
      if (!isMore) element.replaceChildren()
      appendPlainText(element, isMore ? text.slice(shown.length) : text)
      shown = text
    },
  }
}
