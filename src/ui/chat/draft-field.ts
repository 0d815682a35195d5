import { html, nothing, type TemplateResult } from 'lit/html.js'
import { FileText, X } from 'lucide'
import {
  attach,
  changeAttached,
  isTooLongBeside,
  undoAttached,
  write,
  type MessageDraft,
} from '../../core/chat/message-draft.ts'
import { beginningOf as beginningIn } from '../../core/chat/graphemes.ts'
import { icon } from '../parts/icon.ts'
import { iconButton } from '../parts/icon-button.ts'
import type { Words } from '../words/en.ts'

export interface DraftFieldProps {
  /** As it is now, which may be later than what is drawn. */
  readonly draft: () => MessageDraft
  readonly words: Words
  readonly onDraft: (draft: MessageDraft) => void
  /** The user wants to read or change an attached text. */
  readonly onOpen: (index: number) => void
}

/** What a field in which a message is written does with long texts: it attaches them, as browsers stop for seconds with one in a field. */
export interface DraftListeners {
  readonly onBeforeInput: (event: InputEvent) => void
  readonly onInput: (event: Event) => void
  /** Takes back what was done last with the attached texts; false where that was not the last thing that was done. */
  readonly onUndo: () => boolean
}

export function draftListeners({ draft, onDraft }: Pick<DraftFieldProps, 'draft' | 'onDraft'>): DraftListeners {
  return {
    onBeforeInput(event) {
      const field = event.currentTarget as HTMLTextAreaElement
      const added = event.data ?? event.dataTransfer?.getData('text/plain') ?? ''
      const { value, selectionStart, selectionEnd } = field
      const rest = value.slice(0, selectionStart) + value.slice(selectionEnd)
      if (!event.cancelable || !isTooLongBeside(rest, added)) return
      event.preventDefault()
      if (selectionEnd > selectionStart) document.execCommand('delete') // as what is pasted would have done; it can be taken back
      onDraft(attach(draft(), added))
    },
    onInput(event) {
      const field = event.currentTarget as HTMLTextAreaElement
      const written = write(draft(), field.value)
      if (written.text !== field.value) field.value = written.text // before it is laid out
      onDraft(written)
    },
    onUndo() {
      if (draft().before === undefined) return false
      onDraft(undoAttached(draft()))
      return true
    },
  }
}

/** Characters of a text's beginning that stand on its chip. */
const BEGINNING = 60

/** The long texts that are sent with a message: a chip each, that opens it, with a button that takes it away. */
export function attachedTexts({ draft, words, onDraft, onOpen }: DraftFieldProps): TemplateResult {
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
                    <span class="attached-beginning" dir="auto">${beginningOf(text)}</span>
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
        lost > 0
          ? html`<button type="button" class="quiet" @click=${() => onDraft(undoAttached(draft()))}>${undo}</button>`
          : nothing
      }
    </p>
  `
}

function beginningOf(text: string): string {
  return beginningIn(
    text
      .slice(0, 10 * BEGINNING)
      .replaceAll(/\s+/g, ' ')
      .trim(),
    BEGINNING,
  )
}
