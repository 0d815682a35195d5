import { describe } from 'vitest'
import { openIndexedRecords } from '../../src/storage/indexed-records.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { openPreferenceStore } from '../../src/storage/open-preference-store.ts'
import { describePreferenceStore } from '../unit/storage/support/preference-store-contract.ts'

let count = 0

describe('preferences in IndexedDB', () => {
  describePreferenceStore(() => {
    const name = `preferences-${count++}-${crypto.randomUUID()}`
    return {
      open: () => openPreferenceStore(openIndexedRecords(openDatabase(name))),
      records: openIndexedRecords(openDatabase(name)),
    }
  })
})
