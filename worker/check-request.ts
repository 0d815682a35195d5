import { problemsOf } from '../src/core/check-data.ts'
import type { GenerateRequest } from '../src/core/engine.ts'
import { ReflectionError } from '../src/core/errors.ts'
import { OPTION_RANGES, rangeCheck, type NumberOption, type NumberRange } from '../src/core/option-ranges.ts'

/** @throws {ReflectionError} `request-invalid`, naming the first value that makes no sense. */
export function checkRequest({ messages, options = {} }: GenerateRequest): void {
  const last = messages.at(-1)
  if (last === undefined || last.role === 'system') {
    throw invalid('The conversation must end with a message of the user, or with a reply to be continued.')
  }
  if (messages.some(({ role }, index) => role === 'system' && index > 0)) {
    throw invalid('There can be one system message, and only as the first message.')
  }
  if (messages.some(({ content }) => typeof content !== 'string'))
    throw invalid('The content of a message must be text.')
  for (const name of Object.keys(OPTION_RANGES) as NumberOption[]) checkNumber(name, options[name])
}

function checkNumber(name: NumberOption, value: number | undefined): void {
  const range = OPTION_RANGES[name]
  if (value === undefined || problemsOf(value, rangeCheck(range)).length === 0) return
  throw invalid(`${name} is ${value}. It must be ${rangeWords(range)}.`)
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

function invalid(message: string): ReflectionError {
  return new ReflectionError('request-invalid', message)
}
