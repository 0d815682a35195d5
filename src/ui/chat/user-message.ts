import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { Copy, Pencil } from 'lucide'
import type { UserNode } from '../../core/chat/conversation.ts'
import { isBlankDraft, type MessageDraft, type Rewording } from '../../core/chat/message-draft.ts'
import { withoutBlankStart } from '../../core/chat/message-text.ts'
import { directionOfText } from '../parts/direction-of-text.ts'
import { iconButton } from '../parts/icon-button.ts'
import { editorKeys } from '../parts/keys.ts'
import { refusedCopy, type CopyOutcome } from './copied-note.ts'
import { draftListeners } from './draft-field.ts'
import type { ShowAttachedTexts } from './fetched-attached-texts.ts'
import type { Locale } from '../words/locales.ts'

export interface UserMessageProps {
  readonly node: UserNode
  readonly canAsk: boolean
  /** What stands in its field; absent while it is not edited. */
  readonly editing: Rewording | undefined
  readonly copied: CopyOutcome | undefined
  readonly branches: TemplateResult | typeof nothing
  readonly locale: Locale
  readonly onCopy: () => void
  readonly onEdit: () => void
  /** What is written in its field, as it is now. */
  readonly draft: () => MessageDraft
  readonly onDraft: (draft: MessageDraft) => void
  readonly showAttached: ShowAttachedTexts
  /** The user wants to read or change an attached text. */
  readonly onOpen: (index: number) => void
  readonly onCancel: () => void
  readonly onSave: (draft: MessageDraft) => void
}

/** Longer messages are laid out as far as they are in sight, characters. */
const LONG_TEXT = 20_000

export function userMessage(props: UserMessageProps): TemplateResult {
  if (props.editing !== undefined) return editor(props, props.editing)
  const { node, canAsk, branches, copied, onCopy, onEdit } = props
  const { words } = props.locale
  const text = withoutBlankStart(node.content)
  return html`
    <article class="message user" part="message question" aria-label=${words.message.yours} data-node=${node.id}>
      ${
        text.length > LONG_TEXT
          ? html`<st-growing-text
              class="user-text long-text"
              dir=${directionOfText(text)}
              .text=${text}
            ></st-growing-text>`
          : html`<p class="user-text" dir="auto">${text}</p>`
      }
      <div class="actions">
        ${iconButton({
          label: words.message.copy,
          icon: Copy,
          news: copied === 'copied' ? words.markdown.copied : undefined,
          onClick: onCopy,
        })}
        ${refusedCopy(copied, words)}
        ${iconButton({
          label: words.message.edit,
          icon: Pencil,
          kind: 'edit',
          isDisabled: !canAsk,
          onClick: onEdit,
        })}
        ${branches}
      </div>
    </article>
  `
}

function editor(
  { node, locale, draft, onDraft, showAttached, onOpen, onCancel, onSave }: UserMessageProps,
  { draft: { text }, refusal }: Rewording,
): TemplateResult {
  const { words } = locale
  const { onBeforeInput, onInput, onUndo } = draftListeners({ draft, onDraft })
  const save = () => {
    if (!isBlankDraft(draft())) onSave(draft())
  }
  const onSubmit = (event: Event) => {
    event.preventDefault()
    save()
  }
  return html`
    <form class="message user editor" data-node=${node.id} @submit=${onSubmit}>
      ${showAttached({ draft, words, onDraft, onOpen })}
      <textarea
        autocomplete="off"
        dir=${directionOfText(text)}
        aria-label=${words.message.editLabel}
        aria-describedby=${refusal === undefined ? nothing : `refusal-${node.id}`}
        rows=${Math.min(8, text.split('\n', 8).length + 1)}
        .value=${live(text)}
        @beforeinput=${onBeforeInput}
        @input=${onInput}
        @keydown=${editorKeys({ onSave: save, onCancel, onUndo })}
      ></textarea>
      ${refusal === undefined ? nothing : html`<p class="refusal" role="alert" id="refusal-${node.id}">${refusal}</p>`}
      <div class="actions">
        <button type="button" @click=${onCancel}>${words.page.cancel}</button>
        <button type="submit" class="primary">${words.message.askAgain}</button>
      </div>
    </form>
  `
}
