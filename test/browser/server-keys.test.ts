import { atom } from 'nanostores'
import { afterEach, expect, test } from 'vitest'
import { createServerKeys } from '../../src/app/server-keys.ts'
import type { StorageMode } from '../../src/state/privacy.ts'

const SERVER = 'https://models.example/v1'
const KEY = 'sk-never-at-rest'

afterEach(() => localStorage.clear())

const atRest = () => JSON.stringify({ ...localStorage })

test('a key is at rest only when the user wants it to be', () => {
  const keys = createServerKeys(atom<StorageMode>('keep'))
  expect(keys.set(SERVER, KEY, false)).toBe(true)
  expect([keys.stateOf(SERVER), atRest().includes(KEY)]).toEqual(['memory', false])
  expect(keys.set(SERVER, KEY, true)).toBe(true)
  expect([keys.stateOf(SERVER), atRest().includes(KEY)]).toEqual(['kept', true])
  expect(createServerKeys(atom<StorageMode>('keep')).keyFor(SERVER)).toBe(KEY)
})

test.each(['encrypted', 'nothing'] as const)('where chats are %s, no key is at rest, and it still serves', (mode) => {
  const $mode = atom<StorageMode>('keep')
  const keys = createServerKeys($mode)
  keys.set(SERVER, KEY, true)
  $mode.set(mode)
  expect(atRest()).not.toContain(KEY)
  expect([keys.stateOf(SERVER), keys.keyFor(SERVER)]).toEqual(['memory', KEY])
  expect(keys.set(SERVER, KEY, true)).toBe(false)
  expect(atRest()).not.toContain(KEY)
})
