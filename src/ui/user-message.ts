import { html, type nothing, type TemplateResult } from 'lit'
import type { UserNode } from '../core/chat/conversation.ts'
import { isComposing } from './composer.ts'

export interface UserMessageProps {
  readonly node: UserNode
  readonly canAsk: boolean
  readonly isEditing: boolean
  readonly branches: TemplateResult | typeof nothing
  readonly onEdit: () => void
  readonly onCancel: () => void
  readonly onSave: (text: string) => void
}

export function userMessage(props: UserMessageProps): TemplateResult {
  if (props.isEditing) return editor(props)
  const { node, canAsk, branches, onEdit } = props
  return html`
    <article class="message user" aria-label="Your message">
      <p class="user-text">${node.content}</p>
      <div class="actions">
        ${branches}
        <button type="button" class="quiet" ?disabled=${!canAsk} @click=${onEdit}>Edit</button>
      </div>
    </article>
  `
}

function editor({ node, onCancel, onSave }: UserMessageProps): TemplateResult {
  const save = (form: HTMLFormElement) => {
    const text = form.querySelector('textarea')?.value ?? ''
    if (text.trim() !== '') onSave(text)
  }
  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event)) return
    if (event.key === 'Escape') {
      event.preventDefault()
      onCancel()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      save((event.currentTarget as HTMLTextAreaElement).form as HTMLFormElement)
    }
  }
  const onSubmit = (event: Event) => {
    event.preventDefault()
    save(event.currentTarget as HTMLFormElement)
  }
  return html`
    <form class="message user editor" @submit=${onSubmit}>
      <textarea
        aria-label="Edit your message"
        rows=${Math.min(8, node.content.split('\n').length + 1)}
        .value=${node.content}
        @keydown=${onKey}
      ></textarea>
      <div class="actions">
        <button type="button" @click=${onCancel}>Cancel</button>
        <button type="submit" class="primary">Ask again</button>
      </div>
    </form>
  `
}
