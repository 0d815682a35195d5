import type { ModelDescription } from '../model-description.ts'
import { describeImported, type FoundFile } from './describe-imported.ts'
import { findSiteLibraries } from './find-site-libraries.ts'
import { fetchGguf, type FetchGgufOptions } from './fetch-gguf.ts'
import { GPU_LIBRARIES } from './gpu-libraries.ts'
import { hasShape } from './llama-shape.ts'

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
 * @param base - Absolute address of the folder that holds `models/`: the embedded model, and the site's own libraries.
 * @throws {ReflectionError} As `fetchGguf`.
 */
export async function findGguf(address: string, base: string, options: FindGgufOptions): Promise<ModelDescription> {
  const { found: kept, ...others } = options
  const [known, site] = await Promise.all([
    kept?.get(address).catch(() => undefined), // a browser that keeps nothing looks again
    findSiteLibraries(base, others),
  ])
  const looked = known ?? { ...(await fetchGguf(address, others)), address }
  const { siteLibrary: before, ...file } = looked
  // Without a network it is the one that was there the last time.
  const siteLibrary = site === undefined ? before : site.find(({ shape }) => hasShape(file.description, shape))
  if (known === undefined || siteLibrary?.url !== before?.url) {
    await kept?.put({ ...file, ...(siteLibrary && { siteLibrary }) }).catch(() => undefined)
  }
  return describeImported(file, base, [...(siteLibrary === undefined ? [] : [siteLibrary]), ...GPU_LIBRARIES])
}
