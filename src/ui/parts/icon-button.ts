import { html, nothing, type TemplateResult } from 'lit/html.js'
import { Check } from 'lucide'
import { icon, type IconShape } from './icon.ts'

export interface IconButtonProps {
  /** What it does: its name for screen readers, and its tooltip. */
  readonly label: string
  readonly icon: IconShape
  readonly onClick: (event: MouseEvent) => void
  /** Said in place of the name for a moment, for example "Copied", with a check mark for the icon; absent as a rule. */
  readonly news?: string | undefined
  /** For a button that stays in; absent for one that does something once. */
  readonly isPressed?: boolean
  readonly isDisabled?: boolean
  /** More classes, separated by spaces. */
  readonly kind?: string
}

/** A round quiet button that shows an icon alone. Its name stands in a tooltip, which `mountTooltip` shows. */
export function iconButton(props: IconButtonProps): TemplateResult {
  const { label, news, isPressed, isDisabled = false, kind = '' } = props
  return html`<button
    type="button"
    class="icon-button ${kind}"
    aria-label=${news ?? label}
    aria-pressed=${isPressed === undefined ? nothing : String(isPressed)}
    data-tooltip=${news ?? label}
    ?disabled=${isDisabled}
    @click=${props.onClick}
  >
    ${icon(news === undefined ? props.icon : Check)}
  </button>`
}
