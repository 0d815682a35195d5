/** Something that foreign data does not say as it must. */
export interface DataProblem {
  /** Where, such as `files[3].sha256`; empty for the whole. */
  readonly path: string
  /** What is there, shortened, such as `"abc"`, or `nothing`. */
  readonly found: string
  /** What must be there, such as `a whole number of at least 1`. */
  readonly needed: string
}

/** Looks at one value and reports what is wrong with it and in it. Changes nothing; never throws. */
export type DataCheck = (value: unknown, path: string, report: (problem: DataProblem) => void) => void

/** Problems that are told at most: foreign data may have millions. */
const MOST_PROBLEMS = 100

/** What is wrong with `value`, in the order of the fields of the check, the first hundred of it; empty when it is as it must be. */
export function problemsOf(value: unknown, check: DataCheck): DataProblem[] {
  const problems: DataProblem[] = []
  check(value, '', (problem) => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
  })
  return problems
}

/** One sentence about a problem; `whole` names the data when the path is empty. */
export function describeProblem({ path, found, needed }: DataProblem, whole: string): string {
  return `${path === '' ? whole : path} is ${found}, but must be ${needed}.`
}

/** A value that meets a condition of its own. */
export function that(needed: string, holds: (value: unknown) => boolean): DataCheck {
  return (value, path, report) => {
    if (!holds(value)) report({ path, found: shorten(value), needed })
  }
}

export function text(pattern = /^/, needed = 'a text'): DataCheck {
  return that(needed, (value) => typeof value === 'string' && pattern.test(value))
}

export const yesOrNo: DataCheck = that('true or false', (value) => typeof value === 'boolean')

/** Any text but the empty one. */
export const someText: DataCheck = text(/^[^]/, 'a text that is not empty')

/** @param least - Smallest value that passes. */
export function wholeNumber(least = 0): DataCheck {
  return that(
    `a whole number of at least ${least}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least,
  )
}

/** A finite number; bounds that are absent do not bound. */
export function number(bounds: { least?: number; above?: number; most?: number } = {}): DataCheck {
  const { least = -Infinity, above = -Infinity, most = Infinity } = bounds
  const words = [
    least > -Infinity ? ` of at least ${least}` : '',
    above > -Infinity ? ` above ${above}` : '',
    most < Infinity ? ` ${least > -Infinity || above > -Infinity ? 'and ' : 'of '}at most ${most}` : '',
  ]
  return that(
    `a number${words.join('')}`,
    (value) => typeof value === 'number' && Number.isFinite(value) && value >= least && value > above && value <= most,
  )
}

export function oneOf(values: readonly (string | number)[]): DataCheck {
  return that(values.map((value) => JSON.stringify(value)).join(' or '), (value) => values.includes(value as string))
}

/** @param least - Fewest items. */
export function list(item: DataCheck, least = 0): DataCheck {
  return (value, path, report) => {
    if (!Array.isArray(value)) return report({ path, found: shorten(value), needed: 'a list' })
    if (value.length < least) report({ path, found: shorten(value), needed: `a list of at least ${least}` })
    for (const [index, entry] of value.entries()) item(entry, `${path}[${index}]`, report)
  }
}

/** A list of plain values of which none stands twice. */
export function distinct(item: DataCheck): DataCheck {
  return (value, path, report) => {
    list(item)(value, path, report)
    if (Array.isArray(value) && new Set(value).size < value.length) {
      report({ path, found: 'a list with something twice', needed: 'a list of different values' })
    }
  }
}

/** An object with these fields, all needed unless `optional`; others are not looked at. */
export function fields<Shape extends object = Record<string, unknown>>(checks: {
  readonly [Key in keyof Required<Shape>]: DataCheck
}): DataCheck {
  return (value, path, report) => {
    if (!isRecord(value)) return report({ path, found: shorten(value), needed: 'an object' })
    for (const [key, check] of Object.entries<DataCheck>(checks)) {
      check(Object.hasOwn(value, key) ? value[key] : undefined, path === '' ? key : `${path}.${key}`, report)
    }
  }
}

/** An object whose names are free and whose values are all of a kind. */
export function entries(each: DataCheck): DataCheck {
  return (value, path, report) => {
    if (!isRecord(value)) return report({ path, found: shorten(value), needed: 'an object' })
    for (const [key, entry] of Object.entries(value)) each(entry, path === '' ? key : `${path}.${key}`, report)
  }
}

export function optional(check: DataCheck): DataCheck {
  return (value, path, report) => {
    if (value !== undefined) check(value, path, report)
  }
}

export function nullOr(check: DataCheck): DataCheck {
  return (value, path, report) => {
    if (value !== null) check(value, path, report)
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value in a few words. */
export function shorten(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isRecord(value)) return 'an object'
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value)
}

const LONGEST_QUOTE = 60
