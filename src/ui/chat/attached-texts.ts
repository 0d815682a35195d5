import { html, nothing, type TemplateResult } from 'lit/html.js'
import { FileText, X } from 'lucide'
import { beginningOf } from '../../core/chat/graphemes.ts'
import { changeAttached, undoAttached } from '../../core/chat/message-draft.ts'
import { icon } from '../parts/icon.ts'
import { iconButton } from '../parts/icon-button.ts'
import type { Words } from '../words/locales.ts'
import type { DraftFieldProps } from './draft-field.ts'

export interface AttachedTextsProps extends DraftFieldProps {
  readonly words: Words
  /** The user wants to read or change an attached text. */
  readonly onOpen: (index: number) => void
}

/** Characters of a text's beginning that stand on its chip. */
const BEGINNING = 60

/** The long texts that are sent with a message: a chip each, that opens it, with a button that takes it away. */
export function attachedTexts({ draft, words, onDraft, onOpen }: AttachedTextsProps): TemplateResult {
  const { attached, before } = draft()
  const { list, open, remove, size, added, removed, undo } = words.attached
  const lost = (before?.length ?? 0) - attached.length
  const news = lost > 0 ? removed : before !== undefined && lost < 0 ? added : ''
  return html`
    ${
      attached.length === 0
        ? nothing
        : html`<ul class="attached" aria-label=${list}>
            ${attached.map(
              (text, index) =>
                html`<li>
                  <button type="button" class="attached-open" data-tooltip=${open} @click=${() => onOpen(index)}>
                    ${icon(FileText)}
                    <span class="attached-beginning" dir="auto">${inOneLine(text)}</span>
                    <span class="attached-size">${size(text.length)}</span>
                  </button>
                  ${iconButton({
                    label: remove,
                    icon: X,
                    onClick: () => onDraft(changeAttached(draft(), index, '')),
                  })}
                </li>`,
            )}
          </ul>`
    }
    <p class=${lost > 0 ? 'attached-news' : 'unseen'}>
      <span role="status">${news}</span>
      ${
        lost > 0 ? html`<button type="button" @click=${() => onDraft(undoAttached(draft()))}>${undo}</button>` : nothing
      }
    </p>
  `
}

function inOneLine(text: string): string {
  const line = text.slice(0, 10 * BEGINNING).replaceAll(/\s+/g, ' ')
  return beginningOf(line.trim(), BEGINNING)
}
