import { atom, type WritableAtom } from 'nanostores'
import type { PreferenceStore } from '../core/preference-store.ts'
import { atMostOneMore } from './at-most-one-more.ts'
import { parsePreferences, PREFERENCES_SCHEMA } from './parse-preferences.ts'
import type { Preferences } from './preferences.ts'

/** Preferences that are kept in a store. */
export interface StoredPreferences {
  readonly value: WritableAtom<Preferences>
  /** What was wrong with the stored preferences, for people; absent when nothing was. They are kept before they are written over. */
  readonly problem?: string
  /** Ends the link to the store. */
  close(): void
}

/**
 * Reads the preferences, and writes each change from then on; also takes over what other pages of this site change.
 * A part that cannot be read takes its default. The stored whole stays as it is until the first change, which may be never, because it may
 * be another version's; that change first keeps a copy of it. What another page stores is ignored when it cannot be read.
 * @throws {ReflectionError} `storage-unreadable` when there is no storage.
 */
export async function openPreferences(
  store: PreferenceStore,
  onWriteError: (error: unknown) => void,
): Promise<StoredPreferences> {
  const stored = await store.read()
  const { preferences, problem } = parsePreferences(stored)
  const $value = atom(preferences)
  let known = preferences // as the store has it
  let unusable = unusableOf(stored, problem)
  let writing = Promise.resolve()

  async function write(value: Preferences): Promise<void> {
    const lost = unusable
    if (lost !== undefined) await store.keepUnreadable(lost.value, lost.reason)
    if (unusable === lost) unusable = undefined // else another page wrote meanwhile
    await store.write({ schema: PREFERENCES_SCHEMA, ...value })
  }

  const unlisten = $value.listen((value) => {
    if (value === known) return
    known = value
    writing = writing.then(() => write(value)).catch(onWriteError)
  })
  const readAgain = atMostOneMore(async () => {
    const changed = await store.read()
    const parsed = parsePreferences(changed)
    unusable = unusableOf(changed, parsed.problem)
    if (unusable !== undefined) return
    known = parsed.preferences
    $value.set(known)
  })
  const unsubscribe = store.subscribe(() => void readAgain().catch(onWriteError))
  const close = () => {
    unlisten()
    unsubscribe()
  }
  return { value: $value, close, ...(problem === undefined ? {} : { problem }) }
}

/** What the store holds and the next write would lose. */
function unusableOf(value: unknown, reason: string | undefined): { value: unknown; reason: string } | undefined {
  return reason === undefined ? undefined : { value, reason }
}
