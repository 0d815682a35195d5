import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ENGLISH } from '../../../fakes/english.ts'
import { deviceEn } from '../../../../src/ui/words/device-en.ts'
import { frameEn } from '../../../../src/ui/words/frame-en.ts'
import { gpuAdviceEn } from '../../../../src/ui/words/gpu-advice-en.ts'
import { serverWordsEn } from '../../../../src/ui/words/server-words-en.ts'
import { privacyEn } from '../../../../src/ui/words/privacy-en.ts'

const source = fileURLToPath(new URL('../../../../src', import.meta.url))

/** All code but that of the catalogues, without comments. */
const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) =>
      name.endsWith('.ts') &&
      !/ui\/words\/(gpu-advice-|device-|frame-|privacy-|server-words-)?(en|zh-cn)\.ts$/.test(name),
  )
  .map((name) => readFileSync(`${source}/${name}`, 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, ''))
  .join('\n')

/** The places of all texts, such as `page.tryAgain`. */
function placesOf(words: object, before = ''): string[] {
  return Object.entries(words).flatMap(([name, inner]) =>
    typeof inner === 'object' && inner !== null ? placesOf(inner, `${before}${name}.`) : [`${before}${name}`],
  )
}

test('every text of the interface is named in the code', () => {
  const places = placesOf({
    ...ENGLISH.words,
    gpuAdvice: gpuAdviceEn,
    device: deviceEn,
    frame: frameEn,
    privacy: privacyEn,
    serverWords: serverWordsEn(ENGLISH.format),
  })
  expect(places.length).toBeGreaterThan(200)
  const isNamed = (name: string) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(code)
  expect(places.filter((place) => !isNamed(place.split('.').at(-1) ?? ''))).toEqual([])
})
