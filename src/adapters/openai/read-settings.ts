import { isRecord, shorten } from '../../core/check-data.ts'
import type { GenerateOptions } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { EFFORTS, optionsOfEffort, type Effort } from '../reply/thinking-effort.ts'
import { unsupported } from '../reply/unsupported.ts'

/** A request as it comes over a network. */
export type Fields = Readonly<Record<string, unknown>>

/** Fields that would change a reply if they were heeded, and the values with which they change nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  tools: [],
  functions: [],
  frequency_penalty: [0],
  presence_penalty: [0],
  repetition_penalty: [1],
  top_k: [0, -1],
  min_p: [0],
  tool_choice: ['none', 'auto'],
  logit_bias: [],
  audio: [],
  modalities: [],
  prediction: [],
  background: [false],
  conversation: [],
  previous_response_id: [],
  web_search_options: [],
}

/**
 * @param more - Fields that only one of the shapes does not have, as in `NEUTRAL`.
 * @throws {ReflectionError} `unsupported`, naming the first field that asks for something that we do not have.
 */
export function refuseForeign(request: Fields, more: typeof NEUTRAL = {}): void {
  for (const [name, neutral] of Object.entries({ ...NEUTRAL, ...more })) {
    const value = request[name]
    if (value === undefined || value === null || neutral.includes(value) || isEmpty(value)) continue
    if (name === 'modalities' && Array.isArray(value) && value.every((one) => one === 'text')) continue
    throw unsupported(`"${name}"`, 'Leave it out.')
  }
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0
}

/** A number, or undefined where nothing or null is. Ranges are the engine's to check. @throws {ReflectionError} `request-invalid`. */
export function readNumber(request: Fields, name: string): number | undefined {
  const value = request[name] ?? undefined
  if (value === undefined || typeof value === 'number') return value
  throw invalid(`"${name}" is ${shorten(value)}. It must be a number.`)
}

/** The options that both shapes have in common. @throws {ReflectionError} `request-invalid`. */
export function readSampling(request: Fields, effort: unknown, maxTokens: number | undefined): GenerateOptions {
  return withoutUndefined({
    temperature: readNumber(request, 'temperature'),
    topP: readNumber(request, 'top_p'),
    seed: readNumber(request, 'seed'),
    maxTokens,
    ...readEffort(effort),
    ...withoutUndefined({
      thinkBudget: readNumber(request, 'think_budget'),
      selfCheck: readSelfCheck(request['self_check']),
    }),
  })
}

function readEffort(value: unknown): GenerateOptions {
  if (value === undefined || value === null) return {}
  if (!EFFORTS.includes(value as Effort)) {
    throw invalid(`The reasoning effort is ${shorten(value)}. It must be one of ${EFFORTS.join(', ')}.`)
  }
  return optionsOfEffort(value as Effort)
}

const DIAL = ['never', 'less', 'normal', 'more'] as const

function readSelfCheck(value: unknown): (typeof DIAL)[number] | undefined {
  if (value === undefined || value === null) return undefined
  const found = DIAL.find((position) => position === value)
  if (found === undefined) throw invalid(`"self_check" is ${shorten(value)}. It must be one of ${DIAL.join(', ')}.`)
  return found
}

/**
 * The JSON schema that a format asks for; undefined for plain text.
 * @param format - `{ type, schema }`; in Chat Completions the schema stands in `json_schema`.
 * @throws {ReflectionError} `request-invalid`.
 */
export function readFormat(format: unknown): GenerateOptions['outputSchema'] {
  if (format === undefined || format === null) return undefined
  const {
    type,
    json_schema: inner,
    schema = isRecord(inner) ? inner['schema'] : undefined,
  } = isRecord(format) ? format : {}
  if (type === 'text') return undefined
  if (type === 'json_object') return { type: 'object' }
  if (type === 'json_schema' && isRecord(schema)) return schema
  if (type === 'json_schema') throw invalid('The JSON schema of the format is missing.')
  throw unsupported(`The format ${shorten(type)}`, 'Use json_schema, json_object or text.')
}

/** Texts that end the answer. @throws {ReflectionError} `request-invalid`. */
export function readStop(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (stops.length <= 4 && stops.every((stop): stop is string => typeof stop === 'string' && stop !== '')) return stops
  throw invalid('"stop" must be a text that is not empty, or up to four of them.')
}

export function invalid(message: string): ReflectionError {
  return new ReflectionError('request-invalid', message)
}

/** A value without the fields that are undefined: an option that is absent is the engine's to choose. */
export function withoutUndefined<Value extends object>(
  value: Value,
): {
  [Key in keyof Value]: Exclude<Value[Key], undefined>
} {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never
}
