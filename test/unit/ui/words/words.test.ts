import { describe, expect, test } from 'vitest'
import type { Usage } from '../../../../src/core/engine.ts'
import { replyFacts } from '../../../../src/ui/chat/reply-statistics.ts'
import { createFormats } from '../../../../src/ui/words/formats.ts'
import { ENGLISH } from '../../../fakes/english.ts'
import { languageOf } from '../../../../src/ui/words/locales.ts'

const locale = ENGLISH

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
  const view = { text: '', parts: [], checkpoints: [], forced: [], costSoFar: { tokens, elapsedMs: 1500 } }
  expect(replyFacts(view, true, locale)).toEqual(['Tokens: 40 thinking, 9 answer'])
  expect(replyFacts({ ...view, usage }, false, locale)).toEqual([
    'Tokens: 40 thinking, 9 answer',
    '41 tokens/s',
    'first token after 0.4\u202fs',
    '80 of 97 prompt tokens reused',
  ])
  const facts = (rate: unknown) =>
    replyFacts({ ...view, usage: { ...usage, decodeTokensPerSecond: rate as number } }, false, locale).join()
  for (const rate of [Infinity, NaN, null]) expect(facts(rate)).not.toContain('tokens/s') // of a chat that an older version stored
})

test('what cannot be brought back is one thing or several', () => {
  const { transfer, unreadableChats } = locale.words
  for (const text of [transfer.deleteAllText, unreadableChats.deleteText]) {
    expect([text(1), text(3)]).toEqual([
      expect.stringMatching(/^It cannot .* if (you may want to keep it|it may still be of use)\.$/),
      expect.stringMatching(/^They cannot .* if (you may want to keep them|they may still be of use)\.$/),
    ])
  }
})

test('an import counts one chat or several', () => {
  const { importing } = locale.words.transfer
  expect([importing(0, 1), importing(1, 2)]).toEqual(['0 of 1 chat', '1 of 2 chats'])
})

describe('quantities', () => {
  const en = createFormats('en')
  const zh = createFormats('zh-CN')

  test.each([
    [0, '0B', '0 B'],
    [999, '999B', '999 B'],
    [1000, '1.0 kB', '1.0 kB'],
    [5_595_754, '5.6 MB', '5.6 MB'],
    [999_600, '1.0 MB', '1.0 MB'],
    [4_300_000_000, '4.3 GB', '4.3 GB'],
  ])('of %i bytes', (bytes, english, chinese) => {
    expect([en.bytes(bytes), zh.bytes(bytes)]).toEqual([english, chinese])
  })

  test.each([
    [0.44, '0.4\u202fs', '0.4秒'],
    [12.3, '12\u202fs', '12秒'],
    [0, '<0.1\u202fs', '<0.1秒'],
    [0.049, '<0.1\u202fs', '<0.1秒'],
    [0.05, '0.1\u202fs', '0.1秒'],
    [59.7, '1\u202fm 0\u202fs', '1分钟 0秒'],
    [185, '3\u202fm 5\u202fs', '3分钟 5秒'],
    [3720, '1\u202fh 2\u202fm', '1小时 2分钟'],
  ])('of %f seconds', (seconds, english, chinese) => {
    expect([en.duration(seconds), zh.duration(seconds)]).toEqual([english, chinese])
  })

  test('of counts and shares', () => {
    expect([en.number(12345), en.percent(0.256)]).toEqual(['12,345', '26%'])
    expect(en.list(['one', 'two', 'three'])).toBe('one, two, and three')
  })

  test('of time say only what tells it apart', () => {
    const now = new Date(2026, 10, 21, 15, 0).getTime()
    expect(en.shortDate(new Date(2026, 10, 21, 9, 5).getTime(), now)).toMatch(/9:05\sAM/)
    expect(en.shortDate(new Date(2026, 10, 20, 9, 5).getTime(), now)).toBe('Nov 20')
    expect(en.shortDate(new Date(2025, 10, 20, 9, 5).getTime(), now)).toBe('Nov 20, 2025')
  })
})

test.each([
  ['zh-CN', [], 'zh-CN'],
  ['zh', [], 'zh-CN'],
  ['zh-Hans-SG', [], 'zh-CN'],
  ['zh-TW', [], 'en'],
  [undefined, ['fr', 'zh'], 'zh-CN'],
  [undefined, ['fr', 'en-GB'], 'en'],
  ['not a tag', ['de'], 'en'],
])('the language %s, with the browser set to %j, is %s', (tag, browser, language) => {
  expect(languageOf(tag, browser)).toBe(language)
})
