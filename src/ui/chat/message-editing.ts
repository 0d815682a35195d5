import { draftOf, type MessageDraft } from '../../core/chat/message-draft.ts'
import type { KeptFocus } from './keep-focus.ts'
import { focusedElement } from '../parts/focused-element.ts'

/** A message that is being put in other words. */
export interface Wording {
  /** As it stands in the field, and beside it, now. */
  readonly draft: MessageDraft
  /** Why the model was not asked with it; absent when it was not refused. */
  readonly refusal?: string
}

/** Which message is edited, and what stands in its field. */
export interface MessageEditing {
  /** The message that is edited, if one is. */
  messageId(): string | undefined
  wordingOf(messageId: string): Wording | undefined
  /** Shows the field of a message, with the focus at the end of its text. */
  begin(messageId: string, text: string): void
  /** Shows the field again, as its text was refused. @param takesFocus - Whether the user waits for it, and does nothing else. */
  refuse(messageId: string, wording: Required<Wording>, takesFocus: boolean): void
  /** The user types. */
  write(draft: MessageDraft): void
  /** Another part of the page changes what is written, unless that is not edited any more. */
  change(messageId: string, change: (draft: MessageDraft) => MessageDraft): void
  /** Leaves the message as it was; the focus goes to the button that began this. */
  cancel(): void
  /** Takes the field away and nothing else. */
  end(): void
  /** Whether the user writes in the field now, which must stay where it is. */
  hasFocus(): boolean
  /** Brings the field and its buttons into sight again, if the user writes in it. */
  keepInSight(): void
}

/** @param redraw - Draws the chat in `root`, in the next frame or at once. */
export function createMessageEditing(
  root: HTMLElement,
  focus: KeptFocus,
  redraw: { readonly soon: () => void; readonly now: () => void },
): MessageEditing {
  let edited: (Wording & { readonly messageId: string }) | undefined

  const field = () => root.querySelector<HTMLTextAreaElement>('.editor textarea')

  /** All in one go: whatever the user does next finds the field as it stays. */
  function showField(): void {
    focus.moveTo(field)
    redraw.now()
    const shown = field()
    shown?.setSelectionRange(shown.value.length, shown.value.length)
  }

  const hasFocus = () => field() !== null && focusedElement() === field()

  return {
    messageId: () => edited?.messageId,
    wordingOf: (messageId) => (edited?.messageId === messageId ? edited : undefined),
    begin(messageId, text) {
      edited = { messageId, draft: draftOf(text) }
      showField()
    },
    refuse(messageId, wording, takesFocus) {
      edited = { messageId, ...wording }
      if (takesFocus) showField()
      else redraw.soon()
    },
    write(draft) {
      if (edited !== undefined) edited = { ...edited, draft }
      redraw.soon()
    },
    change(messageId, change) {
      if (edited?.messageId === messageId) edited = { ...edited, draft: change(edited.draft) }
      redraw.soon()
    },
    cancel() {
      const id = edited?.messageId
      edited = undefined
      focus.moveTo(() => root.querySelector(`[data-node="${CSS.escape(id ?? '')}"] .edit`))
      redraw.now()
    },
    end() {
      edited = undefined
    },
    hasFocus,
    keepInSight() {
      if (hasFocus()) field()?.form?.scrollIntoView({ block: 'nearest', behavior: 'instant' })
    },
  }
}
