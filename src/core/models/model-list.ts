import type { ModelDescription } from './model-description.ts'
import { describeBuild, REFLECTION_BUILDS, WEBLLM_BUILDS, type BuildDescription } from './webllm-builds.ts'

/** The revision of the embedded model that this version of the page comes with. */
const EMBEDDED_REVISION = 'v3'

/** The model that comes with the page. Its manifest says the rest. */
export const embeddedModel = {
  id: 'reflection-tiny',
  /** Relative to the page's own base address. */
  manifestPath: `models/reflection-tiny/resolve/${EMBEDDED_REVISION}/manifest.json`,
} as const

const WEIGHTS = 'https://huggingface.co/mlc-ai'

/**
 * Models that anyone can load, from the least to the best; each in every scheme, the lighter and faster after the one that asks less of
 * the GPU. Ids are WebLLM's.
 */
export const prebuiltModels: readonly ModelDescription[] = WEBLLM_BUILDS.flatMap((build) =>
  build.schemes.map(([scheme, gpuMebibytes]) => {
    const id = `${build.name}-${scheme}-MLC`
    return {
      ...describeBuild(build, scheme, gpuMebibytes),
      id,
      revision: 'main',
      origin: 'prebuilt',
      folderUrl: `${WEIGHTS}/${id}/resolve/main/`,
      // The other dialect is what its models were trained on.
      trainedToReflect: build.dialect !== 'reflection',
    }
  }),
)

/** A model without the place of its weights. */
export interface SuppliedModel extends BuildDescription {
  readonly id: string
  readonly trainedToReflect: boolean
}

/** Models whose weights the user brings, converted for WebLLM with the scheme in the name. */
export const suppliedModels: readonly SuppliedModel[] = REFLECTION_BUILDS.flatMap((build) =>
  build.schemes.map(([scheme, gpuMebibytes]) => ({
    ...describeBuild(build, scheme, gpuMebibytes),
    id: `${build.name}-${scheme}`,
    trainedToReflect: true,
  })),
)

/** Ids of the models that can be loaded without naming an address: the embedded one, then the prebuilt ones in their order. */
export const listedModelIds: readonly string[] = [embeddedModel.id, ...prebuiltModels.map(({ id }) => id)]
