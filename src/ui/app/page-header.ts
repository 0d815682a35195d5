import { html, nothing, type TemplateResult } from 'lit/html.js'
import { PanelLeft, SquarePen } from 'lucide'
import { iconButton } from '../parts/icon-button.ts'
import type { Words } from '../words/locales.ts'

export interface PageHeaderProps {
  readonly words: Words
  /** Of the chat that is shown; empty where none is, or a new one. */
  readonly title: string
  readonly modelPicker: TemplateResult
  /** The browser has no network. */
  readonly isOffline: boolean
  readonly onShowChats: () => void
  readonly onNewChat: () => void
}

/** The one row above the page. Its outer buttons are there as long as the list of chats, which has the same, is not beside it. */
export function pageHeader(props: PageHeaderProps): TemplateResult {
  const { words, title, modelPicker, isOffline, onShowChats, onNewChat } = props
  const { page: labels } = words
  return html`
    ${iconButton({ label: labels.openSidebar, icon: PanelLeft, kind: 'show-chats mirrors', onClick: onShowChats })}
    ${modelPicker} ${isOffline ? html`<span class="offline-mark" role="status">${labels.offlineMark}</span>` : nothing}
    <h1 class=${title === '' ? 'unseen' : nothing} dir="auto">${title === '' ? 'Second Thought' : title}</h1>
    ${iconButton({ label: labels.newChat, icon: SquarePen, kind: 'new-chat', onClick: onNewChat })}
  `
}
