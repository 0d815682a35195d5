import { atom, type WritableAtom } from 'nanostores'
import { expect, onTestFinished, test, vi } from 'vitest'
import { askPasskey, createPasskey } from '../../src/app/passkey.ts'
import type { Privacy } from '../../src/state/privacy.ts'
import { askToUnlock } from '../../src/ui/app/unlock-page.ts'
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

async function open(locale: WritableAtom<Locale>, privacy: Privacy): Promise<HTMLElement> {
  const life = new AbortController()
  const root = document.createElement('main')
  document.body.append(root)
  onTestFinished(() => {
    life.abort()
    root.remove()
  })
  const parts = {
    locale,
    dialogs: root,
    fetchPart: <Part>(part: Promise<Part>) => part,
    openPrivacy: () => Promise.resolve(privacy),
  }
  const section = root.appendChild(document.createElement('div'))
  await mountPrivacySettings(section, parts, { signal: life.signal }).open()
  return root
}

test('the times after which chats lock are told in one unit each', async () => {
  const locale = atom<Locale>(ENGLISH)
  const root = await open(locale, ENCRYPTED)
  await until(() => root.querySelector('#setting-lock-after') !== null)
  const select = find<HTMLSelectElement>(root, '#setting-lock-after')
  const choices = () => [...select.options].map(textOf)
  expect(choices()).toEqual(['never', '1 minute', '5 minutes', '15 minutes', '1 hour'])
  expect(select.value).toBe('5')
  locale.set(await loadLocale('zh-CN'))
  await until(() => choices()[4] === '1小时')
})

/** A passkey of the browser that makes no keys. */
const KEYLESS: PublicKeyCredential = Object.create(PublicKeyCredential.prototype, {
  rawId: { value: new ArrayBuffer(16) },
  getClientExtensionResults: { value: () => ({}) },
})
const STORED = { credentialId: new Uint8Array(16), salt: new Uint8Array(32) }

/** What is said of a failure: all of it, and what of it is in English. */
function told(place: Element | null): string[] {
  return [textOf(place), textOf(place?.querySelector('[lang=en]') ?? null)]
}

/** On the Chinese page. */
const toldOfPasskey = (detail: string) => [`请换一种方式重试。 ${detail}`, detail]

function answerWith(credential: Credential | null): void {
  const spies = [
    vi.spyOn(navigator.credentials, 'create').mockResolvedValue(credential),
    vi.spyOn(navigator.credentials, 'get').mockResolvedValue(credential),
  ]
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()))
}

test.each([
  [
    'makes no keys',
    KEYLESS,
    'This passkey cannot make a key (the PRF extension of WebAuthn). Try another kind of passkey, or go on with the passphrase alone. You can delete the passkey that was just made.',
  ],
  ['is none', null, 'This browser gave no passkey. Use the passphrase.'],
])(
  'a new passkey that %s is told in the language of the page, with what English says of it',
  async (_, made, detail) => {
    answerWith(made)
    const locale = atom(await loadLocale('zh-CN'))
    const root = await open(locale, { ...ENCRYPTED, addPasskey: async () => void (await createPasskey()) })
    await until(() => root.querySelector('#setting-lock-after') !== null)
    const add = [...root.querySelectorAll('button')].find((button) => /通行密钥/.test(button.ariaLabel ?? ''))
    add?.click()
    await until(() => root.querySelector('.privacy-form') !== null)
    find<HTMLInputElement>(root, '#passphrase').value = 'four words'
    find<HTMLFormElement>(root, '.privacy-form form').requestSubmit()
    await until(() => textOf(root.querySelector('.privacy-form [role=alert]')) !== '')
    expect(told(root.querySelector('.privacy-form [role=alert]'))).toEqual(toldOfPasskey(detail))
  },
)

test('a setting of the encryption that fails is told so, too', async () => {
  answerWith(KEYLESS)
  const state = atom({ ...ENCRYPTED.state.get(), hasPasskey: true })
  const root = await open(atom(await loadLocale('zh-CN')), {
    ...ENCRYPTED,
    state,
    removePasskey: async () => void (await askPasskey(STORED)),
  })
  await until(() => root.querySelector('#setting-lock-after') !== null)
  const remove = [...root.querySelectorAll('button')].find((button) => /通行密钥/.test(button.ariaLabel ?? ''))
  remove?.click()
  await until(() => textOf(root.querySelector('[role=status]')) !== '')
  expect(told(root.querySelector('[role=status]'))).toEqual(
    toldOfPasskey('The passkey gave no key. Use the passphrase.'),
  )
})

test('a passkey that does not unlock the chats is told so on their page', async () => {
  answerWith(KEYLESS)
  const root = document.body.appendChild(document.createElement('div'))
  const { lang, dir } = document.documentElement
  let unlocked: () => void = () => undefined
  const page = askToUnlock(root, 'zh-CN', {
    unlock: done,
    unlockByPasskey: async () => void (await askPasskey(STORED)),
    unlocked: new Promise((resolve) => (unlocked = resolve)),
    forget: done,
  })
  onTestFinished(async () => {
    unlocked()
    await page
    root.remove()
    Object.assign(document.documentElement, { lang, dir })
  })
  await until(() => root.querySelectorAll('form button').length === 2)
  find<HTMLButtonElement>(root, 'form button[type=button]').click()
  await until(() => root.querySelector('#passphrase-problem') !== null)
  expect(told(root.querySelector('#passphrase-problem'))).toEqual(
    toldOfPasskey('The passkey gave no key. Use the passphrase.'),
  )
})
