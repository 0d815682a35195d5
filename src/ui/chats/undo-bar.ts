import { html, nothing } from 'lit/html.js'
import type { ReadableAtom } from 'nanostores'
import type { ChatLibrary } from '../../state/chat-library.ts'
import { undoKeys } from '../parts/keys.ts'
import { noteFocus } from '../parts/note-focus.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface UndoBarParts {
  readonly library: Pick<ChatLibrary, 'deleted' | 'undoDelete' | 'forgetDeleted'>
  readonly locale: ReadableAtom<Locale>
  /** A chat was brought back by the button here, or by keys. */
  readonly onUndone: (chatId: string) => void
}

/** How long a chat can be brought back, milliseconds; longer while the bar is pointed at or has the focus. */
const OFFER_MS = 10_000

/** Characters of a name that leave room for what is said of it. */
const NAME_LENGTH = 24

/** Offers to bring the deleted chat back, also by Ctrl+Z where that has no other meaning. */
export function mountUndoBar(
  root: HTMLElement,
  { library, locale, onUndone }: UndoBarParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  let timer: ReturnType<typeof setTimeout> | undefined

  function bar() {
    const { chatList } = locale.get().words
    const chat = library.deleted.get()
    return html`<div class=${chat === undefined ? 'undo' : 'undo offered'}>
      <p role="status">${chat === undefined ? '' : chatList.deleted(shortened(chat.title) || chatList.untitled)}</p>
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
    const chat = library.deleted.get()
    if (chat === undefined) return
    const isUnmoved = noteFocus()
    await library.undoDelete()
    if (isUnmoved()) onUndone(chat.conversation.id)
  }

  function wait(): void {
    clearTimeout(timer)
    if (library.deleted.get() !== undefined) timer = setTimeout(() => library.forgetDeleted(), OFFER_MS)
  }

  function onLeave(): void {
    if (!root.matches(':hover, :focus-within')) wait()
  }

  renderOnChange(root, [locale, library.deleted], bar, { signal })
  const unsubscribe = library.deleted.listen(wait)
  for (const type of ['pointerenter', 'focusin']) root.addEventListener(type, () => clearTimeout(timer), { signal })
  // At focusout the bar still matches :focus-within.
  for (const type of ['pointerleave', 'focusout']) root.addEventListener(type, () => setTimeout(onLeave), { signal })
  const keys = undoKeys({ isOffered: () => library.deleted.get() !== undefined, onUndo: () => void undo() })
  document.addEventListener('keydown', keys, { signal })
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    unsubscribe()
  })
}

function shortened(name: string): string {
  const begun = [...name].slice(0, NAME_LENGTH).join('').trimEnd()
  return name.length > begun.length ? `${begun}…` : name
}
