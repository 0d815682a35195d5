import { en, type Words } from './en.ts'
import { createFormats, type Formats } from './formats.ts'
import { zhCN } from './zh-cn.ts'

/** A language of the interface. */
export interface Locale {
  /** BCP 47. */
  readonly language: string
  readonly words: Words
  readonly format: Formats
}

/** The languages of the interface: each is one file and one line here. Names are what their speakers call them. */
export const LANGUAGES = {
  en: { name: 'English', words: en },
  'zh-CN': { name: '简体中文', words: zhCN },
} as const satisfies Record<string, { name: string; words: (format: Formats) => Words }>

export type LanguageTag = keyof typeof LANGUAGES

const made = new Map<LanguageTag, Locale>()

/** @param tag - Of the user's choice; anything else falls back to the languages of the browser, and these to English. */
export function localeOf(tag: string | undefined, browserLanguages: readonly string[] = navigator.languages): Locale {
  const language = findLanguage(tag === undefined ? browserLanguages : [tag, ...browserLanguages])
  const locale = made.get(language)
  if (locale !== undefined) return locale
  const format = createFormats(language)
  const fresh = { language, words: LANGUAGES[language].words(format), format }
  made.set(language, fresh)
  return fresh
}

/** The first of some wanted languages that there is; `zh-Hans-SG` and `zh` are served by `zh-CN`, but `zh-Hant` is not. */
function findLanguage(wanted: readonly string[]): LanguageTag {
  for (const tag of wanted) {
    const exact = tags().find((known) => known.toLowerCase() === tag.toLowerCase())
    if (exact !== undefined) return exact
    const { language, script } = likely(tag)
    const near = tags().find((known) => likely(known).language === language && likely(known).script === script)
    if (near !== undefined) return near
  }
  return 'en'
}

function tags(): LanguageTag[] {
  return Object.keys(LANGUAGES) as LanguageTag[]
}

/** Language and script of a tag, the script guessed where it names none; nothing for what is no tag. */
function likely(tag: string): { language?: string; script?: string | undefined } {
  try {
    const { language, script } = new Intl.Locale(tag).maximize()
    return { language, script }
  } catch {
    return {}
  }
}
