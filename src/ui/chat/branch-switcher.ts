import { html, nothing, type TemplateResult } from 'lit/html.js'
import { ChevronLeft, ChevronRight } from 'lucide'
import { iconButton } from '../parts/icon-button.ts'
import type { IconShape } from '../parts/icon.ts'

export interface BranchWords {
  readonly group: string
  readonly previous: string
  readonly next: string
  readonly position: string
}

/** Steps through the versions of a message or a reply; nothing where there is but one. */
export function branchSwitcher(
  index: number,
  count: number,
  words: BranchWords,
  onSelect: (index: number) => void,
): TemplateResult | typeof nothing {
  if (count < 2) return nothing
  const button = (label: string, shape: IconShape, to: number) =>
    iconButton({ label, icon: shape, isDisabled: to < 0 || to >= count, onClick: () => onSelect(to) })
  return html`<span class="branches" role="group" aria-label=${words.group}>
    ${button(words.previous, ChevronLeft, index - 1)}
    <span aria-label=${words.position}>${index + 1}/${count}</span>
    ${button(words.next, ChevronRight, index + 1)}
  </span>`
}
