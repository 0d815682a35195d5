import { ERROR_CODES, ReflectionError, type ErrorCode } from '../core/errors.ts'

/** An error as plain data: Comlink keeps only name, message and stack of an Error, but clones a thrown object whole. */
export interface WireError {
  readonly wire: 'second-thought.error'
  readonly code: ErrorCode
  readonly message: string
  readonly details: Readonly<Record<string, string | number>>
  /** The causes, outermost first, each as one line. */
  readonly causes: readonly string[]
}

export function toWire(value: unknown): WireError {
  const error = ReflectionError.from(value)
  const causes: string[] = []
  for (
    let cause = error.cause;
    cause !== undefined && causes.length < 5;
    cause = (cause as { cause?: unknown }).cause
  ) {
    causes.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause))
    if (typeof cause !== 'object' || cause === null) break
  }
  return { wire: 'second-thought.error', code: error.code, message: error.message, details: error.details, causes }
}

export function fromWire(value: unknown): ReflectionError {
  if (!isWireError(value)) return ReflectionError.from(value)
  const cause = value.causes.reduceRight<Error | undefined>(
    (inner, line) => new Error(line, inner === undefined ? undefined : { cause: inner }),
    undefined,
  )
  const { code, message, details } = value
  return new ReflectionError(code, message, cause === undefined ? { details } : { details, cause })
}

function isWireError(value: unknown): value is WireError {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Partial<WireError>).wire === 'second-thought.error' &&
    Object.hasOwn(ERROR_CODES, (value as WireError).code)
  )
}
