import { atom, computed, type ReadableAtom } from 'nanostores'
import type { Preferences } from '../../state/preferences.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { languageOf, loadLocale, type LanguageTag, type Locale } from '../words/locales.ts'

/**
 * The language of the user's choice. A switch takes effect when the words have come; until then, and where they cannot be fetched,
 * the language stays as it is.
 * @returns Resolves with the first language, which is English where the words of the wanted one cannot be fetched.
 * @throws {TypeError} When no words can be fetched at all.
 */
export async function followLanguage(
  preferences: ReadableAtom<Preferences>,
  fetchPart: FetchPart,
): Promise<ReadableAtom<Locale>> {
  const $wanted = computed(preferences, ({ language }) => languageOf(language))
  const first = $wanted.get()
  const $locale = atom((await fetchPart(loadLocale(first))) ?? (await loadLocale('en')))
  $wanted.listen((language) => void change(language))
  if ($wanted.get() !== first) void change($wanted.get()) // another page chose it while the first words came
  return $locale

  async function change(language: LanguageTag): Promise<void> {
    const locale = await fetchPart(loadLocale(language))
    if (locale !== undefined && language === $wanted.get()) $locale.set(locale)
  }
}
