import { html, type TemplateResult } from 'lit'
import type { ModelDescription, SelfCheck } from '../core/models/model-description.ts'
import type { ChatSettings } from '../state/settings.ts'

const DIAL: readonly (readonly [SelfCheck, string])[] = [
  ['never', 'Never'],
  ['less', 'Less'],
  ['normal', 'Normal'],
  ['more', 'More'],
]

/** What can be chosen about replies; each change counts at once, from the next reply on. */
export function settingsDialog(
  settings: ChatSettings,
  model: ModelDescription | undefined,
  change: (settings: ChatSettings) => void,
): TemplateResult {
  const temperature = settings.temperature ?? model?.sampling.temperature ?? 0.7
  const hasDial = model === undefined || model.selfCheckBias !== undefined || model.dialect.reflection === undefined
  const reflects = model === undefined || model.dialect.output !== undefined
  const onBudget = (event: Event) => {
    const { value } = event.target as HTMLInputElement
    const { thinkBudget: _, ...others } = settings
    const budget = Math.floor(Number(value))
    change(value.trim() === '' || !(budget >= 0) ? others : { ...others, thinkBudget: budget })
  }
  return html`
    <dialog class="settings" aria-labelledby="settings-title">
      <form method="dialog">
        <h2 id="settings-title">Settings</h2>
        <p class="hint">They count from the next reply on.</p>

        <label class="field">
          <span>Temperature <span class="value">${temperature.toFixed(1)}</span></span>
          <input
            type="range"
            min="0"
            max="1.5"
            step="0.1"
            .value=${String(temperature)}
            @input=${(event: Event) => change({ ...settings, temperature: Number((event.target as HTMLInputElement).value) })}
          />
          <span class="hint">0 always takes the likeliest word; higher is more varied.</span>
        </label>

        <label class="field">
          <span>Think budget, tokens</span>
          <input
            type="number"
            min="0"
            step="1"
            placeholder="no limit"
            inputmode="numeric"
            .value=${settings.thinkBudget === undefined ? '' : String(settings.thinkBudget)}
            @change=${onBudget}
          />
          <span class="hint">After this much thinking the answer is asked for. Empty: no limit.</span>
        </label>

        <fieldset class="field" ?disabled=${!hasDial}>
          <legend>Self-check</legend>
          <div class="choices">
            ${DIAL.map(
              ([value, name]) =>
                html`<label>
                  <input
                    type="radio"
                    name="self-check"
                    value=${value}
                    .checked=${settings.selfCheck === value}
                    @change=${() => change({ ...settings, selfCheck: value })}
                  />
                  ${name}
                </label>`,
            )}
          </div>
          <span class="hint">
            ${hasDial ? 'How readily the model stops to check a step.' : 'This model has not been calibrated for the dial.'}
          </span>
        </fieldset>

        <label class="field check-field">
          <input
            type="checkbox"
            .checked=${settings.thinkCarefully}
            @change=${(event: Event) => change({ ...settings, thinkCarefully: (event.target as HTMLInputElement).checked })}
          />
          <span>Add “Think carefully.” to each message</span>
        </label>

        <label class="field check-field">
          <input
            type="checkbox"
            ?disabled=${!reflects}
            .checked=${settings.reflect && reflects}
            @change=${(event: Event) => change({ ...settings, reflect: (event.target as HTMLInputElement).checked })}
          />
          <span>Use the Reflection system prompt</span>
        </label>

        <label class="field check-field">
          <input
            type="checkbox"
            .checked=${settings.pastThinking === 'keep'}
            @change=${(event: Event) =>
              change({ ...settings, pastThinking: (event.target as HTMLInputElement).checked ? 'keep' : 'drop' })}
          />
          <span>Let the model see its earlier thinking</span>
        </label>

        <label class="field">
          <span>Your own instructions</span>
          <textarea
            rows="3"
            .value=${settings.instructions}
            @input=${(event: Event) => change({ ...settings, instructions: (event.target as HTMLTextAreaElement).value })}
          ></textarea>
          <span class="hint">They follow the system prompt.</span>
        </label>

        <div class="dialog-end"><button type="submit" class="primary">Done</button></div>
      </form>
    </dialog>
  `
}
