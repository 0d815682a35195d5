import { expect, test } from 'vitest'
import { createMemoryPreferences, shareMemoryPreferences } from '../../../src/storage/memory-preferences.ts'
import { createMemoryRecords } from '../../../src/storage/memory-records.ts'
import { describePreferenceStore } from './support/preference-store-contract.ts'

describePreferenceStore(() => {
  const records = createMemoryRecords()
  return { records, open: shareMemoryPreferences(records) }
})

test('stores that share nothing see nothing of each other', async () => {
  const store = createMemoryPreferences()
  await store.write({ theme: 'dark' })
  expect(await store.read()).toEqual({ theme: 'dark' })
  expect(await createMemoryPreferences().read()).toBeUndefined()
})
