import { html, type TemplateResult } from 'lit/html.js'
import { ArrowUp, ChevronDown } from 'lucide'
import { iconButton } from '../parts/icon-button.ts'
import type { Words } from '../words/locales.ts'
import type { MessageList } from './message-list.ts'

/** Ways to the two ends of a chat, where they are far. */
export function jumpButtons(list: MessageList, { message }: Words): TemplateResult {
  const { toStart, toEnd } = list.jumps()
  return html`<div class="jumps">
    ${toStart ? iconButton({ label: message.toStart, icon: ArrowUp, kind: 'jump', onClick: list.toStart }) : ''}
    ${toEnd ? iconButton({ label: message.toEnd, icon: ChevronDown, kind: 'jump', onClick: list.toEnd }) : ''}
  </div>`
}
