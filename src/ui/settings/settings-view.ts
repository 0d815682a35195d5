import type { EngineLimit } from '../../core/engine.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { Preferences } from '../../state/preferences.ts'
import type { ChatSettings, NumberSetting } from '../../state/settings.ts'
import type { Draft } from './setting-drafts.ts'
import type { Locale } from '../words/locales.ts'

/** Fields that are written in. */
export type WrittenSetting = NumberSetting | 'instructions'

/** What the parts of the settings show, and how they change it. */
export interface SettingsView {
  readonly preferences: Preferences
  /** The chosen model; absent while none is known. */
  readonly model: ModelDescription | undefined
  /** What changes nothing where the model runs. */
  readonly limits: readonly EngineLimit[]
  readonly locale: Locale
  readonly drafts: ReadonlyMap<WrittenSetting, Draft>
  /** Counts at once. */
  readonly change: (changes: Partial<Preferences>) => void
  readonly changeChat: (changes: Partial<ChatSettings>) => void
  /** @param tag - BCP 47; empty for the browser's own. */
  readonly changeLanguage: (tag: string) => void
  readonly changeNumber: (name: NumberSetting, number: number | undefined) => void
  /** The user has gone into the field, where this stands. */
  readonly begin: (name: WrittenSetting, text: string) => void
  readonly write: (name: WrittenSetting, text: string, isComposing: boolean) => void
  /** Leads to the page of models. */
  readonly toModels: () => void
  /** The user has left the field. */
  readonly settle: (name: WrittenSetting) => void
}
