import { isRecord } from '../../core/check-data.ts'
import { replyStart } from '../../core/chat/render-prompt.ts'
import { systemPrompt } from '../../core/chat/system-prompt.ts'
import type { ChatMessage, Engine, GenerateOptions } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { choosePlace, type ChosenPlace } from '../../core/models/choose-place.ts'
import { wholeBytesFor } from '../../core/models/engine-files.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ReasoningKind } from '../../core/tags/tag-event.ts'
import { replyText, type PlainMessage } from '../reply/conversation-for.ts'
import { runReply } from '../reply/run-reply.ts'
import { readInput, type LanguageModelPrompt } from './read-input.ts'

/** Whether sessions can begin: not here, after a download, while one goes on, or at once. */
export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available'

/** Five steps from the same words each time to the most varied. */
export type SamplingMode = 'most-predictable' | 'predictable' | 'balanced' | 'creative' | 'most-creative'

/** What `availability` and `create` are asked for. Kinds of input and output other than text are refused. */
export interface LanguageModelCoreOptions {
  readonly expectedInputs?: readonly { readonly type: string; readonly languages?: readonly string[] }[]
  readonly expectedOutputs?: readonly { readonly type: string; readonly languages?: readonly string[] }[]
  /** Refused when there are any. */
  readonly tools?: readonly unknown[]
  readonly samplingMode?: SamplingMode
}

/** What a session begins with. */
export interface LanguageModelCreateOptions extends LanguageModelCoreOptions {
  readonly initialPrompts?: readonly { readonly role: string; readonly content: unknown }[]
  readonly signal?: AbortSignal
  /** Gets a target of `downloadprogress` events, with `loaded` from 0 to 1. */
  readonly monitor?: (monitor: EventTarget) => void
}

/** How one prompt is answered. */
export interface LanguageModelPromptOptions {
  readonly signal?: AbortSignal
  /** A JSON schema that the answer is held to. A regular expression is refused. */
  readonly responseConstraint?: object
  /** Heeded by itself: a schema is never put into the prompt here. */
  readonly omitResponseConstraintInput?: boolean
}

/** A session, as the specification has it, and one event more. */
export interface LanguageModelSession extends EventTarget {
  /** Tokens that the conversation takes. */
  readonly contextUsage: number
  readonly contextWindow: number
  /** Told when the oldest messages had to leave. */
  oncontextoverflow: ((event: Event) => void) | null
  /** Ours: thinking and checks as they come, for which the specification has no place. */
  onreasoning: ((event: ReasoningEvent) => void) | null
  prompt(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<string>
  promptStreaming(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): ReadableStream<string>
  append(input: LanguageModelPrompt, options?: { readonly signal?: AbortSignal }): Promise<void>
  measureContextUsage(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<number>
  clone(options?: { readonly signal?: AbortSignal }): Promise<LanguageModelSession>
  destroy(): void
}

/** What stands in the page as `LanguageModel`. */
export interface LanguageModelClass {
  availability(options?: LanguageModelCoreOptions): Promise<Availability>
  create(options?: LanguageModelCreateOptions): Promise<LanguageModelSession>
}

/** Tells a piece of reasoning. */
export class ReasoningEvent extends Event {
  readonly kind: ReasoningKind
  readonly delta: string

  constructor(kind: ReasoningKind, delta: string) {
    super('reasoning')
    this.kind = kind
    this.delta = delta
  }
}

/** What stands behind the sessions. */
export interface PromptApiOptions {
  /** Loaded by `create` unless it is loaded. Its dialect and window are those of the sessions. */
  readonly model: ModelDescription
  /** Whether sessions begin with the Reflection system prompt. Default: yes. */
  readonly reflect?: boolean
}

const TEMPERATURES: Readonly<Record<SamplingMode, number | undefined>> = {
  'most-predictable': 0,
  predictable: 0.3,
  balanced: undefined, // the model's own
  creative: 1,
  'most-creative': 1.3,
}

/** The Prompt API of the W3C's Community Group (draft of 22 June 2026) over an engine, for text. Touches nothing of the page. */
export function createLanguageModelClass(
  engine: Engine,
  { model, reflect = true }: PromptApiOptions,
): LanguageModelClass {
  const isLoaded = () =>
    'modelId' in engine.state && engine.state.modelId === model.id && engine.state.status !== 'loading'

  async function availability(options: LanguageModelCoreOptions = {}): Promise<Availability> {
    if (lacking(options) !== undefined) return 'unavailable'
    if (isLoaded()) return 'available'
    if (engine.state.status === 'loading' && engine.state.modelId === model.id) return 'downloading'
    const { place, storedBytes } = await findPlace()
    if (place.fit.verdict === 'does-not-fit') return 'unavailable'
    return storedBytes >= wholeBytesFor(model, place.engine) ? 'available' : 'downloadable'
  }

  /** Where the model would run, how it fits there, and how much of it is stored for that. */
  async function findPlace(): Promise<{ readonly place: ChosenPlace; readonly storedBytes: number }> {
    const [device, gpu, processor] = await Promise.all([
      engine.capabilities(),
      engine.storedBytes(model, 'gpu').catch(() => 0),
      engine.storedBytes(model, 'processor').catch(() => 0),
    ])
    const place = choosePlace(model, device, 'auto', { gpu, processor })
    return { place, storedBytes: place.engine === 'processor' ? processor : gpu }
  }

  async function create(options: LanguageModelCreateOptions = {}): Promise<LanguageModelSession> {
    const { initialPrompts = [], signal, monitor, samplingMode = 'balanced' } = options
    signal?.throwIfAborted()
    const lacks = lacking(options)
    if (lacks !== undefined) throw new DOMException(lacks, 'NotSupportedError')
    if (!Object.hasOwn(TEMPERATURES, samplingMode)) throw new TypeError(`There is no sampling mode "${samplingMode}".`)
    const { messages } = readInput(initialPrompts, 'initialPrompts')
    const target = new EventTarget()
    monitor?.(target)
    if (!isLoaded()) await load(target, signal)
    const temperature = TEMPERATURES[samplingMode]
    const system = systemPrompt({ reflect, ...(messages[0]?.role === 'system' ? { custom: messages[0].text } : {}) })
    const session = new Session(engine, model, temperature === undefined ? {} : { temperature }, [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      ...toChat(
        messages.filter(({ role }) => role !== 'system'),
        model,
      ),
    ])
    signal?.addEventListener('abort', () => session.destroy(), { once: true })
    await session.count()
    return session
  }

  async function load(target: EventTarget, signal: AbortSignal | undefined): Promise<void> {
    const tell = (loaded: number) =>
      target.dispatchEvent(Object.assign(new Event('downloadprogress'), { loaded, total: 1, lengthComputable: true }))
    try {
      const { fit } = (await findPlace()).place
      if (fit.verdict === 'does-not-fit') {
        const why = fit.reasons[0]?.code ?? 'it does not fit'
        throw new DOMException(`This device cannot run ${model.name}: ${why}.`, 'NotSupportedError')
      }
      tell(0)
      await engine.load(model, {
        ...(signal === undefined ? {} : { signal }),
        onProgress: ({ phase, share }) => void (phase === 'download' && share < 1 && tell(share)),
      })
    } catch (error) {
      throw asDomError(error)
    }
    tell(1)
  }

  return { availability, create }
}

/** What of the options cannot be had; undefined when all can. */
function lacking({
  expectedInputs = [],
  expectedOutputs = [],
  tools = [],
}: LanguageModelCoreOptions): string | undefined {
  const other = [...expectedInputs, ...expectedOutputs].find(({ type }) => type !== 'text')
  if (other !== undefined) return `The models read and write text, not "${other.type}".`
  return tools.length > 0 ? 'The models use no tools.' : undefined
}

class Session extends EventTarget implements LanguageModelSession {
  oncontextoverflow: ((event: Event) => void) | null = null
  onreasoning: ((event: ReasoningEvent) => void) | null = null
  readonly #engine: Engine
  readonly #model: ModelDescription
  readonly #options: GenerateOptions
  readonly #life = new AbortController()
  #messages: readonly ChatMessage[]
  #usage = 0
  #last: Promise<unknown> = Promise.resolve() // of what was asked for, one after the other

  constructor(engine: Engine, model: ModelDescription, options: GenerateOptions, messages: readonly ChatMessage[]) {
    super()
    this.#engine = engine
    this.#model = model
    this.#options = options
    this.#messages = messages
    this.addEventListener('contextoverflow', (event) => this.oncontextoverflow?.(event))
    this.addEventListener('reasoning', (event) => this.onreasoning?.(event as ReasoningEvent))
  }

  get contextUsage(): number {
    return this.#usage
  }

  get contextWindow(): number {
    return this.#model.contextWindow
  }

  async prompt(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): Promise<string> {
    const answer = this.#answer(input, options)
    for (;;) {
      const { done, value } = await answer.next()
      if (done === true) return value
    }
  }

  promptStreaming(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): ReadableStream<string> {
    const leaving = new AbortController() // the stream is cancelled
    const answer = this.#answer(input, options, leaving.signal)
    const source: UnderlyingDefaultSource<string> = {
      async pull(controller) {
        try {
          const { done, value } = await answer.next()
          if (done === true) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          controller.error(error)
        }
      },
      async cancel() {
        leaving.abort(new DOMException('The stream was cancelled.', 'AbortError')) // `return` waits for the next piece
        await answer.return('')
      },
    }
    // It is never full: a stream that nobody reads would else hold up all that the session is asked after it.
    return new ReadableStream(source, { highWaterMark: Infinity })
  }

  async append(input: LanguageModelPrompt, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#check(signal)
    const { messages, isPrefixed } = readInput(input, 'prompt')
    if (isPrefixed) throw new DOMException('A prefix needs a reply. Use prompt.', 'NotSupportedError')
    await this.#inTurn(async () => {
      this.#messages = [...this.#messages, ...toChat(messages, this.#model)]
      await this.count()
      if (messages.at(-1)?.role === 'assistant') await this.#engine.prepare({ messages: this.#messages })
    })
  }

  async measureContextUsage(input: LanguageModelPrompt, { signal }: LanguageModelPromptOptions = {}): Promise<number> {
    this.#check(signal)
    const { messages } = readInput(input, 'prompt')
    return this.#tokensOf(toChat(messages, this.#model))
  }

  async clone({ signal }: { readonly signal?: AbortSignal } = {}): Promise<LanguageModelSession> {
    this.#check(signal)
    const copy = new Session(this.#engine, this.#model, this.#options, this.#messages)
    copy.#usage = this.#usage
    return copy
  }

  destroy(): void {
    this.#life.abort(new DOMException('The session was destroyed.', 'AbortError'))
  }

  /** Counts what the conversation takes, before a run has counted it exactly. */
  async count(): Promise<void> {
    this.#usage = await this.#tokensOf(this.#messages)
  }

  async #tokensOf(messages: readonly ChatMessage[]): Promise<number> {
    const counts = await Promise.all(messages.map(({ content }) => this.#engine.countTokens(content)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  #check(signal: AbortSignal | undefined): void {
    if (this.#life.signal.aborted) throw new DOMException('The session was destroyed.', 'InvalidStateError')
    signal?.throwIfAborted()
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  /**
   * Runs a prompt when those before it have ended. What was aborted leaves no trace in the conversation.
   * @returns The answer, as the whole reply tells it; pieces cannot be taken back that turn out to be thinking.
   */
  async *#answer(
    input: LanguageModelPrompt,
    { signal, responseConstraint }: LanguageModelPromptOptions,
    leaving?: AbortSignal,
  ): AsyncGenerator<string, string, undefined> {
    this.#check(signal)
    const { messages, isPrefixed } = readInput(input, 'prompt')
    if (responseConstraint instanceof RegExp || (responseConstraint !== undefined && !isRecord(responseConstraint))) {
      throw new DOMException('A constraint is a JSON schema here.', 'NotSupportedError')
    }
    let done: () => void = () => undefined
    const before = this.#last
    this.#last = new Promise<void>((resolve) => (done = resolve))
    try {
      await before
      const ended = AbortSignal.any([this.#life.signal, signal, leaving].filter((one) => one !== undefined))
      ended.throwIfAborted()
      let answer = ''
      const asked = [...this.#messages, ...toChat(messages, this.#model, isPrefixed)]
      const begun = isPrefixed ? (asked.at(-1)?.content ?? '') : ''
      const options: GenerateOptions = {
        ...this.#options,
        ...(responseConstraint === undefined ? {} : { outputSchema: responseConstraint as Record<string, unknown> }),
      }
      let dropped = 0
      let isFirst = true
      const run = runReply(
        this.#engine,
        { messages: asked, options },
        {
          signal: ended,
          onEvents: (events) => {
            for (const event of events) if (event.type === 'prompt') dropped = event.droppedMessages
          },
        },
      )
      for await (const pieces of run) {
        for (const piece of pieces) {
          if (piece.type === 'part-start' && piece.channel === 'output' && !isFirst) yield '\n'
          if (piece.type === 'part-delta') {
            if (piece.channel !== 'output') this.dispatchEvent(new ReasoningEvent(piece.channel, piece.delta))
            else {
              isFirst = false
              yield piece.delta
            }
          }
          if (piece.type !== 'finish') continue
          ended.throwIfAborted()
          answer = piece.texts.output
          this.#keep(
            [...asked.slice(0, begun === '' ? undefined : -1), { role: 'assistant', content: begun + piece.raw }],
            dropped,
          )
          const { promptTokens = 0, completionTokens = 0 } = piece.usage ?? {}
          this.#usage = promptTokens + completionTokens
        }
      }
      return answer
    } catch (error) {
      throw asDomError(error)
    } finally {
      done()
    }
  }

  /** The conversation from now on; the oldest turns leave it that had no room in the window. */
  #keep(messages: readonly ChatMessage[], dropped: number): void {
    const first = messages[0]?.role === 'system' ? 1 : 0
    this.#messages = [...messages.slice(0, first), ...messages.slice(first + dropped)]
    if (dropped > 0) this.dispatchEvent(new Event('contextoverflow'))
  }
}

function toChat(messages: readonly PlainMessage[], model: ModelDescription, goesOn = false): ChatMessage[] {
  const grammar = { dialect: model.dialect, start: replyStart(model) }
  return messages.map(({ role, text }, index): ChatMessage => {
    if (role !== 'assistant') return { role: 'user', content: text }
    return { role, content: replyText(text, undefined, grammar, goesOn && index === messages.length - 1) }
  })
}

/** Our errors in the names that the specification has; an abort stays what it is. */
function asDomError(error: unknown): unknown {
  if (!ReflectionError.is(error)) return error
  const names: Partial<Record<typeof error.code, string>> = {
    'prompt-too-long': 'QuotaExceededError',
    unsupported: 'NotSupportedError',
    'request-invalid': 'NotSupportedError',
    'webgpu-missing': 'NotSupportedError',
    'adapter-missing': 'NotSupportedError',
    'feature-missing': 'NotSupportedError',
    'model-not-loaded': 'InvalidStateError',
    'download-failed': 'NetworkError',
    'worker-died': 'InvalidStateError',
  }
  return new DOMException(error.message, names[error.code] ?? 'OperationError')
}
