import { beforeEach, expect, test } from 'vitest'
import type { PreferenceStore } from '../../../../src/core/preference-store.ts'
import type { Records } from '../../../../src/storage/records.ts'

/** What every store of preferences does. @param openSite - Makes storage that is empty. */
export function describePreferenceStore(openSite: () => { open(): PreferenceStore; readonly records: Records }): void {
  let site: ReturnType<typeof openSite>
  let store: PreferenceStore
  let other: PreferenceStore

  beforeEach(() => {
    site = openSite()
    store = site.open()
    other = site.open()
  })

  test('nothing is undefined; what was written last comes back on every page', async () => {
    expect(await store.read()).toBeUndefined()
    await store.write({ theme: 'dark', deep: { list: [1] } })
    await other.write({ theme: 'light' })
    expect(await store.read()).toEqual({ theme: 'light' })
  })

  test('other pages are told of what a page writes, itself not', async () => {
    const told: string[] = []
    store.subscribe(() => told.push('store'))
    const end = other.subscribe(() => told.push('other'))
    await store.write({ theme: 'dark' })
    await expect.poll(() => told).toEqual(['other'])
    end()
    await store.write({ theme: 'light' })
    await other.write({ theme: 'dark' })
    await expect.poll(() => told).toEqual(['other', 'store'])
  })

  test('values that could not be used are kept, each of them, with why', async () => {
    await store.write({ theme: 'dark' })
    await store.keepUnreadable({ theme: 7 }, 'theme is 7')
    await other.keepUnreadable('broken', 'no object')
    const kept = await site.records.transact('readonly', (table) => table.entries('unreadable:'))
    expect(kept.map(([, value]) => value)).toMatchObject([
      { key: 'preferences', value: { theme: 7 }, reason: 'theme is 7' },
      { key: 'preferences', value: 'broken', reason: 'no object' },
    ])
    expect(await store.read()).toEqual({ theme: 'dark' })
  })
}
