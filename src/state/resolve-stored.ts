import { ReflectionError } from '../core/errors.ts'
import type { ModelStorage } from '../core/model-storage.ts'
import type { ResolveModel } from './find-added-model.ts'

/** Failures behind which a model may be that is on this device all the same. */
const UNREACHABLE: ReadonlySet<string> = new Set(['download-failed', 'host-forbidden'])

/**
 * Finds models as `resolve` does, and those that it cannot reach among what is stored: without a network, or for an imported one. A model that
 * the user brought is found by its address alone: it may call itself as it likes.
 */
export function resolveStored(resolve: ResolveModel, storage: Pick<ModelStorage, 'models'>): ResolveModel {
  return async (name, signal) => {
    try {
      return await resolve(name, signal)
    } catch (error) {
      if (!ReflectionError.is(error) || !UNREACHABLE.has(error.code)) throw error
      const models = await storage.models().catch(() => [])
      const stored = models.find(
        ({ description, isComplete }) =>
          isComplete &&
          ((description.id === name && description.origin !== 'user') ||
            (URL.canParse(name) && description.folderUrl === new URL('.', name).href)),
      )
      if (stored === undefined) throw error
      return stored.description
    }
  }
}
