import { ReflectionError } from '../../core/errors.ts'
import { createMemoryRecords } from '../memory-records.ts'
import {
  formOf,
  isInForm,
  isRecordKey,
  NONE,
  PLAIN,
  plainOf,
  plainRecords,
  setForm,
  type RecordForm,
} from '../record-form.ts'
import type { Records } from '../records.ts'
import type { Place } from '../site-storage.ts'
import type { DataKeys } from './data-keys.ts'
import { deleteRecords, moveRecords } from './move-records.ts'
import type { DerivePassphrase } from './passphrase-secret.ts'
import { sealedRecords } from './sealed-records.ts'
import { changeMode, isModeMissing, KEEP, readMode, type ModeRecord, type StorageMode } from './storage-mode.ts'
import {
  changePassphrase,
  createVault,
  openVault,
  requireVault,
  withPasskey,
  type NewPasskey,
  type Secret,
} from './vault.ts'

/*
 * Moves what is stored from one mode into another. The record of the mode is the journal: it is written first and says where things are to
 * be, each database says next in which form it is (which stops pages that have not heard), then the records move, each stored in its new
 * place before it goes from the old one. Whoever is cut off, at whatever step, leaves what the next page needs to go on: `begin` and
 * `unlock` do so before they give anything out.
 */

export interface ControlParts {
  readonly chats: Place
  readonly settings: Place
  readonly others: readonly Place[]
  readonly derive: DerivePassphrase
  /** Runs while no other page of this site is in such a piece of work. */
  readonly alone: <Value>(work: () => Promise<Value>) => Promise<Value>
  /** The keys of a vault from a page that is unlocked; undefined where none has them. */
  readonly askKeys: (vaultId: string) => Promise<DataKeys | undefined>
  /** What this page shows is not what is stored: it has to begin anew. Calls of its records wait for ever. */
  readonly reload: () => void
  /** Where this page stands, whenever that changes. */
  readonly onChange: (state: ControlState) => void
  /** Records of a move that are done, of how many. */
  readonly onProgress?: (done: number, all: number) => void
}

export interface ControlState {
  readonly mode: StorageMode
  /** As it is stored; of the vault and all else. */
  readonly record: ModeRecord
  /** While chats are encrypted and unlocked. */
  readonly keys?: DataKeys | undefined
}

/** What becomes of what was kept, when from now on nothing is. */
export type Kept = 'deleted' | 'left'

export interface StorageControl {
  state(): ControlState
  /** Reads how chats are stored, and opens them unless they are encrypted; then `unlock` does. @throws {ReflectionError} `storage-unreadable`. */
  begin(): Promise<ControlState>
  /** Opens what is encrypted. @throws {ReflectionError} `passphrase-wrong`. */
  unlock(secret: Secret | { readonly keys: DataKeys }): Promise<void>
  /** @param passphrase - For chats that were left encrypted while nothing is kept. @throws {ReflectionError} `passphrase-wrong`. */
  toKeep(passphrase?: string): Promise<void>
  /** @param passphrase - The new one; or, where encrypted chats were left, that of theirs. @throws {ReflectionError} `passphrase-wrong`, `request-invalid`. */
  toEncrypted(passphrase: string): Promise<void>
  toNothing(kept: Kept): Promise<void>
  /** Whether something is stored that a page that keeps nothing does not show. */
  hasLeft(): Promise<boolean>
  /** Deletes that; or, where chats are locked for good, all of them. What is on the page stays. */
  deleteLeft(): Promise<void>
  /** @throws {ReflectionError} `passphrase-wrong`, `request-invalid`. */
  changePassphrase(before: string, after: string): Promise<void>
  /** @param make - Called once the passphrase is known to be right. @throws {ReflectionError} `passphrase-wrong`. */
  addPasskey(passphrase: string, make: () => Promise<NewPasskey>): Promise<void>
  /** Changes what else stands in the record. */
  note(changes: Pick<ModeRecord, 'lockAfterMinutes' | 'appearance'>): Promise<void>
  removePasskey(): Promise<void>
  /** Another page has changed the mode, or may have. Never rejects. */
  follow(): Promise<void>
}

/** A new key locks after so many minutes. */
const LOCK_AFTER_MINUTES = 15

/** Takes places that hold plain records; `begin` looks what they really hold. */
export function createStorageControl(parts: ControlParts): StorageControl {
  const { chats, settings, others, derive, alone } = parts
  const places = [chats, settings, ...others]
  let state: ControlState = { mode: 'keep', record: KEEP }
  /** What this page holds while nothing is kept, by the name of the place. */
  let memory: ReadonlyMap<string, Records> | undefined
  let following: Promise<void> | undefined

  const sealedOf = (place: Place, keys: DataKeys, requires: boolean) =>
    sealedRecords(place.database, place.name, keys, requires)

  function enter(next: ControlState): void {
    state = next
    if (next.mode !== 'nothing') memory = undefined
    for (const place of places) place.records.use(recordsOf(place, next))
    parts.onChange(next)
  }

  function recordsOf(place: Place, { mode, keys }: ControlState): Records {
    if (mode === 'keep') return plainRecords(place.database)
    if (mode === 'nothing') return memory?.get(place.name) ?? createMemoryRecords()
    if (keys === undefined) throw new Error('The chats are locked.')
    return sealedOf(place, keys, true)
  }

  /** What a place holds, for those who move it while its form says something else. */
  function contentOf(place: Place): Records {
    const { mode, keys } = state
    if (mode === 'nothing') return memory?.get(place.name) ?? createMemoryRecords()
    return keys === undefined ? plainOf(place.database) : sealedOf(place, keys, false)
  }

  const setForms = async (form: RecordForm) => {
    for (const { database } of places) await setForm(database, form)
  }

  /** While nothing else of this page or of others is at it. Where it fails all goes on as it was, as far as storage allows. */
  async function change(work: () => Promise<ControlState>, undo: () => Promise<unknown>): Promise<void> {
    await alone(async () => {
      if (!(await isAsKnown())) throw changedMeanwhile()
      for (const { records } of places) await records.hold()
      try {
        enter(await work())
      } catch (error) {
        await undo().then(
          () => enter(state),
          () => beginAnew(), // the next page goes on with it
        )
        throw error
      }
    })
  }

  /** Whether no other page has changed the mode meanwhile. */
  async function isAsKnown(): Promise<boolean> {
    const { mode, vault, isLeaving, isDeleting } = await readMode(settings.database)
    const isOfUs = mode === state.mode && vault?.id === state.record.vault?.id
    return isOfUs && isLeaving !== true && isDeleting !== true
  }

  /** From plain records, and what this page holds in memory, to sealed ones. */
  async function seal(record: ModeRecord, keys: DataKeys): Promise<ControlState> {
    await setForms(keys.vaultId)
    for (const place of places)
      await moveRecords(plainOf(place.database), sealedOf(place, keys, false), progressOf(place))
    for (const place of places) await bringMemory(place, sealedOf(place, keys, false))
    return { mode: 'encrypted', record, keys }
  }

  /** From sealed records, and what this page holds in memory, to plain ones. */
  async function unseal(keys: DataKeys): Promise<ControlState> {
    await changeMode(settings.database, (record) => ({ ...record, mode: 'encrypted', isLeaving: true }))
    await setForms(PLAIN)
    for (const place of places)
      await moveRecords(sealedOf(place, keys, false), plainOf(place.database), progressOf(place))
    for (const place of places) await bringMemory(place, plainOf(place.database))
    return { mode: 'keep', record: await changeMode(settings.database, () => KEEP) }
  }

  async function bringMemory(place: Place, to: Records): Promise<void> {
    const held = memory?.get(place.name)
    if (held !== undefined) await moveRecords(held, to, { isCopy: true })
  }

  function progressOf(place: Place) {
    return place === chats && parts.onProgress !== undefined ? { onProgress: parts.onProgress } : {}
  }

  /** Deletes what the record says is to be deleted. */
  async function finishDeleting(): Promise<ModeRecord> {
    for (const { database } of places) await deleteRecords(withoutMarks(database))
    const record = await changeMode(settings.database, ({ mode }) => ({ schema: 1, mode }))
    await setForms(record.mode === 'keep' ? PLAIN : NONE)
    return record
  }

  /** As it is now that no other page is at it. */
  async function finishIfDeleting(): Promise<ModeRecord> {
    const record = await readMode(settings.database)
    return record.isDeleting === true ? finishDeleting() : record
  }

  /** Goes on where a page was cut off, and opens. */
  async function open(keys: DataKeys): Promise<void> {
    await alone(async () => {
      for (const { records } of places) await records.hold()
      const record = await readMode(settings.database)
      if (record.vault?.id !== keys.vaultId) return beginAnew() // it was changed meanwhile
      const before = state
      state = { mode: 'encrypted', record, keys }
      try {
        const forms = await Promise.all(places.map(({ database }) => isInForm(database, keys.vaultId)))
        if (record.isLeaving === true) enter(await unseal(keys))
        else enter(forms.every(Boolean) ? state : await seal(record, keys))
      } catch (error) {
        state = before
        throw error
      }
    })
  }

  async function changeVault(work: (record: ModeRecord) => Promise<Partial<ModeRecord>>): Promise<void> {
    const changes = await work(await readMode(settings.database))
    const record = await changeMode(settings.database, (now) => {
      if (changes.vault !== undefined && now.vault?.id !== changes.vault.id) throw changedMeanwhile()
      return { ...now, ...changes }
    })
    state = { ...state, record }
    parts.onChange(state)
  }

  /** Nothing more is read or written by this page. */
  function beginAnew(): void {
    for (const { records } of places) void records.hold()
    parts.reload()
  }

  async function followOthers(): Promise<void> {
    const record = await alone(() => readMode(settings.database)) // once whoever moves is done
    // Whoever deleted all of it, key included, does not want what is on this page to be stored again as it is.
    if (state.mode === 'encrypted' && (await isModeMissing(settings.database))) return beginAnew()
    const isCutOff = record.isLeaving === true || record.isDeleting === true
    if (isCutOff) return beginAnew()
    if (record.mode === state.mode && (record.mode === 'nothing' || record.vault?.id === state.record.vault?.id)) {
      const form = state.mode === 'nothing' ? NONE : (record.vault?.id ?? PLAIN)
      const forms = await Promise.all(places.map(({ database }) => formOf(database)))
      if (forms.some((one) => one !== form)) return beginAnew()
      state = { ...state, record }
      return parts.onChange(state)
    }
    if (record.mode === 'nothing') return beginAnew()
    for (const { records } of places) await records.hold()
    const { vault } = record
    const known = state.keys
    const keys = vault === undefined || known?.vaultId === vault.id ? known : await parts.askKeys(vault.id)
    if (record.mode === 'encrypted' && keys === undefined) {
      if (state.mode === 'nothing') enter(state) // what it holds is nowhere else: it stays
      else beginAnew()
      return
    }
    const next: ControlState = record.mode === 'keep' ? { mode: 'keep', record } : { mode: 'encrypted', record, keys }
    for (const place of places) await bringMemory(place, recordsOf(place, next))
    enter(next)
  }

  return {
    state: () => state,

    async begin() {
      const found = await readMode(settings.database)
      const record = found.isDeleting === true ? await alone(finishIfDeleting) : found
      if (record.mode === 'encrypted') {
        for (const { records } of places) await records.hold()
        state = { mode: 'encrypted', record }
        parts.onChange(state)
      } else {
        if (record.mode === 'nothing') memory = emptyMemory(places)
        enter({ mode: record.mode, record })
      }
      return state
    },

    async unlock(secret) {
      const { vault } = await readMode(settings.database)
      await open('keys' in secret ? secret.keys : await openVault(requireVault(vault), secret, derive))
    },

    async toKeep(passphrase) {
      const before = await readMode(settings.database)
      const keys = state.keys ?? (await keysOfLeft(before, passphrase, derive))
      if (keys === undefined) {
        const toPlain = async (): Promise<ControlState> => {
          await setForms(PLAIN)
          for (const place of places) await bringMemory(place, plainOf(place.database))
          return { mode: 'keep', record: await changeMode(settings.database, () => KEEP) }
        }
        return change(toPlain, () => setForms(NONE))
      }
      const wasEncrypted = state.mode === 'encrypted'
      await change(
        () => unseal(keys),
        async () => {
          await changeMode(settings.database, () => before)
          if (wasEncrypted) await seal(before, keys)
          else await setForms(NONE)
        },
      )
    },

    async toEncrypted(passphrase) {
      const before = await readMode(settings.database)
      const left = await keysOfLeft(before, passphrase, derive)
      const made = left === undefined ? await createVault(passphrase, derive) : undefined
      const vault = made?.vault ?? requireVault(before.vault)
      const keys = made?.keys ?? left
      if (keys === undefined) throw changedMeanwhile()
      await change(
        async () => {
          const next: ModeRecord = { schema: 1, mode: 'encrypted', vault, lockAfterMinutes: LOCK_AFTER_MINUTES }
          return seal(await changeMode(settings.database, () => next), keys)
        },
        async () => {
          if ((await readMode(settings.database)).vault?.id !== vault.id) return // nothing was begun
          if (before.mode === 'keep') await unseal(keys)
          else await changeMode(settings.database, () => ({ ...before, vault })).then(() => setForms(NONE))
        },
      )
    },

    async toNothing(kept) {
      const before = state
      await change(
        async () => {
          const held = emptyMemory(places)
          for (const place of kept === 'deleted' ? places : [settings]) {
            await moveRecords(contentOf(place), held.get(place.name) ?? createMemoryRecords(), { isCopy: true })
          }
          memory = held
          const { vault } = before.record
          const left = kept === 'deleted' ? { isDeleting: true } : vault === undefined ? {} : { vault }
          const record = await changeMode(settings.database, () => ({ schema: 1, mode: 'nothing', ...left }))
          await setForms(NONE)
          return { mode: 'nothing', record: kept === 'deleted' ? await finishDeleting() : record }
        },
        async () => {
          if (kept === 'deleted' && (await readMode(settings.database)).isDeleting === true) throw changedMeanwhile()
          await changeMode(settings.database, () => before.record)
          await setForms(before.keys?.vaultId ?? PLAIN)
        },
      )
    },

    async hasLeft() {
      const keys = await chats.database.transact('readonly', (table) => table.allKeys())
      return state.mode === 'nothing' && keys.length > 1 // one of them says the form
    },

    async deleteLeft() {
      await alone(async () => {
        const mode = state.mode === 'nothing' ? 'nothing' : 'keep'
        await changeMode(settings.database, () => ({ schema: 1, mode, isDeleting: true }))
        await setForms(NONE)
        const record = await finishDeleting()
        if (state.mode === 'nothing') state = { ...state, record }
        parts.onChange(state)
      })
    },

    changePassphrase: (before, after) =>
      changeVault(async ({ vault }) => ({ vault: await changePassphrase(requireVault(vault), before, after, derive) })),
    addPasskey: (passphrase, make) =>
      changeVault(async ({ vault }) => ({
        vault: await withPasskey(requireVault(vault), passphrase, derive, make),
      })),
    removePasskey: () =>
      changeVault(async ({ vault }) => {
        const { passkey: _, ...rest } = requireVault(vault)
        return { vault: rest }
      }),
    note: (changes) => changeVault(async () => changes),

    follow() {
      following ??= followOthers()
        .catch((error: unknown) => {
          console.warn(error)
          beginAnew()
        })
        .finally(() => (following = undefined))
      return following
    },
  }
}

/** The keys of chats that were left encrypted; undefined where there are none. */
async function keysOfLeft(
  { vault }: ModeRecord,
  passphrase: string | undefined,
  derive: DerivePassphrase,
): Promise<DataKeys | undefined> {
  return vault === undefined ? undefined : openVault(vault, { passphrase: passphrase ?? '' }, derive)
}

function emptyMemory(places: readonly Place[]): ReadonlyMap<string, Records> {
  return new Map(places.map(({ name }) => [name, createMemoryRecords()]))
}

/** All records of a database, plain and sealed, without what says in which form and mode they are. */
function withoutMarks(database: Records): Records {
  return {
    transact: (mode, work) =>
      database.transact(mode, (table) =>
        work({ ...table, allKeys: async () => (await table.allKeys()).filter(isRecordKey) }),
      ),
  }
}

function changedMeanwhile(): ReflectionError {
  return new ReflectionError(
    'request-invalid',
    'Another tab changed how chats are stored. Look at it there, or reload this page.',
  )
}
