import { describe } from 'vitest'
import { openIndexedRecords } from '../../src/storage/indexed-records.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { openPreferences } from '../../src/storage/open-preferences.ts'
import { describePreferenceStore } from '../unit/storage/support/preference-store-contract.ts'

let count = 0

describe('preferences in IndexedDB', () => {
  describePreferenceStore(() => {
    const name = `preferences-${count++}-${crypto.randomUUID()}`
    return { open: () => openPreferences(openDatabase(name)), records: openIndexedRecords(openDatabase(name)) }
  })
})
