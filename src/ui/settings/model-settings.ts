import { html, type TemplateResult } from 'lit/html.js'
import { textField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** Which model answers, and what it is told before every chat. */
export function modelSettings(view: SettingsView): TemplateResult {
  const { preferences, model, locale, drafts, toModels, begin, write, settle } = view
  const { settings, model: status } = locale.words
  const text = drafts.get('instructions')?.text ?? preferences.chat.instructions
  return html`
    <div class="setting">
      <p class="setting-name">${settings.model}</p>
      <button type="button" @click=${toModels}>${settings.chooseModel}</button>
      <p class="hint model-name" dir="auto">${model?.name ?? status.none}</p>
    </div>
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
