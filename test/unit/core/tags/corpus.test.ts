import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readTagged, type FinishReason, type ReadTaggedOptions, type TagSnapshot } from '../../../../src/parser.ts'
import { logStream } from './support/checked-log.ts'
import { createRandom, rechunk } from './support/random.ts'

/** Conformance cases, agreed before the parser was written; `rules` in the file says how to read them. */
interface Corpus {
  cases: {
    name: string
    dialect: 'reflection' | 'think'
    chunks: string[]
    options?: Pick<ReadTaggedOptions, 'start' | 'reopen' | 'toolTags'>
    finish?: FinishReason
    expected: TagSnapshot & { notes: string }
  }[]
}

const corpus: Corpus = JSON.parse(readFileSync(new URL('../../../fixtures/tag-streams.json', import.meta.url), 'utf8'))
const CUTS_PER_CASE = 400

describe.each(corpus.cases)('$name', ({ name, dialect, chunks, options, finish = 'stop', expected }) => {
  const text = chunks.join('')
  const { notes, ...snapshot } = expected

  test(`as agreed: ${notes}`, () => {
    const { events, ...read } = readTagged(chunks, { dialect, ...options, finish })
    expect(read).toEqual(snapshot)
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: finish })
  })

  test(`is the same one character at a time, and cut in ${CUTS_PER_CASE} other ways`, () => {
    const random = createRandom(name.length * 7919 + text.length)
    const whole = logStream([text], { dialect, ...options }, finish)
    expect(logStream(text.split(''), { dialect, ...options }, finish)).toBe(whole)
    for (let cut = 0; cut < CUTS_PER_CASE; cut++) {
      expect(logStream(rechunk(text, random), { dialect, ...options }, finish)).toBe(whole)
    }
  })
})

test('has the cases it had when the parser was written', () => {
  expect(corpus.cases.length).toBeGreaterThanOrEqual(40)
})
