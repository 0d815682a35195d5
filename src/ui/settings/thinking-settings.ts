import { html, type TemplateResult } from 'lit/html.js'
import { choiceField, switchField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** How much the model checks itself, and how much of its thinking is shown. */
export function thinkingSettings(view: SettingsView): TemplateResult {
  const { preferences, change, changeChat } = view
  const { settings: words, thinkingModes } = view.locale.words
  return html`
    ${choiceField({
      name: 'setting-thinking',
      legend: thinkingModes.shownAs,
      hint: thinkingModes.hints[preferences.thinking],
      choices: thinkingModes.names,
      chosen: preferences.thinking,
      onChange: (thinking) => change({ thinking }),
    })}
    ${selfCheckDial(view)}
    ${switchField({
      name: 'setting-careful',
      label: words.thinkCarefully,
      hint: words.thinkCarefullyHint,
      isOn: preferences.chat.thinkCarefully,
      onChange: (thinkCarefully) => changeChat({ thinkCarefully }),
    })}
  `
}

/** The dial works by a bias on a token; where the model was not calibrated for it, what it would do is anyone's guess. */
function selfCheckDial({ preferences, model, limits, locale, changeChat }: SettingsView): TemplateResult {
  const words = locale.words.settings
  const isRefused = limits.includes('self-check')
  const isElsewhere = model?.server !== undefined // where a nudge is all that is promised
  const reflects = model === undefined || model.dialect.reflection !== undefined
  const isCalibrated = model === undefined || isElsewhere || !reflects || model.selfCheckBias !== undefined
  const { selfCheck } = preferences.chat
  const ofReflections = isElsewhere ? locale.words.settings.selfCheckNudge : words.selfCheckHints[selfCheck]
  const hint = reflects ? ofReflections : words.selfCheckOfThinking
  return choiceField({
    name: 'setting-self-check',
    legend: words.selfCheck,
    hint: isRefused ? locale.words.settings.noSelfCheck : isCalibrated ? hint : words.selfCheckUncalibrated,
    choices: words.selfCheckSteps,
    chosen: selfCheck,
    isDisabled: !isCalibrated || isRefused,
    onChange: (chosen) => changeChat({ selfCheck: chosen }),
  })
}
