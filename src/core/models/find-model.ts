import { ReflectionError } from '../errors.ts'
import { fetchManifest } from './fetch-manifest.ts'
import type { ModelDescription } from './model-description.ts'
import type { FoundFiles } from './gguf/find-gguf.ts'
import { ggufAddress, IMPORTED_ORIGIN } from './gguf/gguf-address.ts'
import { embeddedModel, listedModelIds, prebuiltModels, suppliedModels } from './model-list.ts'
import { findSuppliedModel } from './supplied-name.ts'

/**
 * The model of a name: the id of the embedded or of a prebuilt one, the address of a `manifest.json` or of a `.gguf` file, or
 * `<id>@<address>` for one whose weights the user brings.
 * @param base - Absolute address of the folder that holds the embedded model's `models/`.
 * @param found - What is known of GGUF files. Default: nothing.
 * @throws {ReflectionError} `request-invalid` for a name that nothing has; `download-failed`, `host-forbidden`, `manifest-invalid`, `gguf-invalid`.
 */
export async function findModel(
  name: string,
  base: string,
  signal?: AbortSignal,
  found?: FoundFiles,
): Promise<ModelDescription> {
  const options = signal === undefined ? {} : { signal }
  if (name === embeddedModel.id) {
    const address = new URL(embeddedModel.manifestPath, base).href
    return fetchManifest(address, { ...options, origin: 'embedded' })
  }
  const prebuilt = prebuiltModels.find(({ id }) => id === name)
  if (prebuilt !== undefined) return prebuilt
  if (name.startsWith(`${IMPORTED_ORIGIN}/`)) {
    throw new ReflectionError('download-failed', 'This GGUF file is no longer stored on this device. Import it again.')
  }
  const gguf = ggufAddress(name)
  if (gguf !== undefined) {
    const { findGguf } = await import('./gguf/find-gguf.ts') // few have one
    return findGguf(gguf, base, { ...options, ...(found && { found }) })
  }
  if (/^https?:\/\//.test(name)) return fetchManifest(name, options)
  const supplied = findSuppliedModel(name)
  if (supplied !== undefined) return supplied
  throw new ReflectionError(
    'request-invalid',
    `There is no model called "${name}". There are: ${listedModelIds.join(', ')}. Or give the address of a manifest.json or a .gguf file, ` +
      `or <id>@<address of the folder> for one of: ${suppliedModels.map(({ id }) => id).join(', ')}.`,
  )
}
