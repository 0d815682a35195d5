import {
  describeProblem,
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
  yesOrNo,
  type DataCheck,
  type DataProblem,
} from '../core/check-data.ts'

/** What every message between a page and its embedded chat carries, so that neither takes another's message for one. */
const EMBED_PROTOCOL = 'second-thought.embed'

/** Of the messages. A side that is asked in another version does not answer. */
const EMBED_VERSION = 1

/** What the page may say about the chat; the element's attributes and properties of the same names. */
export interface EmbedOptions {
  readonly model?: string
  readonly mode?: 'standard' | 'advanced' | 'hidden'
  readonly theme?: 'light' | 'dark' | 'system'
  /** Default: that of what it is put into, else that of the browser. */
  readonly lang?: string
  readonly placeholder?: string
  readonly preload?: boolean
  readonly systemPrompt?: string
  readonly suggestions?: readonly string[]
  readonly sampling?: { readonly [name: string]: number | string }
}

/** From the page to the chat. Those with an id are answered by `done` or `failed` of the same id. */
export type ToEmbed =
  | { readonly type: 'hello'; readonly options: EmbedOptions }
  | { readonly type: 'ask'; readonly id: number; readonly question: string }
  | { readonly type: 'export'; readonly id: number; readonly format: 'json' | 'markdown' }
  | { readonly type: 'stop' | 'clear' | 'focus' }

/** From the chat to the page. */
export type FromEmbed =
  | { readonly type: 'welcome' }
  | { readonly type: 'event'; readonly name: string; readonly detail: unknown }
  | { readonly type: 'done'; readonly id: number; readonly value: string }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string }

type Envelope<Message> = Message & { readonly protocol: typeof EMBED_PROTOCOL; readonly version: typeof EMBED_VERSION }

export function seal<Message extends ToEmbed | FromEmbed>(message: Message): Envelope<Message> {
  return { protocol: EMBED_PROTOCOL, version: EMBED_VERSION, ...message }
}

/** A message of a page; undefined for whatever is none of this version. */
export function readToEmbed(data: unknown): ToEmbed | undefined {
  return read<ToEmbed>(data, TO_EMBED)
}

/**
 * Why a message in this protocol is none that `readToEmbed` reads, in a sentence; undefined for one that it reads, and for what is none of
 * this protocol.
 */
export function problemToEmbed(data: unknown): string | undefined {
  if (!isRecord(data) || data['protocol'] !== EMBED_PROTOCOL) return undefined
  const problem = problemIn(data, TO_EMBED)
  return problem && describeProblem(problem, 'The message')
}

/** A message of an embedded chat; undefined for whatever is none of this version. */
export function readFromEmbed(data: unknown): FromEmbed | undefined {
  return read<FromEmbed>(data, FROM_EMBED)
}

/** Longest text that is taken from the other side, characters. */
const LONGEST = 1_000_000
const bounded = that('a text of at most a million characters', (value) => {
  return typeof value === 'string' && value.length <= LONGEST
})
const id = wholeNumber()

const OPTIONS = fields<EmbedOptions>({
  model: optional(someText),
  mode: optional(oneOf(['standard', 'advanced', 'hidden'])),
  theme: optional(oneOf(['light', 'dark', 'system'])),
  lang: optional(text()),
  placeholder: optional(bounded),
  preload: optional(yesOrNo),
  systemPrompt: optional(bounded),
  suggestions: optional(list(bounded)),
  sampling: optional(that('an object', (value) => typeof value === 'object' && value !== null)),
})

const TO_EMBED: Readonly<Record<ToEmbed['type'], DataCheck>> = {
  hello: fields({ options: OPTIONS }),
  ask: fields({ id, question: bounded }),
  export: fields({ id, format: oneOf(['json', 'markdown']) }),
  stop: fields({}),
  clear: fields({}),
  focus: fields({}),
}

const FROM_EMBED: Readonly<Record<FromEmbed['type'], DataCheck>> = {
  welcome: fields({}),
  event: fields({ name: text(/^reflection-[a-z]+$/, 'the name of an event') }),
  done: fields({ id, value: text() }),
  failed: fields({ id, code: someText, message: text() }),
}

function read<Message>(data: unknown, checks: Readonly<Record<string, DataCheck>>): Message | undefined {
  return problemIn(data, checks) === undefined ? (data as Message) : undefined
}

/** The first thing that is not as it must be. */
function problemIn(data: unknown, checks: Readonly<Record<string, DataCheck>>): DataProblem | undefined {
  const envelope = fields({
    protocol: oneOf([EMBED_PROTOCOL]),
    version: oneOf([EMBED_VERSION]),
    type: oneOf(Object.keys(checks)),
  })
  const [problem] = problemsOf(data, envelope)
  if (problem !== undefined) return problem
  const { type } = data as { type: string }
  return problemsOf(data, checks[type]!)[0]
}
