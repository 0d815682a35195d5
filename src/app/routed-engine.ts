import type { Engine, EngineState } from '../core/engine.ts'
import type { ModelDescription } from '../core/models/model-description.ts'

/**
 * One engine of two: models on servers go to one that is opened when the first of them is loaded, all others to the one of this device. What the
 * other one held is given up, so that a chat is written by the model that was loaded last and by nobody else.
 */
export function createRoutedEngine(local: Engine, openRemote: () => Promise<Engine>): Engine {
  const listeners = new Set<(state: EngineState) => void>()
  let current = local
  let remote: Engine | undefined
  let opening: Promise<Engine> | undefined
  follow(local)

  function follow(engine: Engine): void {
    engine.subscribe((state) => {
      if (engine !== current) return
      for (const listener of listeners) listener(state)
    })
  }

  async function engineFor({ server }: ModelDescription): Promise<Engine> {
    if (server === undefined) return local
    opening ??= openRemote().then((engine) => {
      follow(engine)
      return (remote = engine)
    })
    return opening.catch((error: unknown) => {
      opening = undefined // its part may be fetched the next time
      throw error
    })
  }

  return {
    get state() {
      return current.state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    capabilities: () => local.capabilities(),
    async load(model, options) {
      const next = await engineFor(model)
      options?.signal?.throwIfAborted()
      if (next !== current) {
        const before = current
        current = next
        await before.unload().catch(() => undefined) // it has ended, and holds nothing
        options?.signal?.throwIfAborted()
      }
      return next.load(model, options)
    },
    generate: (request, sink, options) => current.generate(request, sink, options),
    prepare: (request) => current.prepare(request),
    countTokens: (text) => current.countTokens(text),
    unload: () => current.unload(),
    storedBytes: async (model, engine) => (model.server === undefined ? local.storedBytes(model, engine) : 0),
    async deleteStored(model) {
      if (model.server === undefined) await local.deleteStored(model)
    },
    stats: () => current.stats(),
    dispose() {
      local.dispose()
      remote?.dispose()
    },
  }
}
