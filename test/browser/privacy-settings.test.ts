import { atom } from 'nanostores'
import { expect, onTestFinished, test } from 'vitest'
import type { Privacy } from '../../src/state/privacy.ts'
import { mountPrivacySettings } from '../../src/ui/settings/privacy-settings.ts'
import { loadLocale, type Locale } from '../../src/ui/words/locales.ts'
import { ENGLISH } from '../fakes/english.ts'
import { find, textOf, until } from './support/elements.ts'

const done = () => Promise.resolve()
const ENCRYPTED: Privacy = {
  state: atom({ mode: 'encrypted', lockAfterMinutes: 5, hasPasskey: false, left: 'none' }),
  progress: atom(undefined),
  canEncrypt: true,
  canUsePasskeys: true,
  toKeep: done,
  toEncrypted: done,
  toNothing: done,
  deleteLeft: done,
  changePassphrase: done,
  addPasskey: done,
  removePasskey: done,
  lockAfter: done,
  lock: () => undefined,
}

test('the times after which chats lock are told in one unit each', async () => {
  const life = new AbortController()
  const root = document.createElement('main')
  document.body.append(root)
  onTestFinished(() => {
    life.abort()
    root.remove()
  })
  const locale = atom<Locale>(ENGLISH)
  const parts = {
    locale,
    dialogs: root,
    fetchPart: <Part>(part: Promise<Part>) => part,
    openPrivacy: () => Promise.resolve(ENCRYPTED),
  }
  const section = root.appendChild(document.createElement('div'))
  await mountPrivacySettings(section, parts, { signal: life.signal }).open()
  await until(() => root.querySelector('#setting-lock-after') !== null)
  const select = find<HTMLSelectElement>(root, '#setting-lock-after')
  const choices = () => [...select.options].map(textOf)
  expect(choices()).toEqual(['never', '1 minute', '5 minutes', '15 minutes', '1 hour'])
  expect(select.value).toBe('5')
  locale.set(await loadLocale('zh-CN'))
  await until(() => choices()[4] === '1小时')
})
