import type { WeightLayout, LlamaShape } from './llama-shape.ts'
import { embeddedModel } from '../model-list.ts'
import { describeBuild, WEBLLM_BUILDS } from '../webllm-builds.ts'

/** A model library for weights of one shape. */
export interface GpuLibrary {
  /** Absolute; or relative to the page for the one that comes with it. */
  readonly url: string
  readonly shape: LlamaShape
  readonly layout: WeightLayout
  /** Most tokens of its window here. */
  readonly contextWindow: number
  /** What the GPU must offer. */
  readonly requiredFeatures: readonly string[]
  /** Threads that each subgroup of the GPU must have; absent where that does not matter. */
  readonly subgroupSize?: number
  /** Of a library that its list tells more of. */
  readonly file?: { readonly bytes: number; readonly sha256: string }
}

const LLAMA_3_2 = { keyValueHeads: 8, vocabulary: 128_256, normEpsilon: 1e-5, ropeTheta: 500_000 }

/** Shapes of the builds that WebLLM publishes for the Llama architecture, as their `config.json` give them. */
const PUBLISHED: readonly { readonly name: string; readonly shape: LlamaShape }[] = [
  {
    name: 'Llama-3.2-1B-Instruct',
    shape: { ...LLAMA_3_2, layers: 16, hiddenSize: 2048, feedForwardSize: 8192, heads: 32, headSize: 64, isTied: true, ropeFactor: 32 }, // oxfmt-ignore
  },
  {
    name: 'Llama-3.2-3B-Instruct',
    shape: { ...LLAMA_3_2, layers: 28, hiddenSize: 3072, feedForwardSize: 8192, heads: 24, headSize: 128, isTied: true, ropeFactor: 32 }, // oxfmt-ignore
  },
  {
    name: 'Llama-3.1-8B-Instruct',
    shape: { ...LLAMA_3_2, layers: 32, hiddenSize: 4096, feedForwardSize: 14_336, heads: 32, headSize: 128, isTied: false, ropeFactor: 8 }, // oxfmt-ignore
  },
]

/** The library that comes with the page. */
const EMBEDDED: GpuLibrary = {
  url: embeddedModel.manifestPath.replace('manifest.json', `${embeddedModel.id}.wasm`),
  shape: {
    layers: 9,
    hiddenSize: 256,
    feedForwardSize: 704,
    heads: 4,
    keyValueHeads: 2,
    headSize: 64,
    vocabulary: 1024,
    isTied: true,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    ropeFactor: 1,
  },
  layout: { zero: 8, float: 'float32' },
  contextWindow: 1024,
  requiredFeatures: [],
}

/** Every library into which weights of a GGUF file can be put; of two that take the same, the one that asks less of the GPU. */
export const GPU_LIBRARIES: readonly GpuLibrary[] = [
  EMBEDDED,
  ...PUBLISHED.flatMap(({ name, shape }): GpuLibrary[] => {
    const build = WEBLLM_BUILDS.find((known) => known.name === name)
    if (build === undefined) return []
    const { libraryUrl, contextWindow, requiredFeatures } = describeBuild(build, 'q4f32_1', 0)
    return [{ url: libraryUrl, shape, layout: { zero: 7, float: 'float32' }, contextWindow, requiredFeatures }]
  }),
]
