import { html, type TemplateResult } from 'lit/html.js'

/**
 * The mark of the product: a thought, and the second one that goes over it. The same drawing as `public/icon.svg`, in the colours of the
 * page. It stands beside the name, so it has none of its own.
 */
export function mark(): TemplateResult {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <circle class="mark-first" cx="12.5" cy="16" r="8.5"></circle>
    <path class="mark-second" d="M15.2 9.6a8.5 8.5 0 1 1 0 12.8"></path>
  </svg>`
}
