import type { TemplateResult } from 'lit/html.js'
import { OPTION_RANGES, type NumberRange } from '../../core/option-ranges.ts'
import type { NumberSetting } from '../../state/settings.ts'
import { numberField, type NumberInputProps } from './setting-fields.ts'
import type { Locale } from '../words/locales.ts'
import type { SettingsView } from './settings-view.ts'

/** How the field of a number among the settings stands. @param fallback - What counts while there is no number. */
export function numberInputOf(view: SettingsView, name: NumberSetting, fallback: string): NumberInputProps {
  const { preferences, drafts, locale, begin, write, settle } = view
  const words = locale.words.settings
  const range = OPTION_RANGES[name]
  const draft = drafts.get(name)
  const number = preferences.chat[name]
  const current = number === undefined ? fallback : String(number)
  const text = draft?.text ?? (number === undefined ? '' : String(number))
  return {
    name: `setting-${name}`,
    text,
    placeholder: fallback,
    problem: draft?.isRefused === true ? words.refused(rangeWords(range, locale), current) : undefined,
    isWhole: range.kind === 'whole',
    onBegin: () => begin(name, text),
    onText: (typed, isComposing) => write(name, typed, isComposing),
    onSettled: () => settle(name),
  }
}

function rangeWords(range: NumberRange, { words, format }: Locale): string {
  const { problems } = words.settings
  switch (range.kind) {
    case 'from-to':
      return problems.fromTo(format.number(range.least), format.number(range.most))
    case 'above-to':
      return problems.aboveTo(format.number(range.above), format.number(range.most))
    case 'whole':
      return problems.whole(format.number(range.least))
  }
}

export interface NumberFieldWords {
  readonly label: string
  readonly hint: string
  readonly fallback: string
  readonly isDisabled?: boolean
}

export function numberFieldOf(
  view: SettingsView,
  name: NumberSetting,
  { label, hint, fallback, isDisabled = false }: NumberFieldWords,
): TemplateResult {
  return numberField({ ...numberInputOf(view, name, fallback), label, hint, isDisabled })
}
