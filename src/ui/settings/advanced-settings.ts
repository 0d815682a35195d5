import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { OPTION_RANGES } from '../../core/option-ranges.ts'
import { numberFieldOf, numberInputOf } from './number-setting.ts'
import { numberInput, problemLine, switchField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** The probabilities as the model gives them; where the slider stands while no model is known. */
const NEUTRAL_TEMPERATURE = 1

/** What few ever need: what the model is told and reads again, how words are drawn, and how long a reply may be. */
export function advancedSettings(view: SettingsView): TemplateResult {
  const { preferences, model, limits, changeChat } = view
  const hasBudget = !limits.includes('think-budget')
  const { words, format } = view.locale
  const { settings } = words
  const topP = model?.sampling.topP
  const knowsTags = model === undefined || model.dialect.output !== undefined
  return html`
    ${switchField({
      name: 'setting-reflect',
      label: settings.reflect,
      hint: knowsTags ? settings.reflectHint : settings.reflectUnknown,
      isOn: preferences.chat.reflect && knowsTags,
      isDisabled: !knowsTags,
      onChange: (reflect) => changeChat({ reflect }),
    })}
    ${switchField({
      name: 'setting-past',
      label: settings.pastThinking,
      hint: settings.pastThinkingHint,
      isOn: preferences.chat.pastThinking === 'keep',
      onChange: (isOn) => changeChat({ pastThinking: isOn ? 'keep' : 'drop' }),
    })}
    ${numberFieldOf(view, 'thinkBudget', {
      label: settings.thinkBudget,
      hint: hasBudget ? settings.thinkBudgetHint : words.settings.noThinkBudget,
      fallback: settings.noLimit,
      isDisabled: !hasBudget,
    })}
    ${numberFieldOf(view, 'maxTokens', {
      label: settings.maxTokens,
      hint: settings.maxTokensHint,
      fallback: settings.noLimit,
    })}
    ${temperature(view)}
    ${numberFieldOf(view, 'topP', {
      label: settings.topP,
      hint: settings.topPHint,
      fallback: topP === undefined ? settings.modelsOwn : format.number(topP),
    })}
  `
}

function temperature(view: SettingsView): TemplateResult {
  const { words, format } = view.locale
  const { settings } = words
  const { least, most } = OPTION_RANGES.temperature
  const chosen = view.preferences.chat.temperature
  const own = view.model?.sampling.temperature
  const input = numberInputOf(view, 'temperature', own === undefined ? settings.modelsOwn : format.number(own))
  const onReset = (event: Event) => {
    const field = (event.currentTarget as HTMLElement).closest('.setting')
    view.changeNumber('temperature', undefined)
    field?.querySelector<HTMLElement>('input[type=range]')?.focus() // the button is about to go
  }
  return html`
    <div class="setting" role="group" aria-labelledby="setting-temperature-label">
      <label id="setting-temperature-label" for="setting-temperature-slider">${settings.temperature}</label>
      ${numberInput({ ...input, accessibleName: settings.temperatureNumber })}
      <input
        id="setting-temperature-slider"
        type="range"
        min=${least}
        max=${most}
        step="0.05"
        aria-describedby="setting-temperature-hint"
        aria-valuetext=${chosen === undefined && own === undefined ? settings.modelsOwn : nothing}
        .value=${live(String(chosen ?? own ?? NEUTRAL_TEMPERATURE))}
        @input=${(event: Event) => view.changeNumber('temperature', Number((event.target as HTMLInputElement).value))}
      />
      ${problemLine(input)}
      <p class="hint" id="setting-temperature-hint">${settings.temperatureHint(own)}</p>
      ${
        chosen === undefined
          ? nothing
          : html`<button type="button" class="quiet" @click=${onReset}>${settings.useModelsOwn}</button>`
      }
    </div>
  `
}
