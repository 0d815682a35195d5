import type { PreferenceStore } from '../core/preference-store.ts'
import { keepPreferences } from './keep-preferences.ts'
import { createMemoryRecords } from './memory-records.ts'
import { createPageHub } from './page-hub.ts'
import type { Records } from './records.ts'

/** A store of preferences in memory, for pages that can store nothing. */
export function createMemoryPreferences(): PreferenceStore {
  return shareMemoryPreferences()()
}

/** Preferences in memory that several stores share, as pages of one site do. @returns Makes one more such store. @internal */
export function shareMemoryPreferences(records: Records = createMemoryRecords()): () => PreferenceStore {
  const join = createPageHub()
  return () => keepPreferences(records, join())
}
