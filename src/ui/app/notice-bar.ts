import { html, nothing, type TemplateResult } from 'lit/html.js'
import { X } from 'lucide'
import type { ReflectionError } from '../../core/errors.ts'
import { failureWords } from '../parts/failure-text.ts'
import { iconButton } from '../parts/icon-button.ts'
import type { Locale, Words } from '../words/locales.ts'
import type { PageReload } from './reload-page.ts'

/** Something that the user should know about the page as a whole. */
export type Notice =
  | 'no-such-chat'
  | 'unreadable-chat'
  | 'newer-chat'
  | 'storage-cleared'
  | 'not-kept'
  | 'settings-unreadable'
  | 'settings-not-saved'
  | 'part-missing'
  | 'models-evicted'
  | 'update-ready'

export interface NoticeBarProps {
  /** Why chats cannot be saved; absent while they can. */
  readonly storageError: ReflectionError | undefined
  readonly notices: readonly Notice[]
  readonly reload: PageReload
  /** A reply is being written, which a reload would cut off. */
  readonly isReplying: boolean
  readonly locale: Locale
  /** Tries to save again. */
  readonly onSave: () => void
  /** Shows the newer version of the page. */
  readonly onUpdate: () => void
  readonly onDismiss: (notice: Notice) => void
}

/** One slim line for each thing that is wrong with the page, with what can be done about it. */
export function noticeBar(props: NoticeBarProps): TemplateResult | typeof nothing {
  const { storageError, notices } = props
  if (storageError === undefined && notices.length === 0) return nothing
  return html`<div class="bars">
    ${storageError === undefined ? nothing : failureBar(storageError, props)}
    ${notices.map((notice) => bar(notice, props))}
  </div>`
}

function failureBar(error: ReflectionError, { locale, onSave }: NoticeBarProps): TemplateResult {
  const { words } = locale
  const { sentence, detail } = failureWords(error, locale)
  return html`<div class="bar failure-bar" role="alert">
    <p>
      ${words.sentences(words.page.notSaved, sentence)}
      ${detail === undefined ? nothing : html`<span lang="en">${detail}</span>`}
    </p>
    <button type="button" @click=${onSave}>${words.page.tryAgain}</button>
  </div>`
}

function bar(notice: Notice, props: NoticeBarProps): TemplateResult {
  const { reload, isReplying, locale, onUpdate, onDismiss } = props
  const { words } = locale
  return html`<div class="bar" role="status">
    <p>${noticeWords(notice, reload.state.get(), words)}</p>
    ${
      notice === 'update-ready'
        ? html`<button
            type="button"
            aria-disabled=${isReplying ? 'true' : 'false'}
            @click=${() => !isReplying && onUpdate()}
          >
            ${words.page.update}
          </button>`
        : nothing
    }
    ${
      (notice === 'part-missing' || notice === 'newer-chat') && reload.state.get() !== 'offline'
        ? html`<button
            type="button"
            aria-disabled=${reload.state.get() === 'trying' ? 'true' : 'false'}
            @click=${() => (notice === 'newer-chat' ? onUpdate() : void reload.reload())}
          >
            ${words.page.reload}
          </button>`
        : nothing
    }
    ${iconButton({ label: words.page.dismiss, icon: X, onClick: () => onDismiss(notice) })}
  </div>`
}

function noticeWords(notice: Notice, reload: ReturnType<PageReload['state']['get']>, { page }: Words): string {
  switch (notice) {
    case 'no-such-chat':
      return page.noSuchChat
    case 'unreadable-chat':
      return page.unreadableChat
    case 'newer-chat':
      return page.newerChat
    case 'storage-cleared':
      return page.storageCleared
    case 'not-kept':
      return page.notKept
    case 'settings-unreadable':
      return page.settingsUnreadable
    case 'settings-not-saved':
      return page.settingsNotSaved
    case 'models-evicted':
      return page.modelsEvicted
    case 'update-ready':
      return page.updateReady
    case 'part-missing':
      return reload === 'offline' ? page.offline : reload === 'unreachable' ? page.unreachable : page.partMissing
  }
}
