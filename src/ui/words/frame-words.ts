import type { FrameWords } from './frame-en.ts'
import type { LanguageTag } from './locales.ts'

/** Apart from the other catalogues, as it is the page in a frame alone that says them. */
const FRAME_WORDS: Readonly<Record<LanguageTag, () => Promise<FrameWords>>> = {
  en: async () => (await import('./frame-en.ts')).frameEn,
  'zh-CN': async () => (await import('./frame-zh-cn.ts')).frameZhCn,
}

/** Words of a chat in a frame about the models that its own site keeps. @throws {TypeError} When they cannot be fetched. */
export function loadFrameWords(language: LanguageTag): Promise<FrameWords> {
  return FRAME_WORDS[language]()
}
