import { describe, expect, test } from 'vitest'
import type { Usage } from '../../../src/core/engine.ts'
import { EMPTY_REPLY } from '../../../src/state/reply-view.ts'
import { formatBytes, formatCount, formatSeconds } from '../../../src/ui/format-quantity.ts'
import { progressWords } from '../../../src/ui/load-card.ts'
import { replyFacts } from '../../../src/ui/reply-statistics.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [5_595_754, '5.6 MB'],
  [999_600, '1.0 MB'],
  [4_300_000_000, '4.3 GB'],
])('%i bytes are %s', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words)
})

test.each([
  [0.44, '0.4 s'],
  [12.3, '12 s'],
  [59.7, '1 min 0 s'],
  [185, '3 min 5 s'],
  [3720, '1 h 2 min'],
])('%f seconds are %s', (seconds, words) => {
  expect(formatSeconds(seconds)).toBe(words)
})

test('a count agrees with its noun', () => {
  expect([formatCount(1, 'token'), formatCount(12345, 'token')]).toEqual(['1 token', '12,345 tokens'])
})

describe('loading is told', () => {
  test('with bytes, rate and time left where they are known', () => {
    const progress = { phase: 'download', share: 0.5, bytes: 2_800_000, totalBytes: 5_600_000 } as const
    expect(progressWords({ ...progress, bytesPerSecond: 1_400_000, secondsLeft: 2 })).toBe(
      'Downloading · 2.8 MB of 5.6 MB · 1.4 MB/s · 2.0 s left',
    )
  })

  test('with its share where they are not', () => {
    expect(progressWords({ phase: 'compile', share: 0.25 })).toBe('Preparing the GPU · 25 %')
  })
})

test('the statistics of a reply name what there was', () => {
  const tokens = { thinking: 40, reflection: 0, output: 9, markup: 4 }
  const usage: Usage = {
    finishReason: 'stop',
    promptTokens: 97,
    reusedTokens: 80,
    completionTokens: 53,
    tokens,
    timeToFirstTokenMs: 412,
    totalMs: 1500,
    decodeTokensPerSecond: 41.4,
    droppedMessages: 0,
  }
  const standing = { tokens, elapsedMs: 1500 }
  expect(replyFacts({ ...EMPTY_REPLY, standing }, true)).toEqual(['Tokens: 40 thinking, 9 answer'])
  expect(replyFacts({ ...EMPTY_REPLY, standing, usage }, false)).toEqual([
    'Tokens: 40 thinking, 9 answer',
    '41 tokens/s',
    'first token after 0.4 s',
    '80 of 97 prompt tokens reused',
  ])
})
