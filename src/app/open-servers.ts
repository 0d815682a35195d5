import type { ReadableAtom } from 'nanostores'
import type { Engine } from '../core/engine.ts'
import type { ResolveModel } from '../state/find-added-model.ts'
import type { Preferences } from '../state/preferences.ts'
import type { StorageMode } from '../state/privacy.ts'
import type { Servers } from '../state/servers.ts'
import { createRoutedEngine } from './routed-engine.ts'
import type { ServerPart } from './server-part.ts'

/** What the page needs for models on servers. */
export interface OpenedServers {
  /** Models on servers run there, all others on the engine that it is made from. */
  readonly engine: Engine
  /** @throws {TypeError} When the part of the page cannot be fetched. */
  readonly servers: () => Promise<Servers>
  /** Finds models on servers by their names, if the user has added them; others as `find` does. */
  readonly resolve: (find: ResolveModel) => ResolveModel
}

/** All that has to do with servers is fetched when it is used first. @param preferences - Asked for only then, as is how chats are stored. */
export function openServers(
  local: Engine,
  preferences: () => ReadableAtom<Preferences>,
  mode: () => ReadableAtom<StorageMode> | undefined,
): OpenedServers {
  let coming: Promise<ServerPart> | undefined

  function part(): Promise<ServerPart> {
    coming ??= import('./server-part.ts').then(({ createServerPart }) => createServerPart(preferences(), mode()))
    coming.catch(() => (coming = undefined)) // the next time it may come
    return coming
  }

  return {
    engine: createRoutedEngine(local, async () => (await part()).engine),
    servers: async () => (await part()).servers,
    resolve: (find) => async (name, signal) =>
      name.startsWith('server:') ? (await part()).find(name) : find(name, signal),
  }
}
