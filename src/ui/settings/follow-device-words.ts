import { atom, type ReadableAtom } from 'nanostores'
import type { FetchPart } from '../parts/fetch-part.ts'
import { loadDeviceWords, type Locale } from '../words/locales.ts'
import type { DeviceWords } from '../words/device-en.ts'

export interface DeviceWordsParts {
  readonly locale: ReadableAtom<Locale>
  readonly fetchPart: FetchPart
}

/** The words of what the page keeps, in the language of the page; absent until they have come. */
export function followDeviceWords(
  { locale, fetchPart }: DeviceWordsParts,
  { signal }: { readonly signal: AbortSignal },
): ReadableAtom<DeviceWords | undefined> {
  const $words = atom<DeviceWords | undefined>(undefined)
  const unsubscribe = locale.subscribe(({ language }) => {
    void fetchPart(loadDeviceWords(language)).then((words) => {
      if (words !== undefined && locale.get().language === language) $words.set(words)
    })
  })
  signal.addEventListener('abort', () => unsubscribe())
  return $words
}
