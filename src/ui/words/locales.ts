import type { ReadableAtom } from 'nanostores'
import type { FirstWords } from './en.ts'
import type { GpuAdviceWords } from './gpu-advice-en.ts'
import type { DeviceWords } from './device-en.ts'
import type { LaterWords } from './later-en.ts'
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

/** All words but those that few need and that have a catalogue of their own. `LaterWords` are there once `needLaterWords` has fetched them. */
export type Words = FirstWords & LaterWords

type Make<Some> = (format: Formats) => Some

/**
 * The languages of the interface: each is some files and an entry here. Names are what their speakers call them. Their words are
 * fetched when the language is used: nobody waits for those of another.
 */
export const LANGUAGES = {
  en: {
    name: 'English',
    words: async () => (await import('./en.ts')).en,
    later: async () => (await import('./later-en.ts')).laterEn,
    gpuAdvice: async () => (await import('./gpu-advice-en.ts')).gpuAdviceEn,
    server: async () => (await import('./server-words-en.ts')).serverWordsEn,
    device: async () => (await import('./device-en.ts')).deviceEn,
    privacy: async () => (await import('./privacy-en.ts')).privacyEn,
  },
  'zh-CN': {
    name: '简体中文',
    words: async () => (await import('./zh-cn.ts')).zhCN,
    later: async () => (await import('./later-zh-cn.ts')).laterZhCn,
    gpuAdvice: async () => (await import('./gpu-advice-zh-cn.ts')).gpuAdviceZhCn,
    server: async () => (await import('./server-words-zh-cn.ts')).serverWordsZhCn,
    device: async () => (await import('./device-zh-cn.ts')).deviceZhCn,
    privacy: async () => (await import('./privacy-zh-cn.ts')).privacyZhCn,
  },
} as const satisfies Record<
  string,
  {
    name: string
    words: () => Promise<Make<FirstWords>>
    later: () => Promise<Make<LaterWords>>
    gpuAdvice: () => Promise<GpuAdviceWords>
    server: () => Promise<(format: Formats) => ServerWords>
    device: () => Promise<DeviceWords>
    privacy: () => Promise<PrivacyWords>
  }
>

export type LanguageTag = keyof typeof LANGUAGES

/** Whether a part was mounted that says them; what follows another language then has them in that language, too. */
let needsLater = false

/** @throws {TypeError} When the words cannot be fetched. */
export async function loadLocale(language: LanguageTag): Promise<Locale> {
  const makeWords: Make<FirstWords> = await LANGUAGES[language].words()
  const format = createFormats(language)
  const locale = { language, words: makeWords(format) as Words, format }
  if (needsLater) await addLater(locale)
  return locale
}

/**
 * Fetches the words of what is mounted later, the settings and the page of models, before it is.
 * @throws {TypeError} When they cannot be fetched.
 */
export async function needLaterWords($locale: Pick<ReadableAtom<Locale>, 'get'>): Promise<void> {
  needsLater = true
  while (!('settings' in $locale.get().words)) await addLater($locale.get()) // it may change meanwhile
}

async function addLater({ language, words, format }: Locale): Promise<void> {
  const makeWords: Make<LaterWords> = await LANGUAGES[language].later()
  Object.assign(words, makeWords(format))
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
