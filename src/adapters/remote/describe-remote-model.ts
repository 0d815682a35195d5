import type { ModelDescription } from '../../core/models/model-description.ts'
import { hostOf, type RemoteServer } from '../../core/models/remote-server.ts'
import { resolveDialect, type DialectName, type TagDialect } from '../../core/tags/dialect.ts'

export interface RemoteModelOptions extends RemoteServer {
  /** The tags in which the model thinks, where the server leaves them in the text. Default: `reflection`. */
  readonly dialect?: DialectName | TagDialect
  /**
   * `thinking` where the server's template opens the thinking itself and leaves the text as it is: replies then begin inside it, and close a
   * tag that they never opened, as those of DeepSeek-R1. Default: `root`.
   */
  readonly start?: 'root' | 'thinking'
  /** Tokens, for servers that do not tell. Default: 8,192. */
  readonly contextWindow?: number
}

/** A model on a server, as `Engine.load` takes it. */
export interface RemoteModel extends ModelDescription {
  readonly server: RemoteServer
}

/** Describes a model on a server, for `Engine.load` of a remote engine. Asks nobody. */
export function describeRemoteModel({
  address,
  model,
  dialect,
  start = 'root',
  contextWindow = 8192,
}: RemoteModelOptions): RemoteModel {
  let base = address
  while (base.endsWith('/')) base = base.slice(0, -1)
  const host = hostOf({ address: base })
  const folderUrl = `${base}/models/${encodeURIComponent(model)}/`
  return {
    server: { address: base, model },
    id: `${model}@${host}`,
    revision: 'remote',
    name: model,
    summary: `Runs on ${host}; what you write leaves this device.`,
    origin: 'user',
    folderUrl,
    libraryUrl: folderUrl,
    dialect: resolveDialect(dialect ?? 'reflection'),
    tags: [],
    trainedToReflect: true,
    template: start === 'thinking' ? 'deepseek-r1' : 'llama-3', // the server has its own: only where replies start is taken from it
    contextWindow,
    downloadBytes: 0,
    gpuMemoryBytes: 0,
    requiredFeatures: [],
    requiredLimits: {},
    license: '',
    sampling: { temperature: 0.7, topP: 0.95 },
    skills: [],
    languages: [],
  }
}
