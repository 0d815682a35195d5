import { html, nothing } from 'lit/html.js'
import type { ReadableAtom } from 'nanostores'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { Question } from './ask-question.ts'
import type { Attempt } from './failure-note.ts'
import { renderOnChange } from './render-on-change.ts'
import { fileDateOf, saveFile } from './save-file.ts'
import type { Locale } from '../words/locales.ts'

export interface UnreadableChatsParts {
  readonly library: Pick<ChatLibrary, 'unreadable' | 'readUnreadable' | 'deleteUnreadable'>
  readonly locale: ReadableAtom<Locale>
  readonly ask: (question: Question) => Promise<boolean>
  readonly attempt: Attempt
}

/** A line about what is stored and cannot be read, which can be saved and deleted; and one about what a newer version of the page wrote. */
export function mountUnreadableChats(
  root: HTMLElement,
  { library, locale, ask, attempt }: UnreadableChatsParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  function line() {
    const { chatList, unreadableChats } = locale.get().words
    const all = library.unreadable.get()
    const { length } = unreadable()
    const newer = all.length - length
    if (all.length === 0) return nothing
    return html`<div class="unreadable">
      ${newer === 0 ? nothing : html`<p class="hint">${unreadableChats.newer(newer)}</p>`}
      ${length === 0 ? nothing : html`<p class="hint">${unreadableChats.unreadable(length)}</p>`}
      <button type="button" class="quiet" @click=${() => void attempt(saveCopy)}>${unreadableChats.saveCopy}</button>
      ${
        length === 0
          ? nothing
          : html`<button type="button" class="quiet" @click=${() => void attempt(deleteAll)}>
              ${chatList.delete}
            </button>`
      }
    </div>`
  }

  /** What a newer version of the page shows is none of it. */
  function unreadable() {
    return library.unreadable.get().filter(({ isNewer }) => isNewer !== true)
  }

  async function saveCopy(): Promise<void> {
    const records: unknown[] = []
    for (const { key, foundAt, reason } of library.unreadable.get()) {
      const stored = await library.readUnreadable(key)
      if (stored === undefined) continue
      const value: unknown = JSON.parse(stored)
      records.push({ key, foundAt: new Date(foundAt).toISOString(), reason, value })
    }
    const name = `second-thought-unreadable-${fileDateOf(Date.now())}.json`
    saveFile(name, [JSON.stringify(records, null, 2)], 'application/json')
  }

  async function deleteAll(): Promise<void> {
    const { chatList, unreadableChats, page } = locale.get().words
    const records = unreadable()
    const isSure = await ask({
      title: unreadableChats.deleteTitle(records.length),
      text: unreadableChats.deleteText(records.length),
      yes: chatList.delete,
      no: page.cancel,
    })
    if (!isSure) return
    for (const { key } of records) await library.deleteUnreadable(key)
  }

  renderOnChange(root, [locale, library.unreadable], line, { signal })
}
