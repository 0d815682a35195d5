import type { UseStore } from 'idb-keyval'
import type { PreferenceStore } from '../core/preference-store.ts'
import { openIndexedRecords } from './indexed-records.ts'
import { keepPreferences } from './keep-preferences.ts'
import { openDatabase } from './open-database.ts'
import { openPageChannel } from './page-channel.ts'

const NAME = 'second-thought-settings'

/** Opens the preferences that this browser keeps for this site. @param useStore - A database with nothing else in it. */
export function openPreferenceStore(useStore: UseStore = openDatabase(NAME)): PreferenceStore {
  return keepPreferences(openIndexedRecords(useStore), openPageChannel(NAME))
}
