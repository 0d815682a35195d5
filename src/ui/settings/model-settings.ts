import { html, type TemplateResult } from 'lit/html.js'
import type { EngineChoice } from '../../core/engine.ts'
import { choiceField, textField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** Which model answers, and what it is told before every chat. */
export function modelSettings(view: SettingsView): TemplateResult {
  const { preferences, model, locale, drafts, change, toModels, begin, write, settle } = view
  const { settings, model: status } = locale.words
  const text = drafts.get('instructions')?.text ?? preferences.chat.instructions
  return html`
    <div class="setting">
      <p class="setting-name">${settings.model}</p>
      <button type="button" @click=${toModels}>${settings.chooseModel}</button>
      <p class="hint model-name" dir="auto">${model?.name ?? status.none}</p>
    </div>
    ${choiceField<EngineChoice>({
      name: 'setting-engine',
      legend: settings.engine,
      hint: settings.engineHints[preferences.engine],
      choices: settings.engines,
      chosen: preferences.engine,
      onChange: (engine) => change({ engine }),
    })}
    ${textField({
      name: 'setting-own',
      label: settings.ownInstructions,
      hint: settings.ownInstructionsHint,
      text,
      onBegin: () => begin('instructions', text),
      onText: (typed, isComposing) => write('instructions', typed, isComposing),
      onSettled: () => settle('instructions'),
    })}
  `
}
