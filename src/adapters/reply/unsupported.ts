import { ReflectionError } from '../../core/errors.ts'

/** The error for something that another interface knows and this one does not. */
export function unsupported(what: string, advice: string): ReflectionError {
  return new ReflectionError('unsupported', `${what} cannot be had here. ${advice}`)
}
