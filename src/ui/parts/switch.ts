import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'

export interface SwitchProps {
  /** A label names it by this. */
  readonly id: string
  /** Ids of what says more about it. */
  readonly describedBy?: string
  readonly isOn: boolean
  readonly isDisabled?: boolean
  readonly onChange: (isOn: boolean) => void
}

/** Something that is on or off, and changes at once. */
export function switchInput({ id, describedBy, isOn, isDisabled = false, onChange }: SwitchProps): TemplateResult {
  return html`<input
    id=${id}
    class="switch"
    type="checkbox"
    role="switch"
    aria-describedby=${describedBy ?? nothing}
    ?disabled=${isDisabled}
    .checked=${live(isOn)}
    @change=${(event: Event) => onChange((event.target as HTMLInputElement).checked)}
  />`
}
