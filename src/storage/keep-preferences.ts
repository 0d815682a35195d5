import type { PreferenceStore } from '../core/preference-store.ts'
import type { PageChannel } from './page-channel.ts'
import type { Records } from './records.ts'
import { keepUnreadable } from './unreadable-records.ts'

const KEY = 'preferences'

/** Makes a store of preferences over records, and a channel to the other pages. Each call acts as one page. */
export function keepPreferences(records: Records, channel: PageChannel): PreferenceStore {
  return {
    read: () => records.transact('readonly', (table) => table.get(KEY)),
    async write(value) {
      await records.transact('readwrite', async (table) => table.put(KEY, value))
      channel.post({ type: 'written' })
    },
    keepUnreadable: (value, reason) =>
      records.transact('readwrite', (table) => keepUnreadable(table, { key: KEY, value, reason })),
    subscribe: (listener) => channel.subscribe(() => listener()),
  }
}
