import type { ReadableAtom } from 'nanostores'
import { createRemoteEngine } from '../adapters/remote/create-remote-engine.ts'
import { describeRemoteModel } from '../adapters/remote/describe-remote-model.ts'
import { namesOfModels, testServer } from '../adapters/remote/test-server.ts'
import type { Engine } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import { nameServerModel, splitServerName } from '../core/models/server-name.ts'
import type { Preferences } from '../state/preferences.ts'
import type { StorageMode } from '../state/privacy.ts'
import type { Servers } from '../state/servers.ts'
import { createServerKeys } from './server-keys.ts'

/** All that has to do with models on servers; fetched when it is used first. */
export interface ServerPart {
  readonly engine: Engine
  readonly servers: Servers
  /** The model of a name, if the user has added it. @throws {ReflectionError} `request-invalid` when they have not. */
  find(name: string): ModelDescription
}

/** Forgets the keys for servers of which no model is left in the list once there was one. @param mode - How chats are stored, and with them keys. */
export function createServerPart(
  preferences: ReadableAtom<Preferences>,
  mode: ReadableAtom<StorageMode> | undefined,
): ServerPart {
  const keys = createServerKeys(mode)
  // Only what was taken off the list: a list that could not be read is empty, and says nothing of keys.
  preferences.listen((now, before) => {
    const left = new Set(addressesIn(now))
    keys.forget(addressesIn(before ?? now).filter((address) => !left.has(address)))
  })
  return {
    engine: createRemoteEngine({ keyFor: ({ address }) => keys.keyFor(address) }),
    servers: {
      list: namesOfModels,
      async test(server, access) {
        const { model } = await testServer(server, access)
        const dialect = model.dialect.thinking === 'think' ? 'think' : 'reflection'
        return { name: nameServerModel({ ...model.server, dialect }), model }
      },
      keyState: keys.stateOf,
      setKey: keys.set,
    },
    find(name) {
      const named = splitServerName(name)
      if (named !== undefined && preferences.get().addedModels.includes(name)) return describeRemoteModel(named)
      throw new ReflectionError(
        'request-invalid',
        'A link cannot name a server, because what you write would be sent there. Add the server on the page of models.',
      )
    },
  }
}

/** The servers of which models are in the list. */
function addressesIn({ addedModels }: Preferences): string[] {
  return addedModels.flatMap((name) => splitServerName(name)?.address ?? [])
}
