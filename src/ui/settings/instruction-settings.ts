import { html, type TemplateResult } from 'lit/html.js'
import { switchField, textField } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** What the model is told before every chat. */
export function instructionSettings(view: SettingsView): TemplateResult {
  const { preferences, model, locale, drafts, changeChat, begin, write, settle } = view
  const words = locale.words.settings
  const text = drafts.get('instructions')?.text ?? preferences.chat.instructions
  const knowsTags = model === undefined || model.dialect.output !== undefined
  return html`
    <section aria-labelledby="settings-instructions">
      <h3 id="settings-instructions">${words.instructions}</h3>
      ${switchField({
        name: 'setting-reflect',
        label: words.reflect,
        hint: knowsTags ? words.reflectHint : words.reflectUnknown,
        isOn: preferences.chat.reflect && knowsTags,
        isDisabled: !knowsTags,
        onChange: (reflect) => changeChat({ reflect }),
      })}
      ${textField({
        name: 'setting-own',
        label: words.ownInstructions,
        hint: words.ownInstructionsHint,
        text,
        onBegin: () => begin('instructions', text),
        onText: (typed, isComposing) => write('instructions', typed, isComposing),
        onSettled: () => settle('instructions'),
      })}
    </section>
  `
}
