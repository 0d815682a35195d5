import { atom } from 'nanostores'
import { expect, test } from 'vitest'
import { DEFAULT_PREFERENCES, type Preferences } from '../../src/state/preferences.ts'
import { createFetchPart, type FetchPart } from '../../src/ui/parts/fetch-part.ts'
import { followLanguage } from '../../src/ui/app/follow-language.ts'

const here: FetchPart = (part) => part
const preferences = (language: string) => atom<Preferences>({ ...DEFAULT_PREFERENCES, language })

test('begins with the wanted language and follows a switch when its words have come', async () => {
  const wanted = preferences('zh-CN')
  const locale = await followLanguage(wanted, here)
  expect(locale.get().words.page.done).toBe('完成')
  wanted.set({ ...wanted.get(), language: 'en' })
  await expect.poll(() => locale.get().words.page.done).toBe('Done')
})

test('follows a switch that comes before the first words have', async () => {
  const wanted = preferences('en')
  const following = followLanguage(wanted, here)
  wanted.set({ ...wanted.get(), language: 'zh-CN' })
  const locale = await following
  await expect.poll(() => locale.get().words.page.done).toBe('完成')
})

test('shows the last of several choices, whichever comes first', async () => {
  const wanted = preferences('en')
  const arrived = new Set<string>()
  const locale = await followLanguage(wanted, here)
  locale.listen(({ language }) => arrived.add(language))
  for (const language of ['zh-CN', 'en', 'zh-CN', 'en', 'zh-CN']) wanted.set({ ...wanted.get(), language })
  await expect.poll(() => [...arrived]).toEqual(['zh-CN'])
})

test('stays with what there is where words cannot be fetched, and says so', async () => {
  let told = 0
  const tell = createFetchPart(() => (told += 1))
  const offline: FetchPart = (part) => tell(part.then(() => Promise.reject(new TypeError('offline'))))
  const wanted = preferences('zh-CN')
  const locale = await followLanguage(wanted, offline)
  expect([locale.get().language, told]).toEqual(['en', 1])
  wanted.set({ ...wanted.get(), language: 'en' })
  wanted.set({ ...wanted.get(), language: 'zh-CN' })
  await expect.poll(() => told).toBe(3)
  expect(locale.get().language).toBe('en')
})
