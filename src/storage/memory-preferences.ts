import type { PreferenceStore } from '../core/preference-store.ts'
import { keepPreferences } from './keep-preferences.ts'
import { createMemoryRecords } from './memory-records.ts'
import { createPageHub } from './page-channel.ts'
import type { Records } from './records.ts'

/** Preferences that are gone with the page. */
export function createMemoryPreferences(): PreferenceStore {
  return shareMemoryPreferences()()
}

/** Preferences in memory for several that act as pages of one site. @returns Opens one more page. @internal */
export function shareMemoryPreferences(records: Records = createMemoryRecords()): () => PreferenceStore {
  const join = createPageHub()
  return () => keepPreferences(records, join())
}
