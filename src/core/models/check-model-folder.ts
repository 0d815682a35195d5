import { isRecord, shorten } from '../check-data.ts'
import { ReflectionError } from '../errors.ts'
import { fetchJson } from './fetch-json.ts'
import type { ModelDescription } from './model-description.ts'

/** How WebLLM's builds name the way in which weights are stored, such as `q4f16_1`; our ids end with it. */
const SCHEME = /q\df\d\d_\d$/

/**
 * Checks that a folder holds a model that was converted for WebLLM in the way that its description says. Only its small configuration
 * file is fetched.
 * @throws {ReflectionError} `download-failed`, with the status of the server if it answered; `model-broken` when there is another
 * model, or none.
 */
export async function checkModelFolder({ id, folderUrl }: ModelDescription): Promise<void> {
  const url = new URL('mlc-chat-config.json', folderUrl).href
  const details = { url }
  const noModel = (cause?: unknown) =>
    new ReflectionError(
      'model-broken',
      `${url} is not the configuration of a model for WebLLM. Check that the address leads to the folder into which it was converted.`,
      { ...(cause === undefined ? {} : { cause }), details },
    )
  const config = await fetchJson(url, { notJson: noModel })
  if (!isRecord(config) || !Array.isArray(config['tokenizer_files'])) throw noModel()
  const [wanted] = SCHEME.exec(id) ?? []
  const found = config['quantization']
  if (wanted === undefined || found === wanted) return
  throw new ReflectionError(
    'model-broken',
    `${url} says that its quantization is ${shorten(found)}; ${id} needs "${wanted}". Convert it with that, or choose the build that fits.`,
    { details },
  )
}
