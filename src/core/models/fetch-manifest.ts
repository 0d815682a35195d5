import { ReflectionError } from '../errors.ts'
import type { ModelDescription } from './model-description.ts'
import { parseManifest } from './parse-manifest.ts'

export interface FetchManifestOptions {
  readonly signal?: AbortSignal
  /** Who brings the model. Default: the user. */
  readonly origin?: ModelDescription['origin']
  /** Default: the one of the platform. */
  readonly fetch?: (url: string, init: { signal?: AbortSignal }) => Promise<Response>
}

/**
 * Reads a model's description from its manifest.
 * @param url - Absolute address of the `manifest.json`.
 * @throws The signal's reason when aborted.
 * @throws {ReflectionError} `download-failed` when the manifest cannot be fetched; `manifest-invalid` when it is no manifest.
 */
export async function fetchManifest(url: string, options: FetchManifestOptions = {}): Promise<ModelDescription> {
  const { signal, origin, fetch: get = fetch } = options
  let response: Response
  let body: string
  try {
    response = await get(url, signal ? { signal } : {})
    body = await response.text()
  } catch (cause) {
    signal?.throwIfAborted()
    throw downloadFailed(
      url,
      'could not be fetched. Check the address, the connection, and that its server allows other sites (CORS)',
      {
        cause,
      },
    )
  }
  if (!response.ok) {
    throw downloadFailed(url, `was refused by its server with status ${response.status}. Check the address`, {
      details: { url, status: response.status },
    })
  }
  return parseManifest(parseJson(body, url), url, origin)
}

function downloadFailed(
  url: string,
  what: string,
  options: { cause?: unknown; details?: Record<string, string | number> },
): ReflectionError {
  return new ReflectionError('download-failed', `The manifest ${url} ${what}.`, { details: { url }, ...options })
}

function parseJson(body: string, url: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new ReflectionError(
      'manifest-invalid',
      `What ${url} answers is not JSON, so it is no manifest. Check that the address leads to a manifest.json, not to a web page.`,
      { cause, details: { url } },
    )
  }
}
