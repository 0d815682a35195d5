import { atom } from 'nanostores'
import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { DEFAULT_PREFERENCES } from '../../src/state/preferences.ts'
import type { OfflineCopy, OfflineState } from '../../src/state/offline-copy.ts'
import { followLanguage } from '../../src/ui/app/follow-language.ts'
import { followDeviceWords } from '../../src/ui/settings/follow-device-words.ts'
import { mountOfflineSettings } from '../../src/ui/settings/offline-settings.ts'

test.each([
  ['that is here by the time the settings are opened', true],
  ['that comes while they are open', false],
])('a copy for use without a network %s is told, and how it goes on', async (_, isHere) => {
  const life = new AbortController()
  const locale = await followLanguage(atom({ ...DEFAULT_PREFERENCES, language: 'en' }), (part) => part)
  const state = atom<OfflineState>({ status: 'preparing', parts: [] })
  const copy: OfflineCopy = { state, hasUpdate: atom(false), keep: async () => undefined, takeUpdate: () => undefined }
  const offline = atom<OfflineCopy | undefined>(isHere ? copy : undefined)
  const root = document.createElement('div')
  document.body.replaceChildren(root)

  const words = followDeviceWords({ locale, fetchPart: (part) => part }, life)
  mountOfflineSettings(root, { offline, locale, words }, life)
  offline.set(copy)
  state.set({ status: 'ready', parts: [{ name: 'page', bytes: 2e6, keptBytes: 2e6, isNeeded: true }] })
  await expect.element(page.getByText(/^Works offline/)).toBeVisible()
  life.abort()
})
