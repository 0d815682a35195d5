import { describe, expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../../../src/core/errors.ts'
import { checkFit, type FitReason } from '../../../../src/core/models/check-fit.ts'
import { failureWords } from '../../../../src/ui/parts/failure-text.ts'
import { engineWords } from '../../../../src/ui/models/engine-words.ts'
import { fitDetail, fitWords } from '../../../../src/ui/models/fit-words.ts'
import { progressWords } from '../../../../src/ui/models/load-card.ts'
import { ENGLISH } from '../../../fakes/english.ts'
import { loadLocale, needLaterWords } from '../../../../src/ui/words/locales.ts'
import { SCRIPTED_MODEL } from '../../../fakes/scripted-engine.ts'

const english = ENGLISH
const chinese = await loadLocale('zh-CN')
await needLaterWords({ get: () => chinese })

describe('loading is told', () => {
  test('with bytes, rate and time left where they are known', () => {
    const progress = { phase: 'download', share: 0.5, bytes: 2_800_000, totalBytes: 5_600_000 } as const
    const state = { step: 'list', progress: { ...progress, bytesPerSecond: 1_400_000, secondsLeft: 12 } } as const
    expect(progressWords(state, english)).toBe('Downloading · 2.8 MB of 5.6 MB · 1.4 MB/s · 12\u202fs left')
    expect(progressWords(state, chinese)).toMatch(/^正在下载 · 2\.8 MB.*每秒 1\.4 MB · 还需 12秒$/)
  })

  test('with the silence of a download that brings nothing', () => {
    const progress = { phase: 'download', share: 0.5, bytes: 2_800_000, totalBytes: 5_600_000 } as const
    const state = { step: 'list', progress: { ...progress, bytesPerSecond: 7, silentSeconds: 12 } } as const
    expect(progressWords(state, english)).toBe(
      'Downloading · 2.8 MB of 5.6 MB · nothing has come for 12\u202fs; it is tried again by itself',
    )
    expect(progressWords(state, chinese)).toMatch(/12秒 没有收到数据/)
  })

  test('with its share where they are not', () => {
    const state = { step: 'list', progress: { phase: 'compile', share: 0.25 } } as const
    expect(progressWords(state, english)).toBe('Preparing the GPU · 25%')
  })

  test('from the first moment: each step says what it does', () => {
    const steps = (['describe', 'start', 'list'] as const).map((step) => progressWords({ step }, english))
    expect(steps).toEqual([
      'Reading what the model needs…',
      'Starting the engine…',
      'Looking for what is already here…',
    ])
  })
})

describe('a failure', () => {
  const failure = { code: 'prompt-too-long', message: 'The message has 9 tokens. Shorten it.' } as const

  test('is told in English with the message of the error', () => {
    expect(failureWords(failure, english)).toEqual({ title: 'The message is too long', sentence: failure.message })
  })

  test('is told in other languages by its code, with its numbers, and the message beside it', () => {
    const { title, sentence, detail } = failureWords({ ...failure, details: { tokens: 1200, limit: 1024 } }, chinese)
    expect([title, sentence]).toEqual(['消息太长', '它有 1,200 个词元，而模型最多能读 1,024 个。请缩短消息。'])
    expect(detail).toBe(failure.message)
    const file = failureWords(
      { code: 'download-failed', message: 'x', details: { file: 'https://a/b/c.bin' } },
      chinese,
    )
    expect(file.sentence).toMatch(/^文件：c\.bin。请检查/)
  })

  test('that nobody foresaw is advised on, its foreign message kept as a detail', () => {
    const words = failureWords({ code: 'unexpected', message: 'x is undefined' }, english)
    expect(words).toMatchObject({ sentence: expect.stringContaining('Try again'), detail: 'x is undefined' })
  })

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])('of every kind has words in every language: %s', (code) => {
    for (const locale of [english, chinese]) {
      const { title, sentence } = failureWords({ code, message: '' }, locale)
      expect(title.length).toBeGreaterThan(3)
      expect(sentence.length).toBeGreaterThan(3)
    }
  })
})

describe('why a model does not fit', () => {
  const gigabyte = 1e9
  const gibibyte = 2 ** 30 // what a device has is told in these, and sold as gigabytes
  const memory = { code: 'memory-short', needs: 6 * gigabyte } as const
  const limit = { code: 'limit-short', verdict: 'does-not-fit', limit: 'maxBufferSize' } as const

  test.each<[FitReason, RegExp, RegExp]>([
    [{ code: 'insecure-page', verdict: 'does-not-fit' }, /with https/, /https/],
    [{ code: 'webgpu-missing', verdict: 'does-not-fit' }, /Update it/, /更新/],
    [{ code: 'adapter-missing', verdict: 'does-not-fit' }, /driver/, /驱动/],
    [{ ...memory, verdict: 'tight' }, /6\.0 GB.*does not tell/, /6\.0 GB.*未透露/],
    [{ ...memory, verdict: 'tight', has: 8 * gibibyte, orMore: true }, /8\.0 GB or more/, /8\.0 GB 或更多/],
    [
      { ...memory, verdict: 'tight', has: 8 * gibibyte },
      /8\.0 GB for everything\. It works if/,
      /约有 8\.0 GB 内存。如果/,
    ],
    [{ ...memory, verdict: 'does-not-fit', has: 4 * gibibyte }, /4\.0 GB.*smaller/, /4\.0 GB.*更小/],
    [{ ...limit, needs: 2 * gigabyte, has: gigabyte, isOfAll: false }, /Choose a smaller one/, /更小的模型/],
    [
      { ...limit, needs: 2 * gigabyte, has: gigabyte, isOfAll: true },
      /too little of this GPU.*another browser/,
      /太少.*其他浏览器/,
    ],
    [
      { code: 'storage-short', verdict: 'does-not-fit', needs: gigabyte, has: 5e8 },
      /room for 500 MB more, and the model needs 1\.0 GB/,
      /再留出 500 MB/,
    ],
    [{ code: 'storage-short', verdict: 'tight', needs: gigabyte, has: 9.5e8 }, /only just enough/, /勉强够用/],
    [{ code: 'processor-slow', verdict: 'tight', speed: 3.4 }, /about 3 tokens a second/, /约写 3 个词元/],
    [{ code: 'processor-slow', verdict: 'tight', speed: 1.2 }, /about 1 token a second/, /约写 1 个词元/],
    [
      { code: 'processor-slow', verdict: 'does-not-fit', speed: 0.25 },
      /about 0\.25 tokens a second/,
      /约写 0\.25 个词元/,
    ],
  ])('is worded with its numbers: $0.code', (reason, inEnglish, inChinese) => {
    expect(fitWords(reason, english)).toMatch(inEnglish)
    expect(fitWords(reason, chinese)).toMatch(inChinese)
  })

  test('names what the GPU lacks for those who know it, beside the plain words', () => {
    const short = { ...limit, needs: 2 * gigabyte, has: gigabyte, isOfAll: true }
    expect(fitDetail(short, english)).toBe('maxBufferSize: 2.0 GB needed, 1.0 GB here')
    expect(fitDetail(short, chinese)).toMatch(/maxBufferSize：需要 2\.0 GB.*1\.0 GB/)
    const feature = { code: 'feature-missing', verdict: 'does-not-fit', needs: 'subgroups' } as const
    expect(fitDetail(feature, english)).toBe('subgroups')
    expect(fitDetail({ code: 'webgpu-missing', verdict: 'does-not-fit' }, english)).toBeUndefined()
  })

  test('has words for all that a device can lack at once', () => {
    const adapter = { name: 'SwiftShader', vendor: '', architecture: '', isFallback: true }
    const model = { ...SCRIPTED_MODEL, requiredFeatures: ['shader-f16', 'subgroups'], downloadBytes: 2e9 }
    const device = {
      webgpu: 'available',
      adapter,
      features: [],
      limits: {},
      processor: { isUsable: false, threads: 1 },
      isSecureContext: true,
    } as const
    const { reasons } = checkFit(model, { ...device, storage: { quotaBytes: 1e6, usedBytes: 0 } })
    expect(reasons.map((reason) => fitWords(reason, english))).toEqual([
      expect.stringContaining('32 bits'),
      expect.stringContaining('Choose another model'),
      expect.stringContaining('1.0 MB'),
      expect.stringContaining('far too slow'),
    ])
    for (const reason of reasons) expect(fitWords(reason, chinese)).toMatch(/。$/)
  })
})

test('no other GPU is praised to whom none would help', () => {
  const fit = { verdict: 'fits', reasons: [] } as const
  const words = (why: 'gpu-unfit' | 'library-missing') => engineWords({ engine: 'processor', why, fit }, english.words)
  expect(words('gpu-unfit')).toMatch(/does not fit the GPU\. A GPU that can do more would be faster\.$/)
  expect(words('library-missing')).toMatch(/does not fit the GPU\.$/)
})
