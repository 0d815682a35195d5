import { isRecord } from '../src/core/check-data.ts'
import { checkOptions } from '../src/core/check-options.ts'
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
  checkOptions(options)
  const { outputSchema } = options
  if (outputSchema !== undefined && !isRecord(outputSchema))
    throw invalid('outputSchema must be a JSON schema, as an object.')
}

function invalid(message: string): ReflectionError {
  return new ReflectionError('request-invalid', message)
}
