import type { WritableAtom } from 'nanostores'
import { draftOf, type MessageDraft, type Rewording, type Rewordings } from '../../core/chat/message-draft.ts'
import type { KeptFocus } from './keep-focus.ts'
import { focusedElement } from '../parts/focused-element.ts'

/** Which messages are being put in other words, and what stands in their fields. */
export interface MessageEditing {
  /** The message whose field was opened last, as long as it is open. */
  messageId(): string | undefined
  rewordingOf(messageId: string): Rewording | undefined
  /** Shows the field of a message, with the focus at the end of its text; what was written there before stays. */
  begin(messageId: string, text: string): void
  /** Shows the field again, as its text was refused. @param takesFocus - Whether the user waits for it, and does nothing else. */
  refuse(messageId: string, rewording: Required<Rewording>, takesFocus: boolean): void
  /** What is written changes, unless the message is not edited any more. */
  change(messageId: string, change: (draft: MessageDraft) => MessageDraft): void
  /** Leaves the message as it was; the focus goes to the button that began this. */
  cancel(messageId: string): void
  /** Takes the field away and nothing else. */
  end(messageId: string): void
  /** Whether the user writes in a field now, which must stay where it is. */
  hasFocus(): boolean
  /** Brings the field and its buttons into sight again, if the user writes in it. */
  keepInSight(): void
}

/**
 * @param $rewordings - What is written; it outlives the element.
 * @param draw - Draws the chat in `root` at once.
 */
export function createMessageEditing(
  root: HTMLElement,
  focus: KeptFocus,
  $rewordings: WritableAtom<Rewordings>,
  draw: () => void,
): MessageEditing {
  let latest = ''

  const within = (messageId: string, selector: string) =>
    root.querySelector<HTMLTextAreaElement>(`[data-node="${CSS.escape(messageId)}"] ${selector}`)

  function rewordingOf(messageId: string): Rewording | undefined {
    const rewordings = $rewordings.get()
    return Object.hasOwn(rewordings, messageId) ? rewordings[messageId] : undefined
  }

  function set(messageId: string, rewording: Rewording): void {
    $rewordings.set({ ...$rewordings.get(), [messageId]: rewording })
  }

  function end(messageId: string): void {
    const { [messageId]: _, ...others } = $rewordings.get()
    $rewordings.set(others)
  }

  /** All in one go: whatever the user does next finds the field as it stays. */
  function showField(messageId: string): void {
    latest = messageId
    const field = () => within(messageId, 'textarea')
    focus.moveTo(field)
    draw()
    const shown = field()
    shown?.setSelectionRange(shown.value.length, shown.value.length)
    keepInSight() // the browser does not care for the head of the page when it shows what has the focus
  }

  /** Where the user writes. */
  function focusedField(): HTMLTextAreaElement | undefined {
    const element = focusedElement()
    return element instanceof HTMLTextAreaElement && element.closest('.editor') ? element : undefined
  }

  function keepInSight(): void {
    focusedField()?.form?.scrollIntoView({ block: 'nearest', behavior: 'instant' })
  }

  return {
    messageId: () => (rewordingOf(latest) === undefined ? undefined : latest),
    rewordingOf,
    begin(messageId, text) {
      if (rewordingOf(messageId) === undefined) set(messageId, { draft: draftOf(text) })
      showField(messageId)
    },
    refuse(messageId, rewording, takesFocus) {
      set(messageId, rewording)
      if (takesFocus) showField(messageId)
    },
    change(messageId, change) {
      const rewording = rewordingOf(messageId)
      if (rewording !== undefined) set(messageId, { ...rewording, draft: change(rewording.draft) })
    },
    cancel(messageId) {
      end(messageId)
      focus.moveTo(() => within(messageId, '.edit'))
      draw()
    },
    end,
    hasFocus: () => focusedField() !== undefined,
    keepInSight,
  }
}
