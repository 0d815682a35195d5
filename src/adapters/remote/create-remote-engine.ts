import { replyStart } from '../../core/chat/render-prompt.ts'
import { withoutThinking } from '../../core/chat/without-thinking.ts'
import { checkOptions } from '../../core/check-options.ts'
import type {
  ChatMessage,
  Engine,
  EngineStats,
  GenerateControl,
  GenerateOptions,
  GenerateRequest,
  LoadedModel,
  RunSink,
  Usage,
} from '../../core/engine.ts'
import { createEngineStates } from '../../core/engine-states.ts'
import { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import { answerOpening } from '../../core/reply/answer-opening.ts'
import { createThinkBudget, type AnswerCause } from '../../core/reply/think-budget.ts'
import { callServer } from './call-server.ts'
import { learnServer, type ServerAbilities } from './learn-server.ts'
import { createRemoteReply, type RemoteReply } from './remote-reply.ts'
import { readStream, type RemoteUsage } from './read-stream.ts'
import type { RemoteServer } from '../../core/models/remote-server.ts'

export interface RemoteEngineOptions {
  /** The key for a server, asked for before each call; absent where it wants none. It is sent to that server and nowhere else. */
  readonly keyFor?: (server: RemoteServer) => string | undefined
}

/** A model on a server, and what is known of the two. */
interface Loaded {
  readonly model: ModelDescription
  readonly server: RemoteServer
  readonly abilities: ServerAbilities
}

/**
 * An engine whose models run on servers that speak OpenAI's interface: vLLM, llama.cpp, Ollama, LM Studio and others. **What is written
 * leaves the device.** Takes models that `describeRemoteModel` made. Think budget and answer now need a server that lets a reply go on
 * (vLLM, llama.cpp), the dial one that tells its tokens (the same); elsewhere they change nothing, and `LoadedModel.limits` says so. An
 * answer cannot be held to a schema.
 */
export function createRemoteEngine({ keyFor = () => undefined }: RemoteEngineOptions = {}): Engine {
  const states = createEngineStates({ status: 'idle' })
  const setState = states.set
  let stats: EngineStats = { runs: 0, promptTokens: 0, reusedTokens: 0, completionTokens: 0, restarts: 0 }
  let loaded: Loaded | undefined
  let life = new AbortController() // of what goes on
  let last: Promise<unknown> = Promise.resolve() // run, or load
  let waiting = 0

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }

  function signalWith(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? life.signal : AbortSignal.any([life.signal, signal])
  }

  async function load(model: ModelDescription, signal: AbortSignal | undefined): Promise<LoadedModel> {
    const begin = performance.now()
    const { server } = model
    if (server === undefined) {
      throw new ReflectionError(
        'request-invalid',
        `${model.id} is no model on a server. Describe it with describeRemoteModel.`,
      )
    }
    signal?.throwIfAborted()
    loaded = undefined
    setState({ status: 'loading', modelId: model.id })
    try {
      const abilities = await learnServer({ server, model, key: keyFor(server), signal: signalWith(signal) })
      loaded = { model, server, abilities }
      setState({ status: 'ready', modelId: model.id })
      const { id, revision, contextWindow } = model
      const seconds = (performance.now() - begin) / 1000
      return {
        id,
        revision,
        engine: 'server',
        contextWindow: abilities.contextWindow ?? contextWindow,
        seconds,
        downloadedBytes: 0,
        limits: abilities.limits,
      }
    } catch (error) {
      setState({ status: 'idle' })
      throw error
    }
  }

  async function generate(request: GenerateRequest, sink: RunSink, control: GenerateControl): Promise<Usage> {
    control.signal?.throwIfAborted()
    if (loaded === undefined) throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
    const current = loaded
    const { id: modelId } = current.model
    checkRequest(request)
    setState({ status: 'running', modelId })
    try {
      const usage = await reply(current, request, sink, { ...control, signal: signalWith(control.signal) })
      stats = {
        ...stats,
        runs: stats.runs + 1,
        promptTokens: stats.promptTokens + usage.promptTokens,
        reusedTokens: stats.reusedTokens + usage.reusedTokens,
        completionTokens: stats.completionTokens + usage.completionTokens,
      }
      return usage
    } finally {
      if (loaded === current) setState({ status: waiting > 1 ? 'running' : 'ready', modelId })
    }
  }

  async function reply(
    current: Loaded,
    { messages, options = {} }: GenerateRequest,
    sink: RunSink,
    { signal, answerNow }: GenerateControl,
  ): Promise<Usage> {
    const { model, abilities } = current
    const continued = messages.at(-1)?.role === 'assistant' ? (messages.at(-1)?.content ?? '') : ''
    const written = createRemoteReply({ dialect: model.dialect, start: replyStart(model), continued, sink })
    const canGoOn = abilities.continues
    const budget = createThinkBudget(canGoOn ? (options.thinkBudget ?? Infinity) : Infinity)
    const counted: RemoteUsage[] = []
    try {
      const isDueAtOnce = canGoOn && options.thinkBudget === 0 && isBeforeAnswer(written)
      let end = isDueAtOnce ? ('think-budget' as const) : await stream(current, messages, continued, undefined)
      if (end === 'think-budget' || end === 'answer-now') {
        written.force(answerOpening(model.dialect, written.place, written.raw), end)
        const left = options.maxTokens === undefined ? undefined : Math.max(1, options.maxTokens - written.tokens)
        const asked = continued === '' ? messages : messages.slice(0, -1)
        end = await stream(current, [...asked, { role: 'assistant', content: written.raw }], written.raw, left)
      }
      return written.end(end === 'length' ? 'length' : 'stop', counted)
    } catch (error) {
      written.abort(counted)
      throw error
    }

    /** @returns Why it ended: the model was done, or the answer has to be opened for it. */
    async function stream(
      { server }: Loaded,
      turns: readonly ChatMessage[],
      begun: string,
      maxTokens: number | undefined,
    ): Promise<'stop' | 'length' | AnswerCause> {
      const leaving = new AbortController()
      const hurry = () => leaving.abort(new DOMException('The answer is asked for.', 'AbortError'))
      const mayHurry = canGoOn && maxTokens === undefined && written.forced === undefined
      if (mayHurry)
        answerNow?.addEventListener('abort', () => isBeforeAnswer(written) && hurry(), {
          once: true,
          signal: leaving.signal,
        })
      const body = requestBody(
        current,
        turns,
        { ...options, ...(maxTokens === undefined ? {} : { maxTokens }) },
        begun !== '',
      )
      let usage: RemoteUsage | undefined
      let finish: 'stop' | 'length' = 'stop'
      try {
        if (mayHurry && answerNow?.aborted === true && isBeforeAnswer(written)) return 'answer-now'
        const response = await callServer({
          server,
          path: '/chat/completions',
          body,
          key: keyFor(server),
          signal: AbortSignal.any([leaving.signal, ...(signal === undefined ? [] : [signal])]),
        })
        for await (const delta of readStream(response, new URL(server.address).host)) {
          written.add(delta)
          usage = delta.usage ?? usage
          finish = delta.finish ?? finish
          const cause = mayHurry ? budget.reasonToAnswer(written.place, false) : undefined
          if (cause !== undefined) return cause
        }
        signal?.throwIfAborted()
        return finish
      } catch (error) {
        signal?.throwIfAborted()
        if (leaving.signal.aborted) return 'answer-now'
        throw error
      } finally {
        if (usage !== undefined) counted.push(usage)
        leaving.abort()
      }
    }
  }

  async function countTokens(text: string): Promise<number> {
    if (loaded === undefined) throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
    return (
      (await loaded.abilities.tokenize(text, life.signal))?.length ??
      Math.ceil(new TextEncoder().encode(text).length / BYTES_A_TOKEN)
    )
  }

  return {
    get state() {
      return states.current
    },
    subscribe: states.subscribe,
    capabilities: async () => ({
      webgpu: 'missing', // nothing runs here
      processor: { isUsable: false, threads: 1 },
      features: [],
      limits: {},
      isSecureContext: globalThis.isSecureContext ?? true,
    }),
    load: (model, { signal } = {}) => inTurn(() => load(model, signal)),
    async generate(request, sink, control = {}) {
      control.signal?.throwIfAborted()
      if (loaded === undefined) throw new ReflectionError('model-not-loaded', 'No model is loaded. Load one first.')
      waiting += 1
      return inTurn(() => generate(request, sink, control)).finally(() => (waiting -= 1))
    },
    prepare: async () => undefined, // a server reads when it is asked
    countTokens,
    describe: async () => loaded?.model,
    async unload() {
      stop('The model was unloaded.')
      await last
      loaded = undefined
      setState({ status: 'idle' })
    },
    storedBytes: async () => 0,
    deleteStored: async () => undefined,
    stats: async () => stats,
    dispose() {
      stop('The engine was ended by the page.')
      loaded = undefined
      setState({ status: 'lost', error: new ReflectionError('worker-died', 'The engine was ended by the page.') })
      states.clear()
    },
  }

  function stop(why: string): void {
    life.abort(new ReflectionError('worker-died', why))
    life = new AbortController()
  }
}

/** Where a server tells nothing: about what English takes in most tokenizers. */
const BYTES_A_TOKEN = 4

function isBeforeAnswer({ place }: RemoteReply): boolean {
  return !place.hasText && (place.open.length > 0 || place.isEmpty)
}

/** @throws {ReflectionError} `request-invalid`, `unsupported`. */
function checkRequest({ messages, options = {} }: GenerateRequest): void {
  const last = messages.at(-1)
  if (last === undefined || last.role === 'system') {
    throw new ReflectionError(
      'request-invalid',
      'The conversation must end with a message of the user, or with a reply to be continued.',
    )
  }
  checkOptions(options)
  if (options.outputSchema === undefined) return
  throw new ReflectionError(
    'unsupported',
    'A server would hold the thinking to the JSON schema as well. Ask without one.',
  )
}

function requestBody(
  { model, server, abilities }: Loaded,
  messages: readonly ChatMessage[],
  { temperature, topP, seed, maxTokens, selfCheck, pastThinking, logprobs }: GenerateOptions,
  goesOn: boolean,
): object {
  const seen = pastThinking === 'drop' ? withoutThinking(messages, model.dialect, replyStart(model)) : messages
  const bias = selfCheck === undefined ? undefined : abilities.dial(selfCheck)
  const wanted = {
    temperature,
    top_p: topP,
    seed,
    max_tokens: maxTokens,
    logit_bias: bias,
    logprobs: logprobs === undefined ? undefined : true,
    top_logprobs: logprobs,
    ...abilities.always,
    ...(goesOn ? abilities.goOn : {}),
  }
  return {
    model: server.model,
    messages: seen.map(({ role, content }) => ({ role, content })),
    stream: true,
    stream_options: { include_usage: true },
    ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
  }
}
