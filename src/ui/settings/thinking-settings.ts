import { html, type TemplateResult } from 'lit/html.js'
import { numberFieldOf } from './number-setting.ts'
import { choiceField, switchField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** How much the model thinks, and how much of it is shown. */
export function thinkingSettings(view: SettingsView): TemplateResult {
  const { preferences, change, changeChat } = view
  const { chat } = preferences
  const words = view.locale.words.settings
  return html`
    <section aria-labelledby="settings-thinking">
      <h3 id="settings-thinking">${words.thinking}</h3>
      ${choiceField({
        name: 'setting-thinking',
        legend: words.shownAs,
        hint: words.modeHints[preferences.thinking],
        choices: words.modes,
        chosen: preferences.thinking,
        onChange: (thinking) => change({ thinking }),
      })}
      ${selfCheckDial(view)}
      ${numberFieldOf(view, 'thinkBudget', {
        label: words.thinkBudget,
        hint: words.thinkBudgetHint,
        fallback: words.noLimit,
      })}
      ${switchField({
        name: 'setting-careful',
        label: words.thinkCarefully,
        hint: words.thinkCarefullyHint,
        isOn: chat.thinkCarefully,
        onChange: (thinkCarefully) => changeChat({ thinkCarefully }),
      })}
      ${switchField({
        name: 'setting-past',
        label: words.pastThinking,
        hint: words.pastThinkingHint,
        isOn: chat.pastThinking === 'keep',
        onChange: (isOn) => changeChat({ pastThinking: isOn ? 'keep' : 'drop' }),
      })}
    </section>
  `
}

/** The dial works by a bias on a token; where the model was not calibrated for it, what it would do is anyone's guess. */
function selfCheckDial({ preferences, model, locale, changeChat }: SettingsView): TemplateResult {
  const words = locale.words.settings
  const reflects = model === undefined || model.dialect.reflection !== undefined
  const isCalibrated = model === undefined || !reflects || model.selfCheckBias !== undefined
  const { selfCheck } = preferences.chat
  const hint = reflects ? words.selfCheckHints[selfCheck] : words.selfCheckOfThinking
  return choiceField({
    name: 'setting-self-check',
    legend: words.selfCheck,
    hint: isCalibrated ? hint : words.selfCheckUncalibrated,
    choices: words.selfCheckSteps,
    chosen: selfCheck,
    isDisabled: !isCalibrated,
    onChange: (chosen) => changeChat({ selfCheck: chosen }),
  })
}
