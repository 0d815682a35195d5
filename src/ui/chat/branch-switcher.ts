import { html, nothing, type TemplateResult } from 'lit/html.js'

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
  const button = (label: string, sign: string, to: number) =>
    html`<button
      type="button"
      class="quiet"
      aria-label=${label}
      ?disabled=${to < 0 || to >= count}
      @click=${() => onSelect(to)}
    >
      ${sign}
    </button>`
  return html`<span class="branches" role="group" aria-label=${words.group}>
    ${button(words.previous, '‹', index - 1)}
    <span aria-label=${words.position}>${index + 1}/${count}</span>
    ${button(words.next, '›', index + 1)}
  </span>`
}
