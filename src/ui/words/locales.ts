import type { Words } from './en.ts'
import type { GpuAdviceWords } from './gpu-advice-en.ts'
import type { DeviceWords } from './device-en.ts'
import type { PrivacyWords } from './privacy-en.ts'
import { createFormats, type Formats } from './formats.ts'
import type { ServerWords } from './server-words-en.ts'

/** A language of the interface. */
export interface Locale {
  /** BCP 47. */
  readonly language: LanguageTag
  readonly words: Words
  readonly format: Formats
}

type MakeWords = (format: Formats) => Words

/**
 * The languages of the interface: each is three files and an entry here. Names are what their speakers call them. Their words are
 * fetched when the language is used: nobody waits for those of another.
 */
export const LANGUAGES = {
  en: {
    name: 'English',
    words: async () => (await import('./en.ts')).en,
    gpuAdvice: async () => (await import('./gpu-advice-en.ts')).gpuAdviceEn,
    server: async () => (await import('./server-words-en.ts')).serverWordsEn,
    device: async () => (await import('./device-en.ts')).deviceEn,
    privacy: async () => (await import('./privacy-en.ts')).privacyEn,
  },
  'zh-CN': {
    name: '简体中文',
    words: async () => (await import('./zh-cn.ts')).zhCN,
    gpuAdvice: async () => (await import('./gpu-advice-zh-cn.ts')).gpuAdviceZhCn,
    server: async () => (await import('./server-words-zh-cn.ts')).serverWordsZhCn,
    device: async () => (await import('./device-zh-cn.ts')).deviceZhCn,
    privacy: async () => (await import('./privacy-zh-cn.ts')).privacyZhCn,
  },
} as const satisfies Record<
  string,
  {
    name: string
    words: () => Promise<MakeWords>
    gpuAdvice: () => Promise<GpuAdviceWords>
    server: () => Promise<(format: Formats) => ServerWords>
    device: () => Promise<DeviceWords>
    privacy: () => Promise<PrivacyWords>
  }
>

export type LanguageTag = keyof typeof LANGUAGES

/** @throws {TypeError} When the words cannot be fetched. */
export async function loadLocale(language: LanguageTag): Promise<Locale> {
  const makeWords: MakeWords = await LANGUAGES[language].words()
  const format = createFormats(language)
  return { language, words: makeWords(format), format }
}

/** Words that few need and that are long. @throws {TypeError} When they cannot be fetched. */
export function loadGpuAdviceWords(language: LanguageTag): Promise<GpuAdviceWords> {
  return LANGUAGES[language].gpuAdvice()
}

/** Words of those who add a server. @throws {TypeError} When they cannot be fetched. */
export async function loadServerWords({ language, format }: Locale): Promise<ServerWords> {
  return (await LANGUAGES[language].server())(format)
}

/** Words of what the page keeps. @throws {TypeError} When they cannot be fetched. */
export function loadDeviceWords(language: LanguageTag): Promise<DeviceWords> {
  return LANGUAGES[language].device()
}

/** As above: words about how chats are stored. @throws {TypeError} When they cannot be fetched. */
export function loadPrivacyWords(language: LanguageTag): Promise<PrivacyWords> {
  return LANGUAGES[language].privacy()
}

/** @param tag - Of the user's choice; anything else falls back to the languages of the browser, and these to English. */
export function languageOf(
  tag: string | undefined,
  browserLanguages: readonly string[] = navigator.languages,
): LanguageTag {
  return findLanguage(tag === undefined ? browserLanguages : [tag, ...browserLanguages])
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
