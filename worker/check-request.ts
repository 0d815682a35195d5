import type { GenerateRequest } from '../src/core/engine.ts'
import { ReflectionError } from '../src/core/errors.ts'

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
  within('temperature', options.temperature, 0, 2)
  within('topP', options.topP, Number.MIN_VALUE, 1)
  wholeFrom('maxTokens', options.maxTokens, 1)
  wholeFrom('thinkBudget', options.thinkBudget, 0)
  wholeFrom('seed', options.seed, 0)
}

function within(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return
  throw invalid(`${name} is ${value}. It must be ${least === 0 ? 'from 0' : 'above 0 and'} up to ${most}.`)
}

function wholeFrom(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  throw invalid(`${name} is ${value}. It must be a whole number, at least ${least}.`)
}

function invalid(message: string): ReflectionError {
  return new ReflectionError('request-invalid', message)
}
