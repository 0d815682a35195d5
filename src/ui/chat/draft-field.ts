import { attach, isTooLongBeside, undoAttached, write, type MessageDraft } from '../../core/chat/message-draft.ts'

/** A draft and who is told that it changes. */
export interface DraftFieldProps {
  /** As it is now, which may be later than what is drawn. */
  readonly draft: () => MessageDraft
  readonly onDraft: (draft: MessageDraft) => void
}

/** What a field in which a message is written does with long texts: it attaches them, as browsers stop for seconds with one in a field. */
export interface DraftListeners {
  readonly onBeforeInput: (event: InputEvent) => void
  readonly onInput: (event: Event) => void
  /** Takes back what was done last with the attached texts; false where that was not the last thing that was done. */
  readonly onUndo: () => boolean
}

export function draftListeners({ draft, onDraft }: DraftFieldProps): DraftListeners {
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
