import { html, type TemplateResult } from 'lit/html.js'

/**
 * The mark of the product: a thought, and a second one in front of it. The same drawing as `public/icon.svg`, in the colours of the page.
 * It stands beside the name, so it has none of its own.
 */
export function mark(): TemplateResult {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M9.2 20.6A9 9 0 1 1 20.6 9.2"></path>
    <circle class="mark-second" cx="20" cy="20" r="9"></circle>
  </svg>`
}
