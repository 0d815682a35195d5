import { afterEach, describe, expect, test } from 'vitest'
import { ReflectionError } from '../../../src/core/errors.ts'
import type { PreferenceStore } from '../../../src/core/preference-store.ts'
import { openPreferences, type StoredPreferences } from '../../../src/state/open-preferences.ts'
import { parsePreferences } from '../../../src/state/parse-preferences.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../../src/state/preferences.ts'
import { DEFAULT_SETTINGS, withNumber } from '../../../src/state/settings.ts'
import { createMemoryPreferences, shareMemoryPreferences } from '../../../src/storage/memory-preferences.ts'

const CHOSEN: Preferences = {
  chat: {
    temperature: 0,
    topP: 0.9,
    maxTokens: 500,
    thinkBudget: 0,
    selfCheck: 'more',
    thinkCarefully: true,
    reflect: false,
    instructions: 'Answer in French.',
    pastThinking: 'drop',
  },
  thinking: 'advanced',
  theme: 'dark',
  language: 'zh-CN',
  model: 'reflection-tiny',
  engine: 'processor',
  addedModels: ['https://models.example/manifest.json'],
}
const STORED = { schema: 1, ...CHOSEN }

const opened: StoredPreferences[] = []
afterEach(() => opened.splice(0).forEach(({ close }) => close()))

const record = (value: object): Record<string, unknown> => ({ ...value })

/** Preferences over a store, what was set aside, and the errors of writing. */
async function open(store: PreferenceStore = createMemoryPreferences()) {
  const aside: { value: unknown; reason: string }[] = []
  const errors: unknown[] = []
  const watched: PreferenceStore = {
    ...store,
    async keepUnreadable(value, reason) {
      aside.push({ value, reason })
      await store.keepUnreadable(value, reason)
    },
  }
  const preferences = await openPreferences(watched, (error) => errors.push(error))
  opened.push(preferences)
  return { ...preferences, aside, errors }
}

describe('preferences', () => {
  test('are the defaults where nothing is stored, and opening them writes nothing', async () => {
    const store = createMemoryPreferences()
    const { value, problem, aside } = await open(store)
    expect(value.get()).toEqual(DEFAULT_PREFERENCES)
    expect([problem, aside, await store.read()]).toEqual([undefined, [], undefined])
  })

  test('are what was chosen before', async () => {
    const store = createMemoryPreferences()
    const before = await open(store)
    before.value.set(CHOSEN)
    await expect.poll(() => store.read()).toEqual(STORED)
    const { value, problem } = await open(store)
    expect(value.get()).toMatchObject(CHOSEN)
    expect(problem).toBeUndefined()
  })

  test('do not keep the number of the schema among what was chosen', () => {
    expect(parsePreferences(STORED).preferences).toEqual(CHOSEN)
  })
})

describe('what is stored but wrong', () => {
  test.each([
    ['thinking', 'loud', 'standard', 'thinking is "loud"'],
    ['theme', 7, 'system', 'theme is 7'],
    ['language', ['zh-CN'], undefined, 'language is a list of 1'],
    ['model', {}, undefined, 'model is an object'],
    ['addedModels', ['https://a.example/manifest.json', 5], [], 'addedModels[1] is 5'],
    ['chat', undefined, DEFAULT_SETTINGS, 'chat is nothing'],
  ])(
    'falls back alone: %s as %j, and the whole is set aside once something else is written',
    async (name, wrong, fallback, problem) => {
      const store = createMemoryPreferences()
      const whole = { ...STORED, [name]: wrong }
      await store.write(whole)
      const opening = await open(store)
      const { [name]: fallen, ...others } = record(opening.value.get())
      const { [name]: _, ...chosen } = record(CHOSEN)
      expect(others).toEqual(chosen)
      expect(fallen).toEqual(fallback)
      expect(opening.problem).toContain(problem)
      expect([opening.aside, await store.read()]).toEqual([[], whole])
      opening.value.set(DEFAULT_PREFERENCES)
      opening.value.set({ ...DEFAULT_PREFERENCES, theme: 'light' })
      await expect.poll(() => store.read()).toMatchObject({ schema: 1, theme: 'light' })
      expect(opening.aside).toEqual([{ value: whole, reason: opening.problem }])
    },
  )

  test.each([
    ['temperature', 3, undefined, 'chat.temperature is 3'],
    ['topP', 0, undefined, 'chat.topP is 0'],
    ['maxTokens', 0, undefined, 'chat.maxTokens is 0'],
    ['thinkBudget', 1.5, undefined, 'chat.thinkBudget is 1.5'],
    ['selfCheck', 'always', 'normal', 'chat.selfCheck is "always"'],
    ['thinkCarefully', 'yes', false, 'chat.thinkCarefully is "yes"'],
    ['reflect', undefined, true, 'chat.reflect is nothing'],
    ['instructions', null, '', 'chat.instructions is null'],
    ['pastThinking', 'some', 'keep', 'chat.pastThinking is "some"'],
  ])('falls back alone within the chat settings: %s as %j', (name, wrong, fallback, problem) => {
    const parsed = parsePreferences({ ...STORED, chat: { ...CHOSEN.chat, [name]: wrong } })
    const { [name]: fallen, ...others } = record(parsed.preferences.chat)
    const { [name]: _, ...chosen } = record(CHOSEN.chat)
    expect(others).toEqual(chosen)
    expect(fallen).toEqual(fallback)
    expect(parsed.problem).toContain(problem)
  })

  test.each([[{ ...STORED, schema: 2 }], [CHOSEN], ['settings'], [null], [[]]])(
    'is not used when it is of another version, nor touched before something else is written: %j',
    async (foreign) => {
      const memory = createMemoryPreferences()
      const { value, problem, aside } = await open({ ...memory, read: async () => foreign })
      expect(value.get()).toEqual(DEFAULT_PREFERENCES)
      expect(problem).toContain('another version')
      expect(await memory.read()).toBeUndefined()
      value.set(CHOSEN)
      await expect.poll(() => memory.read()).toEqual(STORED)
      expect(aside).toEqual([{ value: foreign, reason: problem }])
    },
  )

  test('is not written over while it cannot be set aside', async () => {
    const full = new ReflectionError('storage-full', 'The browser has no room.')
    const store = createMemoryPreferences()
    const newer = { ...STORED, schema: 2 }
    await store.write(newer)
    const { value, errors } = await open({ ...store, keepUnreadable: () => Promise.reject(full) })
    value.set(CHOSEN)
    await expect.poll(() => errors).toEqual([full])
    expect(await store.read()).toEqual(newer)
  })
})

describe('another page of the site', () => {
  test('tells of its changes, which are not written again', async () => {
    const join = shareMemoryPreferences()
    const writes: object[] = []
    const store = join()
    const here = await open({
      ...store,
      write: async (value) => {
        writes.push(value)
        await store.write(value)
      },
    })
    const there = await open(join())
    there.value.set({ ...DEFAULT_PREFERENCES, theme: 'dark' })
    await expect.poll(() => here.value.get().theme).toBe('dark')
    expect(writes).toEqual([])
    here.value.set({ ...here.value.get(), thinking: 'hidden' })
    await expect.poll(() => there.value.get()).toEqual({ ...DEFAULT_PREFERENCES, theme: 'dark', thinking: 'hidden' })
    expect(writes).toHaveLength(1)
  })

  test('of a newer version changes nothing here, and what it wrote is not lost', async () => {
    const join = shareMemoryPreferences()
    const newer = { ...STORED, schema: 2 }
    const here = await open(join())
    const newerPage = join()
    const told = new Promise<void>((resolve) => join().subscribe(resolve))
    await newerPage.write(newer)
    await told
    await newerPage.read() // after the reading that the news began here
    expect(here.value.get()).toEqual(DEFAULT_PREFERENCES)
    here.value.set({ ...DEFAULT_PREFERENCES, theme: 'dark' })
    await expect.poll(() => here.aside.map(({ value }) => value)).toEqual([newer])
    await expect.poll(() => newerPage.read()).toMatchObject({ schema: 1, theme: 'dark' })
  })

  test('tells nothing once the preferences are closed, and changes are no longer written', async () => {
    const join = shareMemoryPreferences()
    const watcher = join()
    const here = await open(join())
    const there = await open(join())
    here.close()
    here.value.set(CHOSEN)
    there.value.set({ ...DEFAULT_PREFERENCES, theme: 'light' })
    await expect.poll(() => watcher.read()).toEqual({ schema: 1, ...DEFAULT_PREFERENCES, theme: 'light' })
    expect(here.value.get()).toEqual(CHOSEN)
  })
})

describe('a store that fails', () => {
  const full = new ReflectionError('storage-full', 'The browser has no room.')

  test('to write is reported for each change, which stays in force', async () => {
    const { value, errors } = await open({ ...createMemoryPreferences(), write: () => Promise.reject(full) })
    value.set(CHOSEN)
    await expect.poll(() => errors).toEqual([full])
    expect(value.get()).toEqual(CHOSEN)
    value.set(DEFAULT_PREFERENCES)
    await expect.poll(() => errors).toEqual([full, full])
  })

  test('to read rejects', async () => {
    const unreadable = new ReflectionError('storage-unreadable', 'There is no storage.')
    const store = { ...createMemoryPreferences(), read: () => Promise.reject(unreadable) }
    await expect(open(store)).rejects.toBe(unreadable)
  })
})

test('a number among the settings is set, and taken away so that the model decides', () => {
  const set = withNumber(DEFAULT_SETTINGS, 'temperature', 0)
  expect(set).toEqual({ ...DEFAULT_SETTINGS, temperature: 0 })
  expect(Object.keys(withNumber(set, 'temperature', undefined))).toEqual(Object.keys(DEFAULT_SETTINGS))
})
