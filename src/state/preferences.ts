import type { EngineChoice } from '../core/engine.ts'
import { DEFAULT_SETTINGS, type ChatSettings } from './settings.ts'

/** How much of the thinking is shown: a line that can be opened, all of it live as a timeline, or nothing. */
export type ThinkingMode = 'standard' | 'advanced' | 'hidden'

/** All that the user chose. */
export interface Preferences {
  readonly chat: ChatSettings
  readonly thinking: ThinkingMode
  readonly theme: 'system' | 'light' | 'dark'
  /** Whether the list of chats was put away where it has room beside the page; absent for no. */
  readonly isSidebarHidden?: boolean
  /** Language of the interface, BCP 47; absent for the browser's own. */
  readonly language?: string
  /** Id of a listed model, or the name of one that the user added; absent for the embedded one. */
  readonly model?: string
  /** What models run on. */
  readonly engine: EngineChoice
  /** Names of models that the user added: addresses of manifests, or `<id of a supplied model>@<address of its folder>`. */
  readonly addedModels: readonly string[]
}

/** What counts as long as the user has chosen nothing. */
export const DEFAULT_PREFERENCES: Preferences = {
  chat: DEFAULT_SETTINGS,
  thinking: 'standard',
  theme: 'system',
  engine: 'auto',
  addedModels: [],
}
