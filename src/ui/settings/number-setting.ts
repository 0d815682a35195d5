import type { TemplateResult } from 'lit/html.js'
import type { NumberSetting } from '../../state/settings.ts'
import { isWhole } from './setting-drafts.ts'
import { numberField, type NumberInputProps } from './setting-fields.ts'
import type { SettingsView } from './settings-view.ts'

/** How the field of a number among the settings stands. @param fallback - What counts while there is no number. */
export function numberInputOf(view: SettingsView, name: NumberSetting, fallback: string): NumberInputProps {
  const { preferences, drafts, locale, write, settle } = view
  const words = locale.words.settings
  const draft = drafts.get(name)
  const number = preferences.chat[name]
  const current = number === undefined ? fallback : String(number)
  return {
    name: `setting-${name}`,
    text: draft?.text ?? (number === undefined ? '' : String(number)),
    placeholder: fallback,
    problem: draft?.isRefused === true ? words.refused(words.problems[name], current) : undefined,
    isWhole: isWhole(name),
    onText: (text, isComposing) => write(name, text, isComposing),
    onSettled: () => settle(name),
  }
}

export interface NumberFieldWords {
  readonly label: string
  readonly hint: string
  readonly fallback: string
}

export function numberFieldOf(
  view: SettingsView,
  name: NumberSetting,
  { label, hint, fallback }: NumberFieldWords,
): TemplateResult {
  return numberField({ ...numberInputOf(view, name, fallback), label, hint })
}
