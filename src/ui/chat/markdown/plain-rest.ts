import type { MarkdownLabels } from '../../words/markdown-labels.ts'
import { createFullText, createPlainText } from '../full-text.ts'
import { BOUNDS } from './bounds.ts'

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
  const notice = document.createElement('p')
  notice.className = 'notice'
  notice.textContent = labels.tooMuch
  const text = createPlainText('plain-rest')
  const full = createFullText(labels)
  const element = document.createElement('div')
  element.className = 'beyond'
  element.append(notice, text.element, ...full.nodes)
  return {
    element,
    update(all) {
      const end = from + BOUNDS.plainText
      text.show(all.length > end ? `${all.slice(from, end)}…` : all.slice(from))
      full.update(all)
    },
  }
}
