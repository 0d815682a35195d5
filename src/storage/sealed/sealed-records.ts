import { isSealedKey, requireForm } from '../record-form.ts'
import type { Records, RecordTable } from '../records.ts'
import type { DataKeys } from './data-keys.ts'
import { sealedNames, sealedPrefix, type SealedNames } from './sealed-name.ts'
import { decodeValue, encodeValue, openValue, sealValue } from './sealed-value.ts'

/*
 * A transaction of IndexedDB ends as soon as something else is awaited, and WebCrypto is asynchronous. So `work` runs over what was read
 * and decrypted before, notes what it writes, and only at the end one real transaction looks whether all that was read is still the same,
 * and writes. Where another page was faster `work` runs again. The nonce of a sealed value is its version: no two writes have the same.
 *
 * What is read in one go (`Promise.all`) is read in one real transaction.
 */

/** Something that was read: it stands in for the record as long as asking again gives the same mark. */
interface Read {
  readonly ask: (table: RecordTable) => Promise<unknown>
  readonly mark: string
}

/** A question to the database that waits for others to go with it. */
interface Waiting {
  readonly name: string
  readonly isName: boolean
  readonly ask: (table: RecordTable, key: string) => Promise<unknown>
  readonly settle: (answer: Promise<{ readonly key: string; readonly raw: unknown }>) => void
}

/** What `work` wrote: bytes to be sealed, or undefined for what it deleted. */
type Drafts = Map<string, Uint8Array<ArrayBuffer> | undefined>

/**
 * Records of a database, sealed under the keys of a vault: values and names.
 * @param name - Of the database.
 * @param requires - Whether `transact` looks if the database holds this form; those who move records do so while it says something else.
 */
export function sealedRecords(database: Records, name: string, keys: DataKeys, requires = true): Records {
  const names = sealedNames(keys, name)
  return {
    async transact(mode, work) {
      for (;;) {
        const view = openView({ database, name, keys, names, requires })
        const value = await work(view.table)
        if (mode === 'readonly' && view.isOneReading()) return value
        if (await view.commit()) return value
      }
    },
  }
}

interface ViewParts {
  readonly database: Records
  readonly name: string
  readonly keys: DataKeys
  readonly names: SealedNames
  readonly requires: boolean
}

/** What one run of `work` sees and writes. */
function openView({ database, name: place, keys, names, requires }: ViewParts) {
  const reads: Read[] = []
  const drafts: Drafts = new Map()
  let readings = 0
  let waiting: Waiting[] = []

  const aboutOf = (name: string) => `${place}\n${name}`

  async function inDatabase<Value>(
    mode: 'readonly' | 'readwrite',
    work: (table: RecordTable) => Promise<Value>,
  ): Promise<Value> {
    return database.transact(mode, async (table) => {
      if (requires) await requireForm(table, keys.vaultId)
      return work(table)
    })
  }

  /** @param name - Of a record, or where `isName` is false a range of keys. */
  async function ask(
    name: string,
    isName: boolean,
    question: (table: RecordTable, key: string) => Promise<unknown>,
    markOf: (raw: unknown) => string,
  ): Promise<unknown> {
    const { key, raw } = await new Promise<{ readonly key: string; readonly raw: unknown }>((resolve) => {
      if (waiting.length === 0) queueMicrotask(() => void askAll())
      waiting.push({ name, isName, ask: question, settle: resolve })
    })
    reads.push({ mark: markOf(raw), ask: async (table) => markOf(await question(table, key)) })
    return raw
  }

  async function askAll(): Promise<void> {
    const questions = waiting
    waiting = []
    readings += 1
    const answers = (async () => {
      const withKeys = await Promise.all(
        questions.map(async (one) => ({ ...one, key: one.isName ? await names.keyOf(one.name) : one.name })),
      )
      return inDatabase('readonly', (table) =>
        Promise.all(withKeys.map(async ({ ask: question, key }) => ({ key, raw: await question(table, key) }))),
      )
    })()
    questions.forEach(({ settle }, index) => {
      settle(
        answers.then((all) => {
          const answer = all[index]
          if (answer === undefined) throw new Error('A question to the database has no answer.')
          return answer
        }),
      )
    })
  }

  /** Names of a range, with those that `work` wrote. */
  async function withDrafts(stored: readonly string[], belongs: (name: string) => boolean): Promise<string[]> {
    const all = new Set(
      (await Promise.all(stored.map((key) => names.nameOf(key)))).filter((name) => name !== undefined),
    )
    for (const [name, bytes] of drafts) {
      if (!belongs(name)) continue
      if (bytes === undefined) all.delete(name)
      else all.add(name)
    }
    return [...all].toSorted()
  }

  const table: RecordTable = {
    async get(name) {
      if (drafts.has(name)) return decodeDraft(drafts.get(name))
      const raw = await ask(name, true, (inner, key) => inner.get(key), versionOf)
      return raw === undefined ? undefined : openValue(keys, raw, aboutOf(name))
    },
    async has(name) {
      if (drafts.has(name)) return drafts.get(name) !== undefined
      return (await ask(name, true, (inner, key) => inner.has(key), String)) === true
    },
    async keys(prefix) {
      const stored = await ask(sealedPrefix(prefix), false, (inner, range) => inner.keys(range), String)
      return withDrafts(stored as string[], (name) => name.startsWith(prefix))
    },
    async allKeys() {
      const stored = await ask('', false, async (inner) => (await inner.allKeys()).filter(isSealedKey), String)
      return withDrafts(stored as string[], () => true)
    },
    async entries(prefix) {
      const versionsOf = (raw: unknown) =>
        (raw as [string, unknown][]).map(([key, sealed]) => `${key} ${versionOf(sealed)}`).join()
      const stored = await ask(sealedPrefix(prefix), false, (inner, range) => inner.entries(range), versionsOf)
      const found = await Promise.all(
        (stored as [string, unknown][]).map(async ([key, sealed]): Promise<[string, unknown] | undefined> => {
          const name = await names.nameOf(key)
          if (name === undefined || drafts.has(name)) return undefined
          return [name, await openValue(keys, sealed, aboutOf(name))]
        }),
      )
      const written = [...drafts].flatMap(([name, bytes]): [string, unknown][] =>
        name.startsWith(prefix) && bytes !== undefined ? [[name, decodeValue(bytes)]] : [],
      )
      const all = [...found.filter((entry) => entry !== undefined), ...written]
      return all.toSorted(([one], [other]) => (one < other ? -1 : 1))
    },
    put: (name, value) => void drafts.set(name, encodeValue(value)),
    delete: (name) => void drafts.set(name, undefined),
  }

  return {
    table,
    /** Whether all that was read is of one moment, and nothing is written. */
    isOneReading: () => readings <= 1 && drafts.size === 0,
    /** @returns False, having done nothing, where something that was read is another by now. */
    async commit(): Promise<boolean> {
      const writes = await Promise.all(
        [...drafts].map(async ([name, bytes]) => {
          const sealed = bytes === undefined ? undefined : await sealValue(keys, bytes, aboutOf(name))
          return { key: await names.keyOf(name), sealed }
        }),
      )
      return inDatabase(writes.length === 0 ? 'readonly' : 'readwrite', async (inner) => {
        const marks = await Promise.all(reads.map((read) => read.ask(inner)))
        if (marks.some((mark, index) => mark !== reads[index]?.mark)) return false
        for (const { key, sealed } of writes) {
          if (sealed === undefined) inner.delete(key)
          else inner.put(key, sealed)
        }
        return true
      })
    },
  }
}

function decodeDraft(bytes: Uint8Array | undefined): unknown {
  return bytes === undefined ? undefined : decodeValue(bytes)
}

/** The nonce of a sealed value; empty for none. */
function versionOf(sealed: unknown): string {
  return sealed instanceof Uint8Array ? sealed.slice(0, 12).join() : JSON.stringify(sealed ?? '')
}
