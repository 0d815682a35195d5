import type { ModelDescription } from '../core/models/model-description.ts'
import type { RemoteServer } from '../core/models/remote-server.ts'

/** Models on servers, as far as the page of models has to do with them. A server is asked only when one of these is called. */
export interface Servers {
  /** The names of a server's models. @throws {ReflectionError} Why it does not tell them. */
  list(address: string, access: ServerAccess): Promise<readonly string[]>
  /**
   * Asks a server for a short reply.
   * @returns The model and its name, for `ModelCatalog.adopt`.
   * @throws {ReflectionError} Why it cannot be used.
   */
  test(server: RemoteServer, access: ServerAccess): Promise<{ readonly name: string; readonly model: ModelDescription }>
  /** How it stands with the key for an address. */
  keyState(address: string): KeyState
  /**
   * Takes the key for an address, from now on; an empty one is none.
   * @param isKept - Whether it outlives the page.
   * @returns Whether that was possible: a browser may store nothing.
   */
  setKey(address: string, key: string, isKept: boolean): boolean
}

export interface ServerAccess {
  /** Empty for none. */
  readonly key: string
  readonly signal: AbortSignal
}

/** In this page's memory only; stored in this browser; or there is none. */
export type KeyState = 'memory' | 'kept' | 'none'
