import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createTagParser, type TagEvent, type TagParserOptions } from '../../../../src/parser.ts'
import { cut, generate, performanceCases } from './support/performance-cases.ts'

const CHUNK_SIZES = [1, 4, 16, 256, 1 << 20]
const KIB = 1024

/** Runs a text through a parser that keeps nothing, and measures what it sends and holds back. */
function measure(text: string, chunkSize: number, options: TagParserOptions) {
  let sent = 0
  let deltas = 0
  let halfPairs = 0
  let deepest = 0
  let depth = 0
  let mostHeld = 0
  let pushed = 0
  const parser = createTagParser({ ...options, keep: false }, (event: TagEvent) => {
    if (event.type === 'reasoning-start') deepest = Math.max(deepest, ++depth)
    if (event.type === 'reasoning-end') depth--
    if ('end' in event) sent = event.end
    if (!('delta' in event)) return
    deltas++
    const first = event.delta.charCodeAt(0)
    const last = event.delta.charCodeAt(event.delta.length - 1)
    if ((first >= 0xdc00 && first <= 0xdfff) || (last >= 0xd800 && last <= 0xdbff)) halfPairs++
  })
  for (const chunk of cut(text, chunkSize)) {
    parser.push(chunk)
    pushed += chunk.length
    mostHeld = Math.max(mostHeld, pushed - sent)
  }
  parser.finish()
  return { sent, deltas, halfPairs, deepest, mostHeld }
}

describe.each(performanceCases)('$name: $expect', ({ dialect, generator }) => {
  test.each(CHUNK_SIZES)('gives all text, holds back no more than a tag, in chunks of %i', (chunkSize) => {
    const text = generate(generator, generator.untilBytes / 4)
    const { sent, halfPairs, mostHeld, deepest } = measure(text, chunkSize, { dialect })
    expect(sent).toBe(text.length)
    expect(halfPairs).toBe(0)
    expect(mostHeld).toBeLessThanOrEqual(256)
    expect(deepest).toBeLessThanOrEqual(8)
  })
})

describe('at full size', () => {
  const run = (name: string) => {
    const found = performanceCases.find((perf) => perf.name === name)
    if (found === undefined) throw new Error(`No case ${name}`)
    const { dialect, generator } = found
    const text = generate(generator, generator.untilBytes)
    const parser = createTagParser({ dialect }, () => undefined)
    for (const chunk of cut(text, generator.chunkSize)) parser.push(chunk)
    parser.finish()
    return { ...parser.snapshot(), ...measure(text, generator.chunkSize, { dialect }), text }
  }

  test.each(['perf-1mb-by-char', 'perf-1mb-single-chunk'])('%s: thinking and answer come out', (name) => {
    const { thinking, output, text } = run(name)
    expect(output).toBe('ok')
    expect(thinking).toBe(text.slice('<think>'.length, -'</think>ok'.length).trim())
  })

  test('a run of brackets is one piece of text and the last bracket, or holds back one character', () => {
    expect(run('perf-lt-run-single-chunk')).toMatchObject({ deltas: 2 })
    const byCharacter = run('perf-lt-run-by-char')
    expect(byCharacter.mostHeld).toBe(1)
    expect(byCharacter.output).toBe(byCharacter.text)
  })

  test('near misses become thinking text', () => {
    const { thinking, output, text } = run('perf-almost-tags')
    expect(output).toBe('z')
    expect(thinking).toBe(text.slice('<thinking>'.length, text.lastIndexOf('</thinking>')))
  })

  test('endless attributes become text', () => {
    const { output, text, mostHeld } = run('perf-attr-bomb')
    expect(output).toBe(text.trim())
    expect(mostHeld).toBeGreaterThan(200)
  })

  test('white space before the answer is trimmed', () => {
    expect(run('perf-whitespace-run').output).toBe('end')
  })

  test('too deep openers are text of the deepest block', () => {
    const { deepest, reflections, text } = run('perf-deep-nesting')
    expect(deepest).toBe(8)
    expect(reflections).toEqual([text.slice('<thinking>'.length + 7 * '<reflection>'.length)])
  })

  test('many blocks come out one by one', () => {
    const { thinking, output, text } = run('perf-many-blocks')
    const blocks = text.split('\n').length - 1
    expect(thinking).toBe('a\n'.repeat(blocks).trim())
    expect(output).toBe('b\n'.repeat(blocks).trim())
  })
})

test('a parser that keeps nothing grows by nothing', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const parser = createTagParser({ dialect: 'think', keep: false }, () => undefined)
  const stream = (count: number) => {
    for (let index = 0; index < count; index++) parser.push(`<think a="${index}">so</think>it is ${index}\n<th`)
  }
  const used = () => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  stream(1000)
  const before = used()
  stream(200_000)
  expect(used() - before).toBeLessThan(512 * KIB) // 200,000 blocks with one byte each would be 195 KiB; measured: noise
  parser.finish()
})
