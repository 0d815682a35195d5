import type { ReadableAtom } from 'nanostores'
import type { Preferences } from '../../state/preferences.ts'
import type { Locale } from '../words/locales.ts'

/** Scripts that are written from right to left, ISO 15924; those that a browser's own language data could name. */
const RIGHT_TO_LEFT = new Set(['Adlm', 'Arab', 'Aran', 'Hebr', 'Mand', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa'])

/** Gives the page the language, the direction and the theme that the user chose, now and whenever they change. */
export function applyAppearance(
  preferences: ReadableAtom<Preferences>,
  locale: ReadableAtom<Locale>,
  { signal }: { readonly signal: AbortSignal },
): void {
  const unsubscribe = [
    locale.subscribe(({ language }) => {
      document.documentElement.lang = language
      document.documentElement.dir = directionOf(language)
    }),
    preferences.subscribe(({ theme }, before) => {
      if (theme !== before?.theme) applyTheme(theme)
    }),
  ]
  signal.addEventListener('abort', () => unsubscribe.forEach((end) => end()))
}

/** The direction in which a language is written. @param language - BCP 47. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(new Intl.Locale(language).maximize().script ?? '') ? 'rtl' : 'ltr'
}

/** Gives the page a theme. */
export function applyTheme(theme: Preferences['theme']): void {
  const root = document.documentElement
  if (theme === 'system') {
    delete root.dataset['theme']
    metaOf('color-scheme').content = 'light dark'
    metaOf('theme-color').remove() // the bars of the browser follow the system by themselves
    return
  }
  root.dataset['theme'] = theme
  metaOf('color-scheme').content = theme
  metaOf('theme-color').content = getComputedStyle(root).backgroundColor
}

function metaOf(name: string): HTMLMetaElement {
  const known = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)
  if (known !== null) return known
  const made = document.createElement('meta')
  made.name = name
  document.head.append(made)
  return made
}
