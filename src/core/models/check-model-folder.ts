import { isRecord, shorten } from '../check-data.ts'
import { ReflectionError } from '../errors.ts'
import type { ModelDescription } from './model-description.ts'

/** How WebLLM's builds name the way in which weights are stored; our ids end with it. */
const SCHEME = /q\df\d\d_\d$/

/**
 * Sees whether a folder holds a model that was converted for WebLLM as its description says. Only its small configuration is fetched.
 * @throws {ReflectionError} `download-failed`, with the status of the server if it answered; `model-broken` when it does not.
 */
export async function checkModelFolder({ id, folderUrl }: ModelDescription): Promise<void> {
  const url = new URL('mlc-chat-config.json', folderUrl).href
  const config = parseJson(await fetchText(url))
  if (!isRecord(config) || !Array.isArray(config['tokenizer_files'])) {
    throw new ReflectionError(
      'model-broken',
      `${url} is not the configuration of a model for WebLLM. Check that the address leads to the folder into which it was converted.`,
      { details: { url } },
    )
  }
  const [wanted] = SCHEME.exec(id) ?? []
  const found = config['quantization']
  if (wanted === undefined || found === wanted) return
  throw new ReflectionError(
    'model-broken',
    `${url} says that its quantization is ${shorten(found)}; ${id} needs "${wanted}". Convert it with that, or choose the build that fits.`,
    { details: { url } },
  )
}

async function fetchText(url: string): Promise<string> {
  let response: Response
  let body: string
  try {
    response = await fetch(url)
    body = await response.text()
  } catch (cause) {
    throw new ReflectionError(
      'download-failed',
      `${url} could not be fetched. Check the address, the connection, and that its server allows other sites (CORS).`,
      { cause, details: { url } },
    )
  }
  if (response.ok) return body
  throw new ReflectionError(
    'download-failed',
    `${url} was refused by its server with status ${response.status}. Check the address.`,
    { details: { url, status: response.status } },
  )
}

/** Absent where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
