import type { PreferenceStore } from '../core/preference-store.ts'
import { keepPreferences } from './keep-preferences.ts'
import { openPageChannel } from './page-channel.ts'
import type { Records } from './records.ts'

/** The database of settings, and the channel on which pages tell that they changed them. */
export const SETTINGS = 'second-thought-settings'

/** Opens the preferences that this browser keeps for this site. */
export function openPreferenceStore(records: Records): PreferenceStore {
  return keepPreferences(records, openPageChannel(SETTINGS))
}
