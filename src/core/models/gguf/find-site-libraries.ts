import { ReflectionError } from '../../errors.ts'
import { fetchJson } from '../fetch-json.ts'
import type { FetchGgufOptions } from './fetch-gguf.ts'
import type { GpuLibrary } from './gpu-libraries.ts'
import { readGpuTraits, type GpuTraits } from './gpu-traits.ts'
import { parseSiteLibraries } from './parse-site-libraries.ts'

/** Relative to the page's own base address; `forge libraries` writes it. */
const LIST_PATH = 'models/libraries/libraries.json'

/** Where there is no such list. */
const ABSENT = new Set<unknown>([403, 404, 410])

/**
 * The libraries that the site offers for GGUF files, those that this device can use, the best first. A list that cannot be read is warned of in
 * the console: it is the site's, and files that need no library still run.
 * @param base - Absolute address of the folder that holds `models/`.
 * @returns Undefined where the site cannot be reached.
 * @throws The signal's reason when aborted.
 */
export async function findSiteLibraries(
  base: string,
  { signal, fetch: get }: FetchGgufOptions = {},
): Promise<readonly GpuLibrary[] | undefined> {
  const url = new URL(LIST_PATH, base).href
  const notJson = (cause: unknown) =>
    new ReflectionError('manifest-invalid', `${url} is not JSON. Write it anew with \`forge libraries\`.`, { cause })
  const traits = readGpuTraits()
  try {
    const list = await fetchJson(url, { notJson, ...(signal && { signal }), ...(get && { fetch: get }) })
    return suitableLibraries(parseSiteLibraries(list, url), await traits)
  } catch (error) {
    signal?.throwIfAborted()
    if (!ReflectionError.is(error)) throw error
    if (ABSENT.has(error.details.status)) return []
    if (error.code !== 'manifest-invalid') return undefined
    console.warn(error)
    return []
  }
}

/** @internal Those that a GPU can use: the ones that take less memory before the others, and of these the ones that make use of subgroups. */
export function suitableLibraries(libraries: readonly GpuLibrary[], gpu: GpuTraits): GpuLibrary[] {
  const worth = ({ layout, subgroupSize }: GpuLibrary) =>
    (layout.float === 'float16' ? 2 : 0) + (subgroupSize === undefined ? 0 : 1)
  return libraries
    .filter(
      ({ requiredFeatures, subgroupSize }) =>
        requiredFeatures.every((feature) => gpu.features.has(feature)) &&
        (subgroupSize === undefined || subgroupSize === gpu.subgroupSize),
    )
    .toSorted((one, other) => worth(other) - worth(one))
}
