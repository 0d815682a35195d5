import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { icon, type IconShape } from './icon.ts'

export interface SegmentedProps<Value extends string> {
  /** Unique on the page: it makes the choices one group. */
  readonly name: string
  /** Names of the choices, in their order. */
  readonly choices: Readonly<Record<Value, string>>
  /** Beside the names. */
  readonly icons?: Readonly<Record<Value, IconShape>>
  readonly chosen: Value
  readonly onChange: (value: Value) => void
}

/** One of a few, side by side; arrows go from one to the next. Whoever shows it names the group, as with a `fieldset`. */
export function segmented<Value extends string>(props: SegmentedProps<Value>): TemplateResult {
  const { name, choices, icons, chosen, onChange } = props
  const values = Object.keys(choices) as Value[]
  return html`<div class="segmented">
    ${values.map(
      (value) =>
        html`<label class="segment">
          <input
            type="radio"
            name=${name}
            value=${value}
            .checked=${live(value === chosen)}
            @change=${() => onChange(value)}
          />
          ${icons === undefined ? nothing : icon(icons[value])}<span>${choices[value]}</span>
        </label>`,
    )}
  </div>`
}
