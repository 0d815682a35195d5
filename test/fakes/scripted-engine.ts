import type {
  Capabilities,
  Engine,
  EngineState,
  GenerateRequest,
  LoadProgress,
  PrepareRequest,
  RunEvent,
  RunSink,
  Usage,
} from '../../src/core/engine.ts'
import { createPairedSink } from '../../src/client/paired-sink.ts'
import { checkOptions } from '../../src/core/check-options.ts'
import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import { createTagParser } from '../../src/core/tags/create-tag-parser.ts'
import { DIALECTS } from '../../src/core/tags/dialect.ts'
import type { FinishReason } from '../../src/core/tags/tag-event.ts'

/** What a real model wrote, with the milliseconds at which it came; `bench/record-streams.mjs` makes them. */
export interface Recording {
  readonly model: string
  readonly revision: string
  readonly question: string
  readonly batches: readonly { readonly at: number; readonly events: readonly RunEvent[] }[]
}

/** One reply: what is said, and what happens at its end. */
export interface ScriptedReply {
  /** The raw reply; when a reply is continued, its script is what follows. */
  readonly text: string
  /** Is played instead of the text, batch by batch, a pace apart. */
  readonly recording?: Recording
  /** Default: `stop`. */
  readonly finishReason?: 'stop' | 'length'
  /** Thrown after the text. `device-lost` and `worker-died` end the model as well. */
  readonly error?: ReflectionError
  readonly droppedMessages?: number
}

export interface Script {
  /** In the order of the runs; the last one is used again when they run out. */
  readonly replies: readonly (string | ScriptedReply)[]
  /** Waits between two pieces; a page needs time, a test does not. Default: one task. */
  readonly pace?: () => Promise<void>
  /** Characters of a piece. Default: as many as tokens have. */
  readonly pieceLength?: number
  /** Given one by one, a pace apart. Default: none. */
  readonly loading?: readonly LoadProgress[]
  /** Thrown by loads, in their order; undefined for one that works. */
  readonly loadErrors?: readonly (ReflectionError | undefined)[]
  /** Why models do not get their own chat templates; absent when they do. */
  readonly templateProblem?: string
  readonly capabilities?: Partial<Capabilities>
  /** Bytes that are stored, by the id of the model; loads and deletions change it. Default: none ever. */
  readonly stored?: Map<string, number>
}

export interface ScriptedEngine extends Engine {
  /** What was asked for, oldest first. */
  readonly requests: readonly GenerateRequest[]
  /** What it was given to read ahead, oldest first. */
  readonly prepared: readonly PrepareRequest[]
  /** Ends the model as a crash of its worker would, or with another error. */
  crash(error?: ReflectionError): void
  /** Sends events of a run that has settled, as a slow worker might. */
  sendLate(events: readonly RunEvent[]): void
}

/** A small model with a dial, of the Reflection dialect. */
export const SCRIPTED_MODEL: ModelDescription = {
  id: 'scripted',
  revision: 'one',
  name: 'Scripted',
  summary: 'Says what a test wants it to say.',
  origin: 'embedded',
  folderUrl: 'http://127.0.0.1/models/scripted/resolve/one/',
  libraryUrl: 'http://127.0.0.1/models/scripted/resolve/one/scripted.wasm',
  dialect: DIALECTS.reflection,
  tags: [],
  trainedToReflect: true,
  template: 'llama-3',
  contextWindow: 1024,
  downloadBytes: 5_600_000,
  gpuMemoryBytes: 13_600_000,
  requiredFeatures: [],
  requiredLimits: {},
  license: 'Apache-2.0',
  sampling: { temperature: 0.7, topP: 0.95 },
  selfCheckBias: { never: -100, less: -2, normal: 0, more: 2 },
  skills: [
    { task: 'comparing decimals', examples: ['Which is larger, 9.9 or 9.11?'] },
    { task: 'arithmetic', examples: ['What is 47 * 38?'] },
    { task: 'reversing a word', examples: ['Spell "planet" backwards.'] },
    { task: 'counting letters', examples: ['How many r are in "strawberry"?'] },
  ],
  languages: ['en'],
}

/** An engine that says what its script has, through the real tag parser, and keeps the rules of the contract. */
export function createScriptedEngine(script: Script): ScriptedEngine {
  const pace = script.pace ?? (() => new Promise<void>((resolve) => setTimeout(resolve, 0)))
  const listeners = new Set<(state: EngineState) => void>()
  const requests: GenerateRequest[] = []
  const prepared: PrepareRequest[] = []
  let state: EngineState = { status: 'idle' }
  let loads = 0
  let runs = 0
  let crashed = new AbortController()
  let lastSink: (events: readonly RunEvent[]) => void = () => undefined

  function setState(next: EngineState): void {
    state = next
    for (const listener of listeners) listener(next)
  }

  function lose(error: ReflectionError): void {
    setState({ status: 'lost', error })
    setState({ status: 'starting' })
    setState({ status: 'idle' })
    crashed.abort(error)
    crashed = new AbortController()
  }

  return {
    requests,
    prepared,
    get state() {
      return state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    capabilities: async () => ({
      webgpu: 'available',
      features: [],
      limits: {},
      processor: { isUsable: false, threads: 1 },
      isSecureContext: true,
      ...script.capabilities,
    }),
    async load(model, { signal, onProgress, engine = 'gpu' } = {}) {
      setState({ status: 'loading', modelId: model.id })
      try {
        for (const progress of script.loading ?? []) {
          await pace()
          signal?.throwIfAborted()
          onProgress?.(progress)
        }
        await pace()
        signal?.throwIfAborted()
        const error = script.loadErrors?.[loads++]
        if (error !== undefined) throw error
      } catch (error) {
        setState({ status: 'idle' })
        throw error
      }
      script.stored?.set(model.id, model.downloadBytes)
      setState({ status: 'ready', modelId: model.id })
      const { id, revision, contextWindow, downloadBytes } = model
      const kind = engine === 'processor' ? engine : 'gpu'
      const { templateProblem } = script
      const problem = templateProblem === undefined ? {} : { templateProblem }
      return { id, revision, engine: kind, contextWindow, seconds: 1, downloadedBytes: downloadBytes, ...problem }
    },
    async generate(request, sink, { signal, answerNow } = {}) {
      signal?.throwIfAborted()
      if (!('modelId' in state)) throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
      const { modelId } = state
      const entry = script.replies[Math.min(requests.length, script.replies.length - 1)] ?? ''
      const reply: ScriptedReply = typeof entry === 'string' ? { text: entry } : entry
      checkOptions(request.options ?? {})
      requests.push(request)
      lastSink = sink
      setState({ status: 'running', modelId })
      const { signal: crash } = crashed
      if (reply.recording !== undefined) {
        try {
          const last = request.messages.at(-1)
          const recording = last?.role === 'assistant' ? rest(reply.recording, last.content.length) : reply.recording
          return await play(recording, sink, pace, AbortSignal.any([crash, ...(signal ? [signal] : [])]))
        } finally {
          if (state.status === 'running') setState({ status: 'ready', modelId })
        }
      }
      const begin = performance.now()
      const tokens = { thinking: 0, reflection: 0, output: 0, markup: 0 }
      const kinds = new Map<string, 'thinking' | 'reflection'>()
      const open = new Set<string>()
      let batch: RunEvent[] = []
      let isKnown = true
      let length = 0
      let firstTokenMs: number | undefined
      let parsed = 0
      const mark = () => {
        batch.push({ type: 'checkpoint', at: parsed, tokens: { ...tokens }, elapsedMs: performance.now() - begin })
      }
      const parser = createTagParser({ dialect: DIALECTS.reflection, keep: false }, (event) => {
        if (event.type === 'reasoning-start') {
          kinds.set(event.id, event.kind)
          open.add(event.id)
        }
        if (event.type === 'reasoning-end') open.delete(event.id)
        if (!isKnown && /^(reasoning|text)-(start|end)$/.test(event.type)) mark()
        if ('end' in event) parsed = event.end
        if (isKnown) return
        if (event.type === 'reasoning-delta') tokens[kinds.get(event.id) ?? 'thinking'] += 1
        if (event.type === 'text-delta') tokens.output += 1
        if (event.type === 'markup') tokens.markup += 1
        batch.push(event)
      })
      const send = () => {
        sink([...batch, { type: 'progress', tokens: { ...tokens }, elapsedMs: performance.now() - begin }])
        batch = []
      }
      const say = (text: string) => {
        length += text.length
        parser.push(text)
      }
      const last = request.messages.at(-1)
      if (last?.role === 'assistant') say(last.content)
      isKnown = false
      const droppedMessages = reply.droppedMessages ?? 0
      batch.push({ type: 'prompt', tokens: 90, reusedTokens: 80, droppedMessages })

      let finishReason: FinishReason = 'abort'
      try {
        const pieces = piecesOf(reply.text, script.pieceLength)
        const most = request.options?.maxTokens ?? Infinity
        for (const piece of pieces.slice(0, most)) {
          await unlessAborted(pace(), crash)
          if (signal?.aborted === true) break
          if (answerNow?.aborted === true && open.size > 0) {
            const closing = [...open].toReversed().map((id) => `</${kinds.get(id)}>\n`)
            const words = `\n${closing.join('')}<output>`
            batch.push({ type: 'answer-forced', cause: 'answer-now', start: length, end: length + words.length })
            say(words)
            say(reply.text.split('<output>')[1] ?? 'I do not know.</output>')
            finishReason = 'stop'
            break
          }
          firstTokenMs ??= performance.now() - begin
          say(piece)
          send()
        }
        if (signal?.aborted !== true) {
          if (reply.error !== undefined) throw reply.error
          finishReason = pieces.length > most ? 'length' : (reply.finishReason ?? 'stop')
        }
        const usage: Usage = {
          finishReason,
          promptTokens: 90,
          reusedTokens: 80,
          completionTokens: tokens.thinking + tokens.reflection + tokens.output + tokens.markup,
          tokens: { ...tokens },
          timeToFirstTokenMs: firstTokenMs ?? 0,
          totalMs: performance.now() - begin,
          decodeTokensPerSecond: 40,
          droppedMessages,
        }
        mark()
        batch.push({ type: 'usage', usage })
        parser.finish(finishReason)
        send()
        signal?.throwIfAborted()
        runs += 1
        return usage
      } catch (error) {
        parser.finish('abort')
        if (batch.length > 0) send()
        if (ReflectionError.is(error) && (error.code === 'device-lost' || error.code === 'worker-died')) {
          if (!crash.aborted) lose(error)
        }
        throw error
      } finally {
        if (state.status === 'running') setState({ status: 'ready', modelId })
      }
    },
    prepare: async (request) => void prepared.push(request),
    crash: (error = new ReflectionError('worker-died', 'The engine stopped and was started anew.')) => lose(error),
    sendLate: (events) => lastSink(events),
    countTokens: async (text) => Math.ceil(text.length / 4),
    unload: async () => setState({ status: 'idle' }),
    storedBytes: async ({ id }) => script.stored?.get(id) ?? 0,
    deleteStored: async ({ id }) => void script.stored?.delete(id),
    stats: async () => ({ runs, promptTokens: 0, reusedTokens: 0, completionTokens: 0, restarts: 0 }),
    dispose: () => listeners.clear(),
  }
}

/** What of a recording follows a reply of which so much is there already, UTF-16 code units. */
function rest({ batches, ...about }: Recording, length: number): Recording {
  let isPast = false
  const left = (event: RunEvent): RunEvent[] => {
    if (isPast) return [event]
    if (!('start' in event) || event.type === 'answer-forced' || event.end <= length) return []
    isPast = true
    return 'delta' in event
      ? [
          {
            ...event,
            delta: event.delta.slice(Math.max(0, length - event.start)),
            start: Math.max(length, event.start),
          },
        ]
      : [event]
  }
  return { ...about, batches: batches.map(({ at, events }) => ({ at, events: events.flatMap(left) })) }
}

/** Gives the events of a recording; a run that is aborted ends as the client ends it. */
async function play(
  { batches }: Recording,
  sink: RunSink,
  pace: () => Promise<void>,
  signal: AbortSignal,
): Promise<Usage> {
  const paired = createPairedSink(sink)
  try {
    for (const { events } of batches) {
      await unlessAborted(pace(), signal)
      paired.send(events)
    }
  } finally {
    paired.close()
  }
  const usage = batches.flatMap(({ events }) => events).find((event) => event.type === 'usage')?.usage
  if (usage === undefined) throw new Error('The recording has no end.')
  return usage
}

/** Waits, and rejects with the signal's reason as soon as it is aborted, also where what is waited for never comes. */
async function unlessAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {}
  const aborted = new Promise<void>((resolve) => (stop = resolve))
  signal.addEventListener('abort', stop)
  if (!signal.aborted) await Promise.race([waiting, aborted])
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
}

/** Words with the space before them, and tags; about as long as tokens. */
function piecesOf(text: string, length?: number): string[] {
  if (length !== undefined)
    return Array.from({ length: Math.ceil(text.length / length) }, (_, at) =>
      text.slice(at * length, (at + 1) * length),
    )
  return text.match(/<\/?\w+>|\s*[^\s<]{1,8}|\s+|</g) ?? []
}
