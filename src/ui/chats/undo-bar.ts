import { html, nothing } from 'lit/html.js'
import type { ReadableAtom } from 'nanostores'
import type { ChatLibrary, DeletedChat } from '../../state/chat-library.ts'
import { undoKeys } from '../parts/keys.ts'
import { noteFocus } from '../parts/note-focus.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface UndoBarParts {
  readonly library: Pick<ChatLibrary, 'deleted' | 'undoDelete' | 'forgetDeleted'>
  readonly locale: ReadableAtom<Locale>
  /** While it holds, chats go that were not deleted one by one, and nothing is offered. */
  readonly isQuiet: ReadableAtom<boolean>
  /** A chat was brought back by the button here, or by keys. */
  readonly onUndone: (chatId: string) => void
}

/** How long a chat can be brought back, milliseconds; longer while the bar is pointed at or has the focus. */
const OFFER_MS = 10_000

/** Offers to bring the deleted chat back, also by Ctrl+Z where that has no other meaning. */
export function mountUndoBar(
  root: HTMLElement,
  { library, locale, isQuiet, onUndone }: UndoBarParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  let timer: ReturnType<typeof setTimeout> | undefined

  function offered(): DeletedChat | undefined {
    return isQuiet.get() ? undefined : library.deleted.get()
  }

  function bar() {
    const { chatList } = locale.get().words
    const chat = offered()
    return html`<div class=${chat === undefined ? 'undo' : 'undo offered'}>
      <p role="status">${chat === undefined ? '' : chatList.deleted(chat.title || chatList.untitled)}</p>
      ${
        chat === undefined
          ? nothing
          : html`<button type="button" aria-keyshortcuts="Control+Z Meta+Z" @click=${() => void undo()}>
              ${chatList.undo}
            </button>`
      }
    </div>`
  }

  async function undo(): Promise<void> {
    const chat = offered()
    if (chat === undefined) return
    const isUnmoved = noteFocus()
    await library.undoDelete()
    if (isUnmoved()) onUndone(chat.conversation.id)
  }

  function wait(): void {
    clearTimeout(timer)
    if (offered() !== undefined) timer = setTimeout(() => library.forgetDeleted(), OFFER_MS)
  }

  function onLeave(): void {
    if (!root.matches(':hover, :focus-within')) wait()
  }

  renderOnChange(root, [locale, library.deleted, isQuiet], bar, { signal })
  const unsubscribe = library.deleted.listen(wait)
  for (const type of ['pointerenter', 'focusin']) root.addEventListener(type, () => clearTimeout(timer), { signal })
  // At focusout the bar still matches :focus-within.
  for (const type of ['pointerleave', 'focusout']) root.addEventListener(type, () => setTimeout(onLeave), { signal })
  const keys = undoKeys({ isOffered: () => offered() !== undefined, onUndo: () => void undo() })
  document.addEventListener('keydown', keys, { signal })
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    unsubscribe()
  })
}
