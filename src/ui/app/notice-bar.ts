import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { Words } from '../words/en.ts'

/** Something that the user should know about the page as a whole. */
export type Notice = 'no-such-chat' | 'not-kept' | 'settings-unreadable' | 'settings-not-saved' | 'part-missing'

export interface NoticeBarProps {
  readonly library: ChatLibrary
  readonly notices: readonly Notice[]
  readonly words: Words
  readonly onDismiss: (notice: Notice) => void
}

/** One line for each thing that is wrong with the page, with what can be done about it. */
export function noticeBar({ library, notices, words, onDismiss }: NoticeBarProps): TemplateResult | typeof nothing {
  const error = library.storageError.get()
  if (error === undefined && notices.length === 0) return nothing
  return html`<div class="bars">
    ${
      error === undefined
        ? nothing
        : html`<div class="bar failure-bar" role="alert">
            <p>${words.page.notSaved} <span lang="en">${error.message}</span></p>
            <button type="button" @click=${() => void library.flush()}>${words.page.tryAgain}</button>
          </div>`
    }
    ${notices.map(
      (notice) =>
        html`<div class="bar" role="status">
          <p>${noticeWords(notice, words)}</p>
          ${
            notice === 'part-missing'
              ? html`<button type="button" @click=${() => location.reload()}>${words.page.reload}</button>`
              : nothing
          }
          <button type="button" class="quiet" @click=${() => onDismiss(notice)}>${words.page.dismiss}</button>
        </div>`,
    )}
  </div>`
}

function noticeWords(notice: Notice, { page }: Words): string {
  switch (notice) {
    case 'no-such-chat':
      return page.noSuchChat
    case 'not-kept':
      return page.notKept
    case 'settings-unreadable':
      return page.settingsUnreadable
    case 'settings-not-saved':
      return page.settingsNotSaved
    case 'part-missing':
      return page.partMissing
  }
}
