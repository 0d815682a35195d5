import type { ModelDescription } from '../model-description.ts'
import { describeImported, type FoundFile } from './describe-imported.ts'
import { fetchGguf, type FetchGgufOptions } from './fetch-gguf.ts'

/** What was found in GGUF files, by address: their models are then known without reading them again, and without a network. */
export interface FoundFiles {
  /** Undefined when there is none, or one that an older version wrote in another form: then it is looked into again. */
  get(address: string): Promise<FoundFile | undefined>
  put(found: FoundFile): Promise<void>
}

export interface FindGgufOptions extends FetchGgufOptions {
  /** Default: every file is looked into anew. */
  readonly found?: FoundFiles
}

/**
 * The model of a GGUF file.
 * @param address - As `ggufAddress` gives it.
 * @param base - Absolute address of the folder that holds the embedded model's `models/`, whose library serves files of its shape.
 * @throws {ReflectionError} As `fetchGguf`.
 */
export async function findGguf(address: string, base: string, options: FindGgufOptions): Promise<ModelDescription> {
  const { found: kept, ...others } = options
  const known = await kept?.get(address).catch(() => undefined) // a browser that keeps nothing looks again
  if (known !== undefined) return describeImported(known, base)
  const found = { ...(await fetchGguf(address, others)), address }
  await kept?.put(found).catch(() => undefined)
  return describeImported(found, base)
}
