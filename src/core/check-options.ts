import { problemsOf } from './check-data.ts'
import type { GenerateOptions } from './engine.ts'
import { ReflectionError } from './errors.ts'
import { OPTION_RANGES, rangeCheck, type NumberOption, type NumberRange } from './option-ranges.ts'

/**
 * Checks the numbers among the options of a reply, which may come from where no type is checked.
 * @throws {ReflectionError} `request-invalid`, naming the first one that is out of its range.
 */
export function checkOptions(options: GenerateOptions): void {
  for (const name of Object.keys(OPTION_RANGES) as NumberOption[]) checkNumber(name, options[name])
}

function checkNumber(name: NumberOption, value: number | undefined): void {
  const range = OPTION_RANGES[name]
  if (value === undefined || problemsOf(value, rangeCheck(range)).length === 0) return
  throw new ReflectionError('request-invalid', `${name} is ${value}. It must be ${rangeWords(range)}.`)
}

function rangeWords(range: NumberRange): string {
  switch (range.kind) {
    case 'from-to':
      return `from ${range.least} up to ${range.most}`
    case 'above-to':
      return `above ${range.above} and up to ${range.most}`
    case 'whole':
      return `a whole number, at least ${range.least}`
  }
}
