import {
  fields,
  isRecord,
  list,
  oneOf,
  optional,
  problemsOf,
  someText,
  text,
  that,
  wholeNumber,
  type DataCheck,
} from '../core/check-data.ts'
import type { EngineState, LoadProgress, RunEvent, WaitReason } from '../core/engine.ts'
import type { WireError } from './wire-error.ts'

// What tabs that share an engine say to each other over BroadcastChannels. Tabs of another build use channels of other names, so both
// sides are of one version; what arrives is looked at all the same, as any page of this origin can post it.

/** What a tab without an engine says to the one that has it. */
export type TabRequest =
  | { readonly type: 'call'; readonly id: number; readonly method: TabMethod; readonly values: readonly unknown[] }
  /** The caller no longer wants it. */
  | { readonly type: 'stop'; readonly id: number }
  | { readonly type: 'answer-now'; readonly id: number }
  /** How many batches of a run have arrived. */
  | { readonly type: 'taken'; readonly id: number; readonly count: number }
  | { readonly type: 'ping' }

/** What it is told. */
export type TabAnswer =
  | { readonly type: 'done'; readonly id: number; readonly value?: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError }
  | { readonly type: 'events'; readonly id: number; readonly events: readonly RunEvent[] }
  | { readonly type: 'progress'; readonly id: number; readonly progress: LoadProgress }
  | { readonly type: 'waits'; readonly id: number; readonly reason?: WaitReason }
  | { readonly type: 'state'; readonly state: WireState }
  | { readonly type: 'pong' }

/** A state whose error is plain data. */
export type WireState =
  | Exclude<EngineState, { status: 'lost' }>
  | { readonly status: 'lost'; readonly error: WireError }

const record = that('an object', isRecord)

/** As much of a model's description as tells it from others; its files are checked against the rest. */
const description = fields({ id: someText, revision: someText, name: text(), folderUrl: someText })

/** A conversation; the worker looks at its options. */
const request = fields({
  messages: list(fields({ role: oneOf(['system', 'user', 'assistant']), content: text() })),
  options: optional(record),
})

const files = list(that('a file', (value) => value instanceof Blob))

/** What can be called, with the values that each takes. */
const METHODS = {
  capabilities: [],
  load: [description, optional(oneOf(['auto', 'gpu', 'processor']))],
  generate: [request],
  prepare: [request],
  countTokens: [text()],
  unload: [],
  storedBytes: [description, optional(oneOf(['gpu', 'processor']))],
  deleteStored: [description],
  stats: [],
  storedModels: [],
  verifyStored: [someText],
  dropStored: [someText],
  exportStored: [someText],
  describeFiles: [files],
  importModel: [files],
} as const satisfies Readonly<Record<string, readonly DataCheck[]>>

/** A call that one tab makes to another. */
export type TabMethod = keyof typeof METHODS

const id = wholeNumber()
const REQUESTS = {
  call: fields({ id, method: oneOf(Object.keys(METHODS)), values: list(that('anything', () => true)) }),
  stop: fields({ id }),
  'answer-now': fields({ id }),
  taken: fields({ id, count: wholeNumber() }),
  ping: fields({}),
}

const typed = fields({ type: someText })
const ANSWERS = {
  done: fields({ id }),
  failed: fields({ id, error: record }),
  events: fields({ id, events: list(typed) }),
  progress: fields({ id, progress: fields({ phase: someText }) }),
  waits: fields({ id, reason: optional(someText) }),
  state: fields({
    state: fields({ status: oneOf(['starting', 'idle', 'loading', 'ready', 'running', 'stopping', 'lost']) }),
  }),
  pong: fields({}),
}

export function isTabRequest(message: unknown): message is TabRequest {
  if (!isOneOf(message, REQUESTS)) return false
  const asked = message as unknown as TabRequest
  if (asked.type !== 'call') return true
  const checks: readonly DataCheck[] = METHODS[asked.method]
  return checks.every((check, index) => problemsOf(asked.values[index], check).length === 0)
}

export function isTabAnswer(message: unknown): message is TabAnswer {
  return isOneOf(message, ANSWERS)
}

function isOneOf(message: unknown, checks: Readonly<Record<string, DataCheck>>): message is Record<string, unknown> {
  if (!isRecord(message) || typeof message['type'] !== 'string' || !Object.hasOwn(checks, message['type'])) return false
  const check = checks[message['type']]
  return check !== undefined && problemsOf(message, check).length === 0
}
