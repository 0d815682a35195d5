import { atom, type WritableAtom } from 'nanostores'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { page, userEvent, type Locator } from 'vitest/browser'
import type { EngineLimit } from '../../src/core/engine.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { DIALECTS } from '../../src/core/tags/dialect.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../src/state/preferences.ts'
import type { RequestLine } from '../../src/state/request-log.ts'
import { DEFAULT_SETTINGS, type ChatSettings } from '../../src/state/settings.ts'
import { applyAppearance, directionOf } from '../../src/ui/app/apply-appearance.ts'
import { mountSettings, type MountedSettings } from '../../src/ui/settings/settings-dialog.ts'
import { followLanguage } from '../../src/ui/app/follow-language.ts'
import { needLaterWords } from '../../src/ui/words/locales.ts'
import { SCRIPTED_MODEL } from '../fakes/scripted-engine.ts'
import { accessibilityFaultsIn } from './support/accessibility.ts'
import { createMemoryLibrary } from './support/memory-library.ts'
import '../../src/ui/app/app-page.css'

let life: AbortController
let preferences: WritableAtom<Preferences>
let model: WritableAtom<ModelDescription | undefined>
let limits: WritableAtom<readonly EngineLimit[]>
let settings: MountedSettings
let opener: HTMLButtonElement
const onModels = vi.fn<() => void>()
const onClear = vi.fn<() => void>()
let requests: WritableAtom<readonly RequestLine[]>

const dialog = page.getByRole('dialog')
const field = (name: string) => dialog.getByLabelText(name)
const chat = () => preferences.get().chat

beforeEach(async () => {
  await page.viewport(1024, 900)
  life = new AbortController()
  preferences = atom<Preferences>({ ...DEFAULT_PREFERENCES, language: 'en' })
  model = atom<ModelDescription | undefined>(SCRIPTED_MODEL)
  limits = atom<readonly EngineLimit[]>([])
  requests = atom<readonly RequestLine[]>([])
  onClear.mockClear()
  const locale = await followLanguage(preferences, (part) => part)
  await needLaterWords(locale)
  const { library, session } = await createMemoryLibrary({ chats: [] })
  const root = document.createElement('div')
  opener = document.createElement('button')
  opener.textContent = 'Open'
  document.body.replaceChildren(opener, root)
  const { signal } = life
  settings = mountSettings(
    root,
    {
      preferences,
      library,
      session,
      model,
      limits,
      locale,
      offline: atom(undefined),
      openRequests: async () => ({ since: 0, lines: requests }),
      models: atom([]),
      onClear,
      onModels,
      fetchPart: (part) => part,
    },
    { signal },
  )
  opener.addEventListener('click', () => settings.open(), { signal })
  applyAppearance(preferences, locale, { signal })
  await userEvent.click(opener)
})
afterEach(() => {
  preferences.set(DEFAULT_PREFERENCES)
  life.abort()
})

/** Shows a part of the settings. */
async function show(section: 'Appearance' | 'Thinking' | 'Model' | 'Privacy' | 'Data' | 'Advanced'): Promise<void> {
  await userEvent.click(dialog.getByRole('tab', { name: section }))
}

/** Waits until the page shows the newest preferences. */
function drawn(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
}

function described(locator: Locator): string {
  const ids = locator.element().getAttribute('aria-describedby')?.split(' ') ?? []
  return ids.map((id) => document.getElementById(id)?.textContent?.trim()).join(' ')
}

describe('a change counts at once:', () => {
  test.each<['Thinking' | 'Appearance' | 'Model', string, string, Partial<Preferences>]>([
    ['Model', 'Runs on', 'Processor', { engine: 'processor' }],
    ['Thinking', 'Show thinking as', 'Advanced', { thinking: 'advanced' }],
    ['Thinking', 'Show thinking as', 'Hidden', { thinking: 'hidden' }],
    ['Appearance', 'Theme', 'Light', { theme: 'light' }],
    ['Appearance', 'Theme', 'Dark', { theme: 'dark' }],
  ])('%s, %s, %s', async (section, group, choice, changed) => {
    await show(section)
    await userEvent.click(dialog.getByRole('group', { name: group }).getByRole('radio', { name: choice }))
    expect(preferences.get()).toEqual({ ...DEFAULT_PREFERENCES, language: 'en', ...changed })
  })

  test.each(['never', 'less', 'more'] as const)('the self-check dial, %s, with a line of its own', async (step) => {
    await show('Thinking')
    const dial = dialog.getByRole('group', { name: 'Self-check' })
    const before = described(dial)
    await userEvent.click(dial.getByRole('radio', { name: step }))
    expect(chat()).toEqual({ ...DEFAULT_SETTINGS, selfCheck: step })
    await drawn()
    expect(described(dial)).not.toBe(before)
  })

  test.each<['Thinking' | 'Advanced', string, Partial<ChatSettings>]>([
    ['Thinking', 'Think carefully', { thinkCarefully: true }],
    ['Advanced', 'Keep earlier thinking', { pastThinking: 'drop' }],
    ['Advanced', 'Reflection prompt', { reflect: false }],
  ])('%s, %s, and back', async (section, name, changed) => {
    await show(section)
    const box = dialog.getByRole('switch', { name })
    await userEvent.click(box)
    expect(chat()).toEqual({ ...DEFAULT_SETTINGS, ...changed })
    await userEvent.click(box)
    expect(chat()).toEqual(DEFAULT_SETTINGS)
  })

  test('own instructions, as they are typed', async () => {
    await show('Model')
    await userEvent.fill(field('Your own instructions'), 'Answer\nin French.')
    expect(chat().instructions).toBe('Answer\nin French.')
  })

  test.each([
    ['Think budget, in tokens', 'thinkBudget', '64', 64],
    ['Think budget, in tokens', 'thinkBudget', '0', 0],
    ['Top-p', 'topP', '0.5', 0.5],
    ['Longest reply, in tokens', 'maxTokens', '２００', 200],
    ['Temperature, as a number', 'temperature', '1,25', 1.25],
  ] as const)('%s, and empty is what it was before', async (name, key, typed, number) => {
    await show('Advanced')
    await userEvent.fill(field(name), typed)
    expect(chat()).toEqual({ ...DEFAULT_SETTINGS, [key]: number })
    await userEvent.tab()
    await expect.element(field(name)).toHaveValue(String(number))
    await userEvent.clear(field(name))
    expect(Object.keys(chat())).toEqual(Object.keys(DEFAULT_SETTINGS))
  })

  test('the language, which the dialog speaks at once', async () => {
    await userEvent.selectOptions(field('Language'), '简体中文')
    expect(preferences.get().language).toBe('zh-CN')
    await expect.element(page.getByRole('heading', { name: '设置' })).toBeVisible()
    expect(document.documentElement.lang).toBe('zh-CN')
    await userEvent.selectOptions(field('语言'), '')
    expect(preferences.get()).not.toHaveProperty('language')
  })

  test.each([
    ['Advanced', 'Think budget, in tokens', '64', () => chat().thinkBudget, 64],
    ['Model', 'Your own instructions', 'Be brief.', () => chat().instructions, 'Be brief.'],
  ] as const)(
    '%s, %s: what is selected is replaced, though another page changes it meanwhile',
    async (section, name, typed, value, wanted) => {
      await show(section)
      preferences.set({ ...preferences.get(), chat: { ...chat(), thinkBudget: 12, instructions: 'Rhyme.' } })
      await drawn()
      await userEvent.click(field(name))
      await userEvent.keyboard('{Control>}a{/Control}')
      preferences.set({ ...preferences.get(), chat: { ...chat(), thinkBudget: 7, instructions: 'Sing.' } })
      await drawn()
      await userEvent.keyboard(typed)
      expect(value()).toBe(wanted)
      await expect.element(field(name)).toHaveValue(typed)
    },
  )

  test('what another page of the site changed is shown', async () => {
    preferences.set({ ...preferences.get(), thinking: 'hidden', chat: { ...chat(), thinkBudget: 7 } })
    await show('Thinking')
    await expect.element(dialog.getByRole('radio', { name: 'Hidden' })).toBeChecked()
    await show('Advanced')
    await expect.element(field('Think budget, in tokens')).toHaveValue('7')
  })
})

describe('temperature', () => {
  const slider = dialog.getByRole('slider', { name: 'Temperature' })

  test('stands at the model’s own until the slider moves, and goes back to it', async () => {
    await show('Advanced')
    await expect.element(slider).toHaveValue('0.7')
    await expect.element(field('Temperature, as a number')).toHaveAttribute('placeholder', '0.7')
    await userEvent.fill(slider, '1.2')
    expect(chat().temperature).toBe(1.2)
    await expect.element(field('Temperature, as a number')).toHaveValue('1.2')
    await userEvent.click(dialog.getByRole('button', { name: 'Use the model’s own' }))
    expect(chat()).toEqual(DEFAULT_SETTINGS)
    expect(document.activeElement).toBe(slider.element())
    await expect.element(slider).toHaveValue('0.7')
  })

  test('is the new model’s own once another is chosen', async () => {
    await show('Advanced')
    model.set({ ...SCRIPTED_MODEL, name: 'Another', sampling: { temperature: 0.3, topP: 0.8 } })
    await expect.element(slider).toHaveValue('0.3')
    await expect.element(field('Top-p')).toHaveAttribute('placeholder', '0.8')
    await show('Model')
    await expect.element(dialog.getByText('Another')).toBeVisible()
  })
})

describe('a number that cannot be used', () => {
  test.each([
    ['Think budget, in tokens', 'a lot', 'a whole number of at least 0', 'no limit'],
    ['Think budget, in tokens', '1.5', 'a whole number of at least 0', 'no limit'],
    ['Longest reply, in tokens', '0', 'a whole number of at least 1', 'no limit'],
    ['Top-p', '2', 'above 0, and at most 1', '0.95'],
    ['Temperature, as a number', '-1', 'from 0 to 2', '0.7'],
  ])('is explained at %s for "%s" once it is left', async (name, typed, problem, stays) => {
    await show('Advanced')
    await userEvent.fill(field(name), typed)
    await drawn()
    expect(described(field(name))).not.toContain(problem)
    await userEvent.tab()
    await expect.element(field(name)).toHaveAttribute('aria-invalid', 'true')
    expect(described(field(name))).toContain(problem)
    expect(described(field(name))).toContain(stays)
    await expect.element(field(name)).toHaveValue(typed)
    expect(chat()).toEqual(DEFAULT_SETTINGS)
  })

  test('leaves the old one in force, stays there when the settings are closed, and is forgiven at once', async () => {
    const budget = field('Think budget, in tokens')
    await show('Advanced')
    await userEvent.fill(budget, '64')
    await userEvent.fill(budget, '64 or so')
    await userEvent.keyboard('{Escape}')
    await expect.element(dialog).not.toBeInTheDocument()
    expect(chat().thinkBudget).toBe(64)
    await userEvent.click(opener)
    await expect.element(budget).toHaveValue('64 or so')
    expect(described(budget)).toContain('It stays 64 until then.')
    await userEvent.fill(budget, '65')
    expect(chat().thinkBudget).toBe(65)
    await expect.element(budget).not.toHaveAttribute('aria-invalid')
  })
})

describe('an input method at work', () => {
  beforeEach(() => show('Model'))

  const own = field('Your own instructions')
  const compose = (type: string, text: string) => {
    const area = own.element() as HTMLTextAreaElement
    area.value = text
    area.dispatchEvent(
      type === 'input'
        ? new InputEvent('input', { bubbles: true, isComposing: true })
        : new CompositionEvent(type, { bubbles: true }),
    )
  }

  test('is not disturbed, and counts when it is done', async () => {
    compose('compositionstart', '')
    compose('input', 'zhong')
    preferences.set({ ...preferences.get(), thinking: 'hidden' }) // draws anew meanwhile
    await drawn()
    await expect.element(own).toHaveValue('zhong')
    expect(chat().instructions).toBe('')
    compose('compositionend', '中')
    expect(chat().instructions).toBe('中')
  })

  test('takes Escape for itself', () => {
    const escape = new KeyboardEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true, cancelable: true })
    own.element().dispatchEvent(escape)
    expect(escape.defaultPrevented).toBe(true)
  })
})

describe('what the model cannot do', () => {
  test('is off, with the reason: the dial without a calibration', async () => {
    const { selfCheckBias: _, ...uncalibrated } = SCRIPTED_MODEL
    model.set(uncalibrated)
    await show('Thinking')
    const dial = dialog.getByRole('group', { name: 'Self-check' })
    await expect.element(dial.getByRole('radio', { name: 'Normal' })).toBeDisabled()
    expect(described(dial)).toContain('not been calibrated')
  })

  test('is off, with the reason: the prompt whose tags it does not know; the dial then is of its thinking', async () => {
    const { selfCheckBias: _, ...others } = SCRIPTED_MODEL
    model.set({ ...others, dialect: DIALECTS.think })
    await show('Advanced')
    const reflect = dialog.getByRole('switch', { name: 'Reflection prompt' })
    await expect.element(reflect).toBeDisabled()
    expect(described(reflect)).toContain('Not available')
    await show('Thinking')
    const dial = dialog.getByRole('group', { name: 'Self-check' })
    await expect.element(dial.getByRole('radio', { name: 'Normal' })).toBeEnabled()
    expect(described(dial)).toContain('goes on thinking')
  })

  test('is not known while there is no model, and everything can be set', async () => {
    model.set(undefined)
    await show('Model')
    await expect.element(dialog.getByText('No model')).toBeVisible()
    await show('Advanced')
    await expect.element(field('Top-p')).toHaveAttribute('placeholder', 'model’s own')
    await show('Thinking')
    await expect.element(dialog.getByRole('radio', { name: 'Less' })).toBeEnabled()
  })
})

describe('resetting', () => {
  const CHOSEN: Preferences = {
    ...DEFAULT_PREFERENCES,
    chat: { ...DEFAULT_SETTINGS, thinkBudget: 9, instructions: 'Be kind.' },
    thinking: 'hidden',
    theme: 'dark',
    language: 'en',
    model: 'some-model',
    engine: 'processor',
    addedModels: ['https://models.example/manifest.json'],
  }
  const reset = dialog.getByRole('button', { name: 'Reset all settings' })
  const undo = dialog.getByRole('button', { name: 'Undo' })

  test('brings all defaults back but keeps the models, says so, and can be undone', async () => {
    preferences.set(CHOSEN)
    await show('Advanced')
    await userEvent.fill(field('Think budget, in tokens'), 'nine')
    await show('Data')
    await userEvent.click(reset)
    const { model: chosen, addedModels } = CHOSEN
    expect(preferences.get()).toEqual({ ...DEFAULT_PREFERENCES, model: chosen, addedModels })
    await expect.element(dialog.getByText('All settings are back at their defaults')).toBeVisible()
    await expect.element(field('Think budget, in tokens')).toHaveValue('')
    await userEvent.click(undo)
    expect(preferences.get()).toEqual(CHOSEN)
    expect(document.activeElement).toBe(reset.element())
    await expect.element(dialog.getByText('Your settings are back.')).toBeVisible()
    await expect.element(undo).not.toBeInTheDocument()
  })

  test('does not take back a model that was chosen since', async () => {
    preferences.set(CHOSEN)
    await show('Data')
    await userEvent.click(reset)
    preferences.set({ ...preferences.get(), model: 'another', addedModels: [] })
    await userEvent.click(undo)
    expect(preferences.get()).toEqual({ ...CHOSEN, model: 'another', addedModels: [] })
  })

  test.each<['Appearance' | 'Thinking' | 'Model' | 'Advanced', Partial<Preferences>, Partial<ChatSettings>]>([
    ['Appearance', { theme: 'system' }, {}],
    ['Thinking', { thinking: 'standard' }, { selfCheck: 'normal', thinkCarefully: false }],
    ['Model', { engine: 'auto' }, { instructions: '' }],
    ['Advanced', {}, { reflect: true, pastThinking: 'keep' }],
  ])('%s alone leaves the other sections as they are, and can be undone', async (section, own, ofChat) => {
    const all: Preferences = {
      ...CHOSEN,
      chat: { ...CHOSEN.chat, selfCheck: 'less', thinkCarefully: true, reflect: false, pastThinking: 'drop' },
    }
    preferences.set(all)
    await show(section)
    await userEvent.click(dialog.getByRole('button', { name: 'Reset this section' }))
    const { language, ...others } = all
    const { thinkBudget, ...chatOthers } = all.chat
    expect(preferences.get()).toEqual({
      ...others,
      ...(section === 'Appearance' ? {} : { language }),
      ...own,
      chat: { ...chatOthers, ...(section === 'Advanced' ? {} : { thinkBudget }), ...ofChat },
    })
    await userEvent.click(undo)
    expect(preferences.get()).toEqual(all)
  })
})

describe('the dialog', () => {
  test('closes with Done and with Escape, and gives the focus back', async () => {
    for (const close of [
      () => userEvent.click(dialog.getByRole('button', { name: 'Done' })),
      () => userEvent.keyboard('{Escape}'),
    ]) {
      await expect.element(dialog).toBeVisible()
      await close()
      await expect.element(dialog).not.toBeInTheDocument()
      expect(document.activeElement).toBe(opener)
      await userEvent.click(opener)
    }
  })

  test('leads to the models, closed by then', async () => {
    onModels.mockReset()
    onModels.mockImplementation(() => expect(document.querySelector('dialog')?.open).toBe(false))
    await show('Model')
    await userEvent.click(dialog.getByRole('button', { name: 'Choose a model' }))
    expect(onModels).toHaveBeenCalledOnce()
  })

  test('can be used with the keyboard alone', async () => {
    await userEvent.keyboard('{Escape}')
    expect(document.activeElement).toBe(opener)
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('heading', { name: 'Settings' })).toHaveFocus()
    const keys: readonly [string, string][] = [
      ['Done', ''],
      ['Appearance', ''],
      ['System', '{ArrowRight}'],
      ['Language', ''],
      ['Reset this section', ''],
      ['Done', ''],
      ['Appearance', '{ArrowDown}'],
      ['Standard', '{ArrowRight}'],
      ['Normal', '{ArrowLeft}'],
      ['Think carefully', ' '],
      ['Reset this section', ''],
      ['Done', ''],
      ['Thinking', '{ArrowRight}'],
      ['Choose a model', ''],
      ['Automatic', ''],
      ['Your own instructions', 'Hm.'],
      ['Reset this section', ''],
      ['Done', ''],
      ['Model', '{End}'],
      ['Reflection prompt', ' '],
      ['Keep earlier thinking', ' '],
      ['Think budget, in tokens', '12'],
      ['Longest reply, in tokens', '90'],
      ['Temperature, as a number', '1'],
      ['Temperature', '{ArrowRight}'],
      ['Use the model’s own', '{Enter}'],
      ['Top-p', '1'],
      ['Reset this section', ''],
      ['Done', ''],
      ['Advanced', '{ArrowUp}'],
      ['Import chats', ''],
      ['Manage models', ''],
      ['Delete everything', ''],
      ['Reset all settings', ''],
    ]
    const reached: string[] = []
    for (const [, press] of keys) {
      await userEvent.tab()
      while (document.activeElement === document.body) await userEvent.tab() // from the last to the first there is the browser itself
      reached.push(nameOf(document.activeElement))
      if (press !== '') await userEvent.keyboard(press)
      await drawn()
    }
    expect(reached).toEqual(keys.map(([name]) => name))
    expect(preferences.get()).toEqual({
      ...DEFAULT_PREFERENCES,
      language: 'en',
      thinking: 'advanced',
      theme: 'light',
      chat: {
        selfCheck: 'less',
        thinkBudget: 12,
        thinkCarefully: true,
        pastThinking: 'drop',
        reflect: false,
        instructions: 'Hm.',
        topP: 1,
        maxTokens: 90,
      },
    })
  })

  test.each([
    [1280, 800],
    [360, 640],
    [320, 480],
  ])('keeps its title and Done in view and scrolls inside, at %i by %i', async (width, height) => {
    await page.viewport(width, height)
    await show('Advanced')
    const body = document.querySelector('.settings-body')
    body?.scrollTo({ top: body.scrollHeight, behavior: 'instant' })
    expect(body?.scrollTop).toBeGreaterThan(0)
    expect(body?.scrollWidth).toBe(body?.clientWidth)
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width)
    await expect.element(dialog.getByRole('button', { name: 'Reset this section' })).toBeInViewport()
    await show('Appearance')
    const label = document.querySelector('[for=setting-language]')?.getBoundingClientRect()
    const select = document.querySelector('#setting-language')?.getBoundingClientRect()
    expect(select?.left).toBeGreaterThanOrEqual(label?.right ?? Infinity)
    const labelled = document.querySelector('[for=setting-language]')
    expect(labelled?.scrollWidth).toBe(labelled?.clientWidth)
    await expect.element(page.getByRole('heading', { name: 'Settings' })).toBeInViewport()
    await expect.element(dialog.getByRole('button', { name: 'Done' })).toBeInViewport()
  })

  test.each(
    ['en', 'zh-CN'].flatMap((language) => (['light', 'dark'] as const).map((theme) => [language, theme] as const)),
  )('has no faults of accessibility in %s, %s, with a fault of the user in it', async (language, theme) => {
    await show('Advanced')
    await userEvent.click(dialog.getByRole('button', { name: 'Reset this section' }))
    await userEvent.fill(field('Top-p'), '7')
    await userEvent.tab()
    preferences.set({ ...preferences.get(), language, theme })
    await drawn()
    expect(document.querySelectorAll('[aria-invalid]')).toHaveLength(1)
    for (const tab of dialog.getByRole('tab').elements() as HTMLElement[]) {
      tab.click()
      expect(await accessibilityFaultsIn(dialog.element())).toEqual([])
    }
  })

  test('says in Chinese what it says in English: no English is left but names', async () => {
    preferences.set({ ...preferences.get(), language: 'zh-CN' })
    const names = new Set(['Scripted', 'GPU', 'Think', 'carefully.', 'Reflection', 'Top-p', 'English', 'JSON'])
    const amounts = /\d\s?[kMGT]?B\b/g // what is stored by then depends on the tests before
    const english = () =>
      new Set(
        dialog
          .element()
          .textContent?.replaceAll(amounts, '')
          .match(/[A-Za-z][A-Za-z’.-]+/g),
      )
    await expect.poll(english).toEqual(names) // words are fetched, and those of some sections apart from others
  })
})

describe('the appearance', () => {
  test.each([
    ['light', 'rgb(253, 253, 252)'],
    ['dark', 'rgb(22, 24, 27)'],
  ] as const)('is %s on the whole page when forced, in the bars of the browser too', (theme, ground) => {
    preferences.set({ ...preferences.get(), theme })
    const root = document.documentElement
    expect([getComputedStyle(root).colorScheme, getComputedStyle(root).backgroundColor]).toEqual([theme, ground])
    expect(metaContent('color-scheme')).toBe(theme)
    expect(metaContent('theme-color')).toBe(ground)
    preferences.set({ ...preferences.get(), theme: 'system' })
    expect(getComputedStyle(root).colorScheme).toBe('light dark')
    expect([metaContent('color-scheme'), metaContent('theme-color')]).toEqual(['light dark', undefined])
  })

  test('follows no more once it is taken down', () => {
    life.abort()
    preferences.set({ ...preferences.get(), theme: 'dark', language: 'zh-CN' })
    expect([document.documentElement.lang, document.documentElement.dataset['theme']]).toEqual(['en', undefined])
  })

  test.each([
    ['en', 'ltr'],
    ['zh-CN', 'ltr'],
    ['ar', 'rtl'],
    ['he-IL', 'rtl'],
    ['ks', 'rtl'],
    ['ks-Deva', 'ltr'],
  ])('has for %s the direction %s', (language, direction) => {
    expect(directionOf(language)).toBe(direction)
  })
})

function metaContent(name: string): string | undefined {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content
}

/** What names an element: its label, or its own words. */
function nameOf(element: Element | null): string {
  const own = element?.getAttribute('aria-label')
  const label =
    element instanceof HTMLInputElement ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
      ? element.labels?.[0]
      : element
  return own ?? label?.textContent?.trim() ?? ''
}

test('what was asked for is told by host, with the reason, and each request on a word', async () => {
  const own = {
    address: `${location.origin}/assets/first.js`,
    by: 'page',
    at: 1000,
    bytes: 2000,
    end: 'answered',
  } as const
  requests.set([
    { ...own, times: 1 },
    { ...own, address: 'https://far.example/a', by: 'worker', times: 3000 },
    { ...own, address: 'https://no.example/b', bytes: 0, end: 'refused', times: 1 },
    { ...own, address: `${SCRIPTED_MODEL.folderUrl}shard`, by: 'worker', times: 1 },
  ])
  await show('Privacy')
  await expect
    .element(dialog.getByText(/Besides this site, requests went to far\.example and 127\.0\.0\.1\./))
    .toBeVisible()
  await expect.element(dialog.getByText(/Refused by the policy of the page: 1./)).toBeVisible()
  await userEvent.click(dialog.getByRole('button', { name: 'Show all requests' }))
  await drawn()
  const list = dialog.element().querySelector('#requests')
  const lines = [...(list?.querySelectorAll('li') ?? [])].map((line) =>
    line.textContent?.replaceAll(/\s+/g, ' ').trim(),
  )
  expect(lines).toEqual([
    expect.stringMatching(/^\/assets\/first.js a part of the page · page · answered · 2.0 kB · /),
    expect.stringMatching(/^\/a an address that was added here · worker · answered · 3,000 times · 2.0 kB/),
    expect.stringMatching(/^\/b an address that was added here · page · refused by the policy/),
    expect.stringMatching(/shard a file of Scripted · worker · answered/), // which is loaded, though none was looked at yet
  ])
  requests.set([...requests.get(), { ...own, address: `${location.origin}/assets/late.js`, at: 2000, times: 1 }])
  await expect.element(dialog.getByText('/assets/late.js')).toBeVisible()
  expect(await accessibilityFaultsIn(dialog.element())).toEqual([])
})

test('everything is deleted only after a question that says what goes', async () => {
  await show('Data')
  for (const answer of ['Cancel', 'Delete everything']) {
    await userEvent.click(dialog.getByRole('button', { name: 'Delete everything' }))
    const question = page.getByRole('dialog', { name: 'Delete everything on this device?' })
    await expect
      .element(question.getByText(/no chats, drafts or settings, no passphrase, passkey or server key/))
      .toBeVisible()
    expect(onClear).not.toHaveBeenCalled()
    await userEvent.click(question.getByRole('button', { name: answer }))
  }
  await expect.poll(() => onClear.mock.calls.length).toBe(1)
})
