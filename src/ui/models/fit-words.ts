import type { FitReason } from '../../core/models/check-fit.ts'
import type { Formats } from '../words/formats.ts'
import type { Locale } from '../words/locales.ts'

/** What speaks against a model, and what to do, as one text in plain words. */
export function fitWords(reason: FitReason, { words, format }: Locale): string {
  const { fit } = words
  switch (reason.code) {
    case 'feature-missing':
      return fit['feature-missing'](reason.needs)
    case 'limit-short':
      return fit['limit-short'](reason.isOfAll)
    case 'memory-short': {
      const needs = fit['memory-short'](format.bytes(reason.needs))
      if (reason.has === undefined) return words.sentences(needs, fit.memoryUntold)
      const has = deviceMemory(reason.has, format)
      if (reason.verdict === 'does-not-fit') return words.sentences(needs, fit.memoryTooLittle(has))
      return words.sentences(needs, reason.orMore === true ? fit.memoryMayDoOrMore(has) : fit.memoryMayDo(has))
    }
    case 'storage-short': {
      const [needs, has] = [format.bytes(reason.needs), format.bytes(reason.has)]
      return reason.verdict === 'tight' ? fit.storageBarely(needs, has) : fit['storage-short'](needs, has)
    }
    case 'processor-memory':
      return fit['processor-memory'](format.bytes(reason.needs))
    case 'processor-slow':
      return fit['processor-slow'](
        reason.speed < 1 ? format.number(reason.speed) : format.number(Math.round(reason.speed)),
      )
    case 'software-gpu': {
      const slow = reason.verdict === 'tight' ? fit.softwareSlow : fit['software-gpu']
      return words.sentences(slow, fit.accelerate)
    }
    default:
      return fit[reason.code]
  }
}

/** The memory of the device as it is sold: what is called 8 GB has 8 GiB. */
export function deviceMemory(bytes: number, format: Formats): string {
  return format.bytes((bytes / 2 ** 30) * 1e9)
}

/** The same for those who know what it means: what the GPU lacks, by its name in WebGPU. Absent where the text says it all. */
export function fitDetail(reason: FitReason, { words, format }: Locale): string | undefined {
  if (reason.code === 'feature-missing') return reason.needs
  if (reason.code !== 'limit-short') return undefined
  const amount = reason.limit.endsWith('Size') ? format.bytes : format.number
  return words.fit.limitDetail(reason.limit, amount(reason.needs), amount(reason.has))
}
