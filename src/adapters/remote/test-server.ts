import type { EngineLimit } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { hostOf, type RemoteServer } from '../../core/models/remote-server.ts'
import { createRemoteEngine } from './create-remote-engine.ts'
import { describeRemoteModel, type RemoteModel } from './describe-remote-model.ts'
import { listModels } from './learn-server.ts'

/** How a server is reached. */
export interface ServerAccess {
  /** Absent where it wants none. */
  readonly key?: string | undefined
  readonly signal: AbortSignal
}

/** A server that has replied. */
export interface TestedServer {
  /** With the tags in which its model thinks. */
  readonly model: RemoteModel
  readonly limits: readonly EngineLimit[]
}

/** Long enough to see that it writes, and in which tags it thinks. */
const TEST_TOKENS = 16

/** The names of a server's models. @throws {ReflectionError} What `listModels` throws. */
export async function namesOfModels(address: string, { key, signal }: ServerAccess): Promise<readonly string[]> {
  const models = await listModels({ server: { address, model: '' }, key, signal })
  return models.map(({ id }) => id)
}

/**
 * Asks a server for its models and then for a short reply, as a chat would.
 * @throws {ReflectionError} What `Engine.load` and `Engine.generate` of a remote engine throw.
 */
export async function testServer(server: RemoteServer, { key, signal }: ServerAccess): Promise<TestedServer> {
  const engine = createRemoteEngine({ keyFor: () => key })
  try {
    const model = describeRemoteModel(server)
    const { limits = [] } = await engine.load(model, { signal })
    let raw = ''
    await engine.generate(
      { messages: [{ role: 'user', content: 'Say hello.' }], options: { maxTokens: TEST_TOKENS } },
      (events) => {
        for (const event of events) raw += 'delta' in event ? event.delta : 'raw' in event ? event.raw : ''
      },
      { signal },
    )
    if (raw.trim() === '') {
      const host = hostOf(server)
      throw new ReflectionError('stream-broken', `${host} was asked for a reply and wrote nothing.`, {
        details: { host },
      })
    }
    const thinks = raw.trimStart().startsWith('<think>')
    return { model: thinks ? describeRemoteModel({ ...server, dialect: 'think' }) : model, limits }
  } finally {
    engine.dispose()
  }
}
