import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { UserNode } from '../../core/chat/conversation.ts'
import { isComposing } from '../parts/is-composing.ts'
import type { Locale } from '../words/locales.ts'

export interface UserMessageProps {
  readonly node: UserNode
  readonly canAsk: boolean
  /** The wording that is being edited, and why it was refused if it was; absent while nothing is edited. */
  readonly editing: { readonly text: string; readonly refusal?: string } | undefined
  readonly isCopied: boolean
  readonly branches: TemplateResult | typeof nothing
  readonly locale: Locale
  readonly onCopy: () => void
  readonly onEdit: () => void
  readonly onCancel: () => void
  readonly onSave: (text: string) => void
}

export function userMessage(props: UserMessageProps): TemplateResult {
  if (props.editing !== undefined) return editor(props, props.editing)
  const { node, canAsk, branches, isCopied, onCopy, onEdit } = props
  const { words } = props.locale
  return html`
    <article class="message user" aria-label=${words.message.yours} data-node=${node.id}>
      <p class="user-text" dir="auto">${node.content}</p>
      <div class="actions">
        ${branches}
        <button type="button" class="quiet" @click=${onCopy}>
          ${isCopied ? words.message.copied : words.message.copy}
        </button>
        <button type="button" class="quiet edit" ?disabled=${!canAsk} @click=${onEdit}>${words.message.edit}</button>
      </div>
    </article>
  `
}

function editor(
  { node, locale, onCancel, onSave }: UserMessageProps,
  { text: wording, refusal }: NonNullable<UserMessageProps['editing']>,
): TemplateResult {
  const { words } = locale
  const save = (form: HTMLFormElement | null) => {
    const text = form?.querySelector('textarea')?.value ?? ''
    if (text.trim() !== '') onSave(text)
  }
  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event)) return
    if (event.key === 'Escape') {
      event.preventDefault()
      onCancel()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      save((event.currentTarget as HTMLTextAreaElement).form)
    }
  }
  const onSubmit = (event: Event) => {
    event.preventDefault()
    save(event.currentTarget as HTMLFormElement)
  }
  return html`
    <form class="message user editor" data-node=${node.id} @submit=${onSubmit}>
      <textarea
        dir="auto"
        aria-label=${words.message.editLabel}
        aria-describedby=${refusal === undefined ? nothing : 'edit-refusal'}
        rows=${Math.min(8, wording.split('\n').length + 1)}
        .value=${wording}
        @keydown=${onKey}
      ></textarea>
      ${refusal === undefined ? nothing : html`<p class="refusal" role="alert" id="edit-refusal">${refusal}</p>`}
      <div class="actions">
        <button type="button" @click=${onCancel}>${words.page.cancel}</button>
        <button type="submit" class="primary">${words.message.askAgain}</button>
      </div>
    </form>
  `
}
