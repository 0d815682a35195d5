import { ReflectionError } from '../../src/core/errors.ts'
import type { ModelDescription } from '../../src/core/models/model-description.ts'
import type { WeightStore } from './weight-store.ts'

/**
 * Looks whether there is room for bytes that shall be stored, before the first of them comes. Where the browser tells nothing, they are tried.
 * @throws {ReflectionError} `storage-full`, which names the models whose deletion would make room.
 */
export async function roomFor(model: ModelDescription, needs: number, store: WeightStore): Promise<void> {
  const { storage } = (globalThis.navigator ?? {}) as { storage?: StorageManager } // only in secure contexts
  const { quota, usage = 0 } = (await storage?.estimate?.().catch(() => undefined)) ?? {}
  const has = Math.max(0, (quota ?? Infinity) - usage)
  if (needs <= has) return
  const others = await freeableModels(model, store)
  const advice =
    others.length === 0
      ? 'Free disk space, then load again.'
      : `Deleting a stored model makes room: ${others.map(({ name, bytes }) => `${name} (${megabytes(bytes)})`).join(', ')}.`
  throw new ReflectionError(
    'storage-full',
    `${model.name} needs ${megabytes(needs)} more in this browser, which has room for ${megabytes(has)}. ${advice} What came so far stays.`,
    { details: { needs, has, freeable: others.map(({ name }) => name).join(', ') } },
  )
}

/** Other models and what their deletion would free, the largest first. */
async function freeableModels(
  { folderUrl }: ModelDescription,
  store: WeightStore,
): Promise<{ name: string; bytes: number }[]> {
  const [models, files] = await Promise.all([store.models(), store.files()])
  return models
    .filter((other) => other.folderUrl !== folderUrl)
    .map(({ description, addresses }) => ({
      name: description.name,
      bytes: addresses.reduce((sum, address) => sum + (files.get(address)?.have ?? 0), 0),
    }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((one, other) => other.bytes - one.bytes)
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`
}
