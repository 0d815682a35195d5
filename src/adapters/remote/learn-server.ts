import { isRecord } from '../../core/check-data.ts'
import type { EngineLimit } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription, SelfCheck } from '../../core/models/model-description.ts'
import { selfCheckNudge } from '../../core/models/self-check-nudge.ts'
import { callServer } from './call-server.ts'
import { hostOf, type RemoteServer } from '../../core/models/remote-server.ts'

/** What a server can do beside what all of them can. */
export interface ServerAbilities {
  /** Tokens; absent where it does not tell. */
  readonly contextWindow?: number
  /** Whether it lets a reply go on that another request began. */
  readonly continues: boolean
  /** What has to stand in a request for that. */
  readonly goOn: object
  /** What has to stand in every request. */
  readonly always: object
  /** The dial as `logit_bias`; undefined in its middle, and where it has no effect. */
  readonly dial: (selfCheck: SelfCheck) => Record<string, number> | undefined
  /** The tokens of a text; undefined where the server does not tell. @throws The signal's reason when aborted. */
  readonly tokenize: (text: string, signal: AbortSignal) => Promise<readonly number[] | undefined>
  readonly limits: readonly EngineLimit[]
}

interface ServerAccess {
  readonly server: RemoteServer
  readonly key: string | undefined
  readonly signal: AbortSignal
}

export interface LearnServerOptions extends ServerAccess {
  readonly model: ModelDescription
}

/** A model as a server lists it. */
export interface ListedModel {
  readonly id: string
  /** Tells whose server it is. */
  readonly owner: string
  /** Tokens; absent where it does not tell. */
  readonly contextWindow?: number
}

/**
 * The models of a server.
 * @throws {ReflectionError} What `callServer` throws; `server-refused`, with `protocol` as `why`, when the answer is no such list.
 */
export async function listModels({ server, key, signal }: ServerAccess): Promise<readonly ListedModel[]> {
  const response = await callServer({ server, path: '/models', key, signal })
  const listed = modelsIn(await response.json().catch(() => undefined))
  if (listed !== undefined) return listed
  const host = hostOf(server)
  throw new ReflectionError(
    'server-refused',
    `${host} answers, but not as servers of OpenAI's interface do. Check the address: it mostly ends with /v1.`,
    { details: { host, why: 'protocol' } },
  )
}

/**
 * Asks a server for its models, which shows that it is there, lets this page read its answers, takes the key and has the model; and finds
 * out what else it can do from whose server it is.
 * @throws {ReflectionError} What `callServer` throws; `server-refused` when the model is not among its models.
 */
export async function learnServer({ server, model, key, signal }: LearnServerOptions): Promise<ServerAbilities> {
  const listed = await listModels({ server, key, signal })
  const found = listed.find(({ id }) => id === server.model || id === `${server.model}:latest`) // as Ollama takes them
  if (found === undefined) {
    const host = hostOf(server)
    const names = listed.map(({ id }) => id).slice(0, 10)
    const has = names.length === 0 ? 'It lists none.' : `It has ${names.join(', ')}.`
    throw new ReflectionError('server-refused', `${host} has no model "${server.model}". ${has}`, {
      details: { host, status: 404 },
    })
  }
  const kind = KINDS[found.owner] ?? OTHER
  const { tokenizeBody } = kind

  async function tokenize(text: string, wanted: AbortSignal): Promise<readonly number[] | undefined> {
    if (tokenizeBody === undefined) return undefined
    const root = { ...server, address: server.address.replace(/\/v\d+$/, '') }
    try {
      const answer = await callServer({
        server: root,
        path: '/tokenize',
        body: tokenizeBody(server.model, text),
        key,
        signal: wanted,
      })
      const body: unknown = await answer.json()
      const tokens: unknown = isRecord(body) ? body['tokens'] : undefined
      return Array.isArray(tokens) && tokens.every((id): id is number => typeof id === 'number') ? tokens : undefined
    } catch {
      wanted.throwIfAborted()
      return undefined // it is switched off, or not let through
    }
  }

  const tag = selfCheckNudge(model, 'never')?.tag
  const [id, ...more] = (tag === undefined ? undefined : await tokenize(tag, signal)) ?? []
  const dialId = more.length === 0 ? id : undefined
  return {
    ...(found.contextWindow === undefined ? {} : { contextWindow: found.contextWindow }),
    continues: kind.goOn !== undefined,
    goOn: kind.goOn ?? {},
    always: kind.always ?? {},
    dial(selfCheck) {
      const bias = selfCheckNudge(model, selfCheck)?.bias
      return dialId === undefined || bias === undefined ? undefined : { [dialId]: bias }
    },
    tokenize,
    limits: [
      ...(kind.goOn === undefined ? (['think-budget', 'answer-now'] as const) : []),
      ...(dialId === undefined ? (['self-check'] as const) : []),
      'output-schema',
    ],
  }
}

interface ServerKind {
  /** What has to stand in every request. */
  readonly always?: object
  /** Absent where a reply that stands last in a request is not gone on with. */
  readonly goOn?: object
  /** Absent where tokens are not told. */
  readonly tokenizeBody?: (model: string, text: string) => object
}

const OTHER: ServerKind = {}

/** By what a server calls the owner of its models. */
const KINDS: Readonly<Record<string, ServerKind>> = {
  vllm: {
    always: { skip_special_tokens: false }, // else it leaves out tags that are tokens of their own
    goOn: { continue_final_message: true, add_generation_prompt: false },
    tokenizeBody: (model, text) => ({ model, prompt: text, add_special_tokens: false }),
  },
  llamacpp: { goOn: {}, tokenizeBody: (_, text) => ({ content: text }) },
}

function modelsIn(body: unknown): ListedModel[] | undefined {
  const data: unknown = isRecord(body) ? body['data'] : undefined
  if (!Array.isArray(data)) return undefined
  return data.flatMap((model: unknown) => {
    const { id, owned_by: owner, max_model_len: length, meta } = isRecord(model) ? model : {}
    if (typeof id !== 'string') return []
    const tokens = [length, isRecord(meta) ? meta['n_ctx'] : undefined].find((value) => typeof value === 'number')
    return [{ id, owner: String(owner), ...(tokens === undefined ? {} : { contextWindow: tokens as number }) }]
  })
}
