import { loadLocale, needLaterWords } from '../../src/ui/words/locales.ts'

/** The interface in English, for tests that need some language; all of its words, as once the settings were open. */
export const ENGLISH = await loadLocale('en')
await needLaterWords({ get: () => ENGLISH })
