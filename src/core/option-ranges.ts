import { number, wholeNumber, type DataCheck } from './check-data.ts'
import type { GenerateOptions } from './engine.ts'

/** Which numbers an option takes. Bounds belong to the range, but for `above`. */
export type NumberRange =
  | { readonly kind: 'from-to'; readonly least: number; readonly most: number }
  | { readonly kind: 'above-to'; readonly above: number; readonly most: number }
  | { readonly kind: 'whole'; readonly least: number }

/** Options of a reply that are numbers. */
export type NumberOption = 'temperature' | 'topP' | 'maxTokens' | 'thinkBudget' | 'seed' | 'logprobs'

/** What the numbers among the options of a reply may be: for the settings, for their fields, and for the engine that is asked. */
export const OPTION_RANGES = {
  temperature: { kind: 'from-to', least: 0, most: 2 },
  topP: { kind: 'above-to', above: 0, most: 1 },
  maxTokens: { kind: 'whole', least: 1 },
  thinkBudget: { kind: 'whole', least: 0 },
  seed: { kind: 'whole', least: 0 },
  logprobs: { kind: 'from-to', least: 0, most: 20 },
} as const satisfies { readonly [Name in NumberOption & keyof GenerateOptions]: NumberRange }

/** Checks that a value is a number of a range. */
export function rangeCheck(range: NumberRange): DataCheck {
  return range.kind === 'whole' ? wholeNumber(range.least) : number(range)
}
