import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createReplyPieces, type ReplyPiece } from '../../../src/adapters/reply/reply-pieces.ts'
import { createStopTexts } from '../../../src/adapters/reply/stop-texts.ts'
import { createTagParser } from '../../../src/core/tags/create-tag-parser.ts'
import { readTagged } from '../../../src/core/tags/read-tagged.ts'

/** The pieces of a text that comes in chunks of a length. */
function piecesOf(text: string, length: number, goesOn = false): ReplyPiece[] {
  const pieces: ReplyPiece[] = []
  const reader = createReplyPieces((piece) => pieces.push(piece), goesOn)
  const parser = createTagParser({ dialect: 'reflection', keep: false }, reader.add)
  for (let at = 0; at < text.length; at += length) parser.push(text.slice(at, at + length))
  parser.finish()
  return pieces
}

/** By channel, each part a line. */
function textsOf(pieces: readonly ReplyPiece[]) {
  const parts: { channel: string; text: string }[] = []
  let open: string | undefined
  for (const piece of pieces) {
    if (piece.type === 'part-start') {
      if (open !== undefined) throw new Error(`${piece.id} begins inside ${open}`)
      open = piece.id
      parts.push({ channel: piece.channel, text: '' })
    } else if (piece.type === 'part-delta') {
      if (open !== piece.id) throw new Error(`${piece.id} is not open`)
      parts.at(-1)!.text += piece.delta
    } else {
      if (open !== piece.id) throw new Error(`${piece.id} is not open`)
      open = undefined
    }
  }
  expect(open).toBeUndefined()
  expect(parts.filter(({ text }) => text !== text.trim() || text === '')).toEqual([])
  const of = (name: string) =>
    parts
      .filter(({ channel }) => channel === name)
      .map(({ text }) => text)
      .join('\n')
  return { thinking: of('thinking'), reflections: of('reflection'), output: of('output') }
}

describe('pieces of a reply', () => {
  const { cases }: { cases: { dialect: string; chunks: string[]; options?: object; finish?: string }[] } = JSON.parse(
    readFileSync(new URL('../../fixtures/tag-streams.json', import.meta.url), 'utf8'),
  )

  test('join to what a whole reading gives, however the stream was cut', () => {
    let compared = 0
    for (const { dialect, chunks, options, finish = 'stop' } of cases) {
      if (dialect !== 'reflection' || options !== undefined || finish !== 'stop') continue
      const input = chunks.join('')
      const { flags, thinking, reflections, output } = readTagged([input])
      if (flags.includes('reclassified')) continue // what was told cannot be taken back
      for (const length of [1, 3, 7, input.length + 1]) {
        const found = textsOf(piecesOf(input, length))
        expect(found.output).toBe(output)
        expect(found.thinking).toBe(thinking)
        expect(found.reflections.split('\n').toSorted()).toEqual(reflections.join('\n').split('\n').toSorted())
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(50)
  })

  test('have no white space around them, in a time that is linear in it', () => {
    const blank = ' \n'.repeat(100_000)
    expect(textsOf(piecesOf(`<output>${blank}a${blank}b${blank}</output>`, 2)).output).toBe(`a${blank}b`)
  })
})

test.each([1, 2, 100])('an answer that goes on begins as it was written, however it is cut: %i', (length) => {
  const told = (text: string) =>
    piecesOf(text, length, true).flatMap((piece) =>
      piece.type === 'part-delta' ? [piece.delta] : piece.type === 'part-start' ? [piece.channel] : [],
    )
  expect(told(' \n 5, yes. ').join('')).toBe('output \n 5, yes.')
  expect(told(' \n ')).toEqual([])
  expect(told(' \n<thinking> a </thinking>\n b').join('')).toBe('thinkingaoutputb')
})

describe('stop texts', () => {
  test.each([1, 2, 5, 100])('are found however the stream is cut: %i', (length) => {
    const text = 'ab\nabab\n\nabc'
    const stops = createStopTexts(['\n\n', 'abd'])
    let told = ''
    for (let at = 0; at < text.length; at += length) told += stops.push(text.slice(at, at + length))
    expect(told + stops.flush()).toBe('ab\nabab')
    expect(stops.found).toBe('\n\n')
  })
})
