import { ReflectionError } from '../errors.ts'
import { fetchJson, type FetchJsonOptions } from './fetch-json.ts'
import type { ModelDescription } from './model-description.ts'
import { parseManifest } from './parse-manifest.ts'

export interface FetchManifestOptions extends Omit<FetchJsonOptions, 'notJson'> {
  /** Who brings the model. Default: the user. */
  readonly origin?: ModelDescription['origin']
}

/**
 * Reads a model's description from its manifest.
 * @param url - Absolute address of the `manifest.json`.
 * @throws The signal's reason when aborted.
 * @throws {ReflectionError} `download-failed` when the manifest cannot be fetched; `manifest-invalid` when it is no manifest.
 */
export async function fetchManifest(url: string, options: FetchManifestOptions = {}): Promise<ModelDescription> {
  const { origin, ...others } = options
  const notJson = (cause: unknown) =>
    new ReflectionError(
      'manifest-invalid',
      `What ${url} answers is not JSON, so it is no manifest. Check that the address leads to a manifest.json, not to a web page.`,
      { cause, details: { url } },
    )
  return parseManifest(await fetchJson(url, { ...others, notJson }), url, origin)
}
