import type { ArtifactScope, ArtifactStore } from '../../../../worker/artifact-store.ts'

export interface MemoryArtifactStore extends ArtifactStore {
  /** What was done to it, in order: `write <scope> <file>`, `delete <scope> <file>`. */
  readonly log: readonly string[]
}

/** A store that forgets with the test; the one over IndexedDB needs a browser. */
export function createMemoryArtifactStore(): MemoryArtifactStore {
  const scopes = new Map<ArtifactScope, Map<string, ArrayBuffer>>()
  const log: string[] = []
  const filesOf = (scope: ArtifactScope) => {
    const files = scopes.get(scope) ?? new Map<string, ArrayBuffer>()
    scopes.set(scope, files)
    return files
  }
  const note = (act: string, scope: ArtifactScope, address: string) =>
    void log.push(`${act} ${scope} ${new URL(address).pathname.split('/').at(-1)}`)
  return {
    log,
    addresses: async (scope) => new Set(filesOf(scope).keys()),
    read: async (scope, address) => filesOf(scope).get(address),
    async write(scope, address, bytes) {
      note('write', scope, address)
      filesOf(scope).set(address, bytes)
    },
    async delete(scope, address) {
      note('delete', scope, address)
      filesOf(scope).delete(address)
    },
  }
}
