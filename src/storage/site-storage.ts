import { openIndexedRecords } from './indexed-records.ts'
import { CHATS } from './open-conversation-store.ts'
import { openDatabase } from './open-database.ts'
import { SETTINGS } from './open-preference-store.ts'
import { openPageChannel, type PageChannel } from './page-channel.ts'
import { MODE_KEY, plainRecords } from './record-form.ts'
import type { Records } from './records.ts'
import { switchRecords, type SwitchableRecords } from './switch-records.ts'

/** One database, and its records as the page uses them, in whatever form the database has them. */
export interface Place {
  readonly name: string
  readonly database: Records
  readonly records: SwitchableRecords
}

/** What a page of this site reads and writes of the user's, in databases of the browser. */
export interface SiteStorage {
  readonly chats: Place
  readonly settings: Place
  /** What GGUF files of other places were found to be: their addresses are the user's as well. */
  readonly found: Place
  /** Where pages tell each other that the form of all that changed, or that it is locked. */
  readonly channel: PageChannel
  /** How it is stored, of a shape that nobody has checked; undefined for plainly. @throws {ReflectionError} `storage-unreadable`. */
  readMode(): Promise<unknown>
}

/** Opens the databases; all of them hold plain records until someone says otherwise. @param onChanged - See `switchRecords`. */
export function openSiteStorage(onChanged: () => Promise<void>): SiteStorage {
  const placeOf = (name: string): Place => {
    const database = openIndexedRecords(openDatabase(name))
    const { onCleared } = database
    return { name, database, records: { ...switchRecords(plainRecords(database), onChanged), onCleared } }
  }
  const settings = placeOf(SETTINGS)
  return {
    chats: placeOf(CHATS),
    settings,
    found: placeOf('second-thought-gguf'),
    channel: openPageChannel('second-thought-storage'),
    readMode: () => settings.database.transact('readonly', (table) => table.get(MODE_KEY)),
  }
}
