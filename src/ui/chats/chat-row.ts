import { html, nothing, type TemplateResult } from 'lit/html.js'
import { Ellipsis } from 'lucide'
import type { ChatSummary } from '../../core/chat/conversation-store.ts'
import { formatRoute } from '../../state/route.ts'
import { icon } from '../parts/icon.ts'
import { editorKeys } from '../parts/keys.ts'
import type { Words } from '../words/locales.ts'

export interface ChatRowProps {
  readonly chat: ChatSummary
  readonly isShown: boolean
  /** Whether a reply in it is being written, or one came that was not looked at; absent for neither. */
  readonly mark: 'writing' | 'unread' | undefined
  /** Whether Tab stops here; of all rows it does at one, and arrows lead to the others. */
  readonly isStop: boolean
  readonly words: Words
}

/** A link to a chat and the button of its menu. The list listens for both. */
export function chatRow({ chat, isShown, mark, isStop, words }: ChatRowProps): TemplateResult {
  const { id } = chat
  const title = shownTitle(chat, words)
  return html`<li class="chat-row" data-chat-id=${id}>
    <a
      class="chat-link"
      href=${formatRoute({ page: 'chat', chatId: id })}
      aria-current=${isShown ? 'true' : nothing}
      tabindex=${isStop ? 0 : -1}
      dir="auto"
      title=${title}
      >${title}</a
    >
    ${
      mark === undefined
        ? nothing
        : html`<span
            class="chat-mark ${mark}"
            role="img"
            aria-label=${words.chatList[mark]}
            data-tooltip=${words.chatList[mark]}
          ></span>`
    }
    <button
      type="button"
      class="icon-button chat-actions"
      aria-haspopup="menu"
      aria-expanded="false"
      aria-label=${words.chatList.actions(title)}
      tabindex=${isStop ? 0 : -1}
    >
      ${icon(Ellipsis)}
    </button>
  </li>`
}

export interface RenameRowProps {
  readonly chat: ChatSummary
  readonly words: Words
  readonly onSave: (title: string) => void
  readonly onCancel: () => void
}

/** The same row while its chat is given a name. What was typed is kept when the focus goes elsewhere. */
export function renameRow({ chat, words, onSave, onCancel }: RenameRowProps): TemplateResult {
  const onBlur = ({ currentTarget: field }: FocusEvent) => {
    if (field instanceof HTMLInputElement) onSave(field.value)
  }
  return html`<li class="chat-row" data-chat-id=${chat.id}>
    <input
      class="chat-name"
      type="text"
      dir="auto"
      maxlength="200"
      autocomplete="off"
      aria-label=${words.chatList.nameLabel}
      .value=${chat.title}
      @keydown=${editorKeys({ onSave, onCancel })}
      @blur=${onBlur}
    />
  </li>`
}

export function shownTitle({ title }: ChatSummary, { chatList }: Words): string {
  return title === '' ? chatList.untitled : title
}
