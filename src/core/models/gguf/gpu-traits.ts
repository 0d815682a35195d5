import { adapterOf } from '../../answer-of-gpu.ts'

/** What decides between model libraries of one shape. */
export interface GpuTraits {
  /** Of WebGPU, such as `shader-f16`. */
  readonly features: ReadonlySet<string>
  /** Threads of a subgroup, where all of the GPU's subgroups have as many. */
  readonly subgroupSize?: number
}

const NONE: GpuTraits = { features: new Set() }

/** As much of an adapter as is read here; the sizes of subgroups are told since Chromium 134. */
interface Adapter {
  readonly features: Iterable<string>
  readonly info?: { readonly subgroupMinSize?: number; readonly subgroupMaxSize?: number }
}

/**
 * Asks the GPU that WebLLM will ask for. Without one there is nothing to choose: any library will do for the description.
 * @param patienceMs - How long the GPU may leave the question unanswered; one that does counts as none.
 */
export async function readGpuTraits(patienceMs?: number): Promise<GpuTraits> {
  const { gpu } = (globalThis.navigator ?? {}) as {
    gpu?: { requestAdapter(options: object): Promise<Adapter | null> }
  }
  if (gpu === undefined) return NONE
  const adapter = await adapterOf(gpu, patienceMs)
  if (adapter === null) return NONE
  const { subgroupMinSize: least, subgroupMaxSize: most } = adapter.info ?? {}
  return {
    features: new Set(adapter.features),
    ...(least !== undefined && least === most && { subgroupSize: least }),
  }
}
