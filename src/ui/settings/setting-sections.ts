import type { Preferences } from '../../state/preferences.ts'
import type { ChatSettings } from '../../state/settings.ts'

/** Parts of the settings, as they follow each other. */
export const SETTING_SECTIONS = ['appearance', 'thinking', 'model', 'privacy', 'data', 'advanced'] as const

export type SettingSection = (typeof SETTING_SECTIONS)[number]

interface SectionKeys {
  readonly own: readonly Exclude<keyof Preferences, 'chat'>[]
  readonly chat: readonly (keyof ChatSettings)[]
}

/** What can be chosen in each part. The model is in none: its choice is no setting that one resets. */
const KEYS: Readonly<Record<SettingSection, SectionKeys>> = {
  appearance: { own: ['theme', 'language'], chat: [] },
  thinking: { own: ['thinking'], chat: ['selfCheck', 'thinkCarefully'] },
  model: { own: ['engine'], chat: ['instructions'] },
  privacy: { own: [], chat: [] },
  data: { own: [], chat: [] },
  advanced: { own: [], chat: ['reflect', 'pastThinking', 'thinkBudget', 'temperature', 'topP', 'maxTokens'] },
}

/** The preferences with all that some parts hold as it is in others. */
export function withSections(
  preferences: Preferences,
  sections: readonly SettingSection[],
  others: Preferences,
): Preferences {
  const own = sections.flatMap((section) => KEYS[section].own)
  const chat = sections.flatMap((section) => KEYS[section].chat)
  return { ...withKeys(preferences, own, others), chat: withKeys(preferences.chat, chat, others.chat) }
}

/** A value that is absent in the others is absent afterwards. */
function withKeys<Values extends object>(values: Values, keys: readonly (keyof Values)[], others: Values): Values {
  const kept = Object.entries(values).filter(([key]) => !keys.some((other) => other === key))
  const taken = Object.entries(others).filter(([key]) => keys.some((other) => other === key))
  return Object.fromEntries([...kept, ...taken]) as Values
}
