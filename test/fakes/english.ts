import { loadLocale } from '../../src/ui/words/locales.ts'

/** The interface in English, for tests that need some language. */
export const ENGLISH = await loadLocale('en')
