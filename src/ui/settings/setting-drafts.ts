import { problemsOf } from '../../core/check-data.ts'
import { OPTION_RANGES, rangeCheck } from '../../core/option-ranges.ts'
import type { NumberSetting } from '../../state/settings.ts'

/** What stands in a field while it is written in, or because it cannot be used. */
export interface Draft {
  readonly text: string
  /** Whether the user was told that it cannot be used. */
  readonly isRefused: boolean
}

/**
 * The number that someone typed, with full-width digits and a decimal comma taken for what they mean.
 * @returns No number for an empty text; nothing at all when the text is no number that the setting may have.
 */
export function readNumber(name: NumberSetting, text: string): { readonly number: number | undefined } | undefined {
  const plain = text.normalize('NFKC').trim()
  if (plain === '') return { number: undefined }
  const range = OPTION_RANGES[name]
  if (!(range.kind === 'whole' ? /^\d+$/ : /^(\d+(?:[.,]\d*)?|[.,]\d+)$/).test(plain)) return undefined
  const number = Number(plain.replace(',', '.'))
  return problemsOf(number, rangeCheck(range)).length === 0 ? { number } : undefined
}
