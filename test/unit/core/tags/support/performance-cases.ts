import { readFileSync } from 'node:fs'

interface Generator {
  prefix: string
  repeat: string
  untilBytes: number
  suffix: string
  chunkSize: number
}

/** The performance cases agreed before the parser was written; `expect` says what each is about. */
interface Corpus {
  perf: { name: string; dialect: 'reflection' | 'think'; generator: Generator; expect: string }[]
}

const corpus: Corpus = JSON.parse(
  readFileSync(new URL('../../../../fixtures/tag-streams.json', import.meta.url), 'utf8'),
)
export const performanceCases = corpus.perf

/** The text of a case at a length of about `length` UTF-16 code units. */
export function generate({ prefix, repeat, suffix }: Generator, length: number): string {
  return prefix + repeat.repeat(Math.ceil((length - prefix.length - suffix.length) / repeat.length)) + suffix
}

export function* cut(text: string, chunkSize: number) {
  for (let at = 0; at < text.length; at += chunkSize) yield text.slice(at, at + chunkSize)
}
