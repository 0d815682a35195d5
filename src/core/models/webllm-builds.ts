import { DIALECTS } from '../tags/dialect.ts'
import type { ModelDescription, TagTokens, TemplateStyle } from './model-description.ts'

/**
 * Where the version of WebLLM that package.json pins looks for its model libraries. A library works with that version only; a test
 * compares all of this file with the list in the package.
 */
const LIBRARIES = 'https://raw.githubusercontent.com/mlc-ai/binary-mlc-llm-libs/main/web-llm-models/v0_2_86/base'

/** How WebLLM's builds store and compute weights. */
type Scheme = 'q4f16_1' | 'q4f32_1' | 'q3f16_1'

/**
 * Of each scheme: weights in a 32-bit word, weights that share a scale, bits of a scale. Scales are of the type that the model
 * computes in, which `f16` builds need the feature for.
 */
const SCHEMES = {
  q4f16_1: {
    weightsPerWord: 8,
    groupSize: 32,
    scaleBits: 16,
    features: ['shader-f16'],
    words: '4 bits, computes in 16',
  },
  q4f32_1: { weightsPerWord: 8, groupSize: 32, scaleBits: 32, features: [], words: '4 bits, computes in 32' },
  q3f16_1: {
    weightsPerWord: 10,
    groupSize: 40,
    scaleBits: 16,
    features: ['shader-f16'],
    words: '3 bits, computes in 16',
  },
} as const

/** Tokenizer, configuration and index of the weights, bytes; the vocabularies here have 128,000 to 152,000 tokens. */
const BESIDE_WEIGHTS = 12_000_000

/** A model that WebLLM's publisher has built, before a scheme is chosen. */
interface Build {
  /** Begins the names of its folders. */
  readonly name: string
  /** Begins the names of its libraries, which models of one shape share. */
  readonly library: string
  readonly title: string
  readonly summary: string
  readonly parameters: number
  readonly vocabulary: number
  readonly hiddenSize: number
  /** Scheme and the GPU memory in MiB that WebLLM's list gives for it. */
  readonly schemes: readonly (readonly [scheme: Scheme, gpuMebibytes: number])[]
  readonly dialect: keyof typeof DIALECTS
  readonly template: TemplateStyle
  readonly tags: readonly TagTokens[]
  readonly license: string
  readonly languages: readonly string[]
  readonly sampling: { readonly temperature: number; readonly topP: number }
}

const LLAMA_LANGUAGES = ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th']

// Of Meta's generation_config.json.
const LLAMA_SAMPLING = { temperature: 0.6, topP: 0.9 }

// Both DeepSeek and Qwen name it for replies with thinking.
const THINKING_SAMPLING = { temperature: 0.6, topP: 0.95 }

const ASKED_TO_REFLECT =
  'Answers questions of all kinds. It was not trained to check itself, only asked to, so it does that less well.'

const LLAMA_8B = { library: 'Llama-3_1-8B-Instruct', parameters: 8_030_261_248, vocabulary: 128_256, hiddenSize: 4096 }

const LLAMA_8B_SCHEMES = [
  ['q4f32_1', 6101.01],
  ['q4f16_1', 5001],
] as const

const LLAMA_70B = {
  library: 'Llama-3_1-70B-Instruct',
  parameters: 70_553_706_496,
  vocabulary: 128_256,
  hiddenSize: 8192,
}

/** WebLLM has no library for four bits. */
const LLAMA_70B_SCHEMES = [['q3f16_1', 31_153.13]] as const

const LLAMA_3_1_LICENSE = 'Llama 3.1 Community License'

const PROMPTED_LLAMA = {
  summary: ASKED_TO_REFLECT,
  dialect: 'reflection',
  template: 'llama-3',
  tags: [],
  languages: LLAMA_LANGUAGES,
  sampling: LLAMA_SAMPLING,
} as const

const QWEN_3 = {
  dialect: 'think',
  template: 'chatml',
  tags: thinkTags(151_667, 151_668),
  vocabulary: 151_936,
  license: 'Apache-2.0',
  languages: ['en', 'zh', 'es', 'fr', 'pt', 'de', 'it', 'ru', 'ja', 'ko', 'vi', 'th', 'ar'],
  sampling: THINKING_SAMPLING,
} as const

const DEEPSEEK_R1 = {
  dialect: 'think',
  template: 'deepseek-r1',
  languages: ['en', 'zh'],
  sampling: THINKING_SAMPLING,
} as const

/** What WebLLM's publisher has built, from the least to the best, as far as one order can say. */
export const WEBLLM_BUILDS: readonly Build[] = [
  {
    ...PROMPTED_LLAMA,
    name: 'Llama-3.2-1B-Instruct',
    library: 'Llama-3.2-1B-Instruct',
    title: 'Llama 3.2 1B',
    parameters: 1_235_814_400,
    vocabulary: 128_256,
    hiddenSize: 2048,
    schemes: [
      ['q4f32_1', 1128.82],
      ['q4f16_1', 879.04],
    ],
    license: 'Llama 3.2 Community License',
  },
  {
    ...QWEN_3,
    name: 'Qwen3-0.6B',
    library: 'Qwen3-0.6B',
    title: 'Qwen3 0.6B',
    summary: 'The smallest of the models that think before they answer.',
    parameters: 596_049_920,
    hiddenSize: 1024,
    schemes: [
      ['q4f32_1', 1924.98],
      ['q4f16_1', 1403.34],
    ],
  },
  {
    ...PROMPTED_LLAMA,
    name: 'Llama-3.2-3B-Instruct',
    library: 'Llama-3.2-3B-Instruct',
    title: 'Llama 3.2 3B',
    parameters: 3_212_749_824,
    vocabulary: 128_256,
    hiddenSize: 3072,
    schemes: [
      ['q4f32_1', 2951.51],
      ['q4f16_1', 2263.69],
    ],
    license: 'Llama 3.2 Community License',
  },
  {
    ...QWEN_3,
    name: 'Qwen3-1.7B',
    library: 'Qwen3-1.7B',
    title: 'Qwen3 1.7B',
    summary: 'Thinks before it answers; for laptops without a GPU of their own.',
    parameters: 1_720_574_976,
    hiddenSize: 2048,
    schemes: [
      ['q4f32_1', 2635.44],
      ['q4f16_1', 2036.66],
    ],
  },
  {
    ...QWEN_3,
    name: 'Qwen3-4B',
    library: 'Qwen3-4B',
    title: 'Qwen3 4B',
    summary: 'Thinks before it answers; good at mathematics for its size.',
    parameters: 4_022_468_096,
    hiddenSize: 2560,
    schemes: [
      ['q4f32_1', 4327.71],
      ['q4f16_1', 3431.59],
    ],
  },
  {
    ...PROMPTED_LLAMA,
    ...LLAMA_8B,
    name: 'Llama-3.1-8B-Instruct',
    title: 'Llama 3.1 8B',
    schemes: LLAMA_8B_SCHEMES,
    license: LLAMA_3_1_LICENSE,
  },
  {
    ...DEEPSEEK_R1,
    ...LLAMA_8B,
    name: 'DeepSeek-R1-Distill-Llama-8B',
    title: 'DeepSeek R1 Distill Llama 8B',
    summary: 'Llama 3.1, taught by DeepSeek R1 to think at length.',
    schemes: LLAMA_8B_SCHEMES,
    tags: thinkTags(128_013, 128_014),
    license: `MIT AND ${LLAMA_3_1_LICENSE}`,
  },
  {
    ...DEEPSEEK_R1,
    name: 'DeepSeek-R1-Distill-Qwen-7B',
    library: 'Qwen2-7B-Instruct',
    title: 'DeepSeek R1 Distill Qwen 7B',
    summary: 'Qwen 2.5 Math, taught by DeepSeek R1 to think at length.',
    parameters: 7_615_616_512,
    vocabulary: 152_064,
    hiddenSize: 3584,
    schemes: [
      ['q4f32_1', 5900.09],
      ['q4f16_1', 5106.67],
    ],
    tags: thinkTags(151_648, 151_649),
    license: 'MIT',
  },
  {
    ...QWEN_3,
    name: 'Qwen3-8B',
    library: 'Qwen3-8B',
    title: 'Qwen3 8B',
    summary: 'Thinks before it answers; needs a GPU with 8 GB.',
    parameters: 8_190_735_360,
    hiddenSize: 4096,
    schemes: [
      ['q4f32_1', 6852.55],
      ['q4f16_1', 5695.78],
    ],
  },
  {
    ...PROMPTED_LLAMA,
    ...LLAMA_70B,
    name: 'Llama-3.1-70B-Instruct',
    title: 'Llama 3.1 70B',
    schemes: LLAMA_70B_SCHEMES,
    license: LLAMA_3_1_LICENSE,
  },
]

const REFLECTION_LLAMA = {
  ...PROMPTED_LLAMA,
  summary: 'Llama 3.1, trained to think, to check itself and then to answer.',
  license: LLAMA_3_1_LICENSE,
  languages: ['en'],
  sampling: { temperature: 0.7, topP: 0.95 }, // of its card
} as const

/** Reflection models of shapes for which WebLLM has libraries. */
export const REFLECTION_BUILDS: readonly Build[] = [
  {
    ...REFLECTION_LLAMA,
    ...LLAMA_8B,
    name: 'Reflection-Llama-3.1-8B',
    title: 'Reflection Llama 3.1 8B',
    schemes: LLAMA_8B_SCHEMES,
  },
  {
    ...REFLECTION_LLAMA,
    ...LLAMA_70B,
    name: 'Reflection-Llama-3.1-70B',
    title: 'Reflection Llama 3.1 70B',
    schemes: LLAMA_70B_SCHEMES,
  },
]

/** What builds of one shape share: all of a description but its id, where its weights are, and how the model was trained. */
export type BuildDescription = Omit<ModelDescription, 'id' | 'revision' | 'origin' | 'folderUrl' | 'trainedToReflect'>

/** Describes a build in one scheme. @param gpuMebibytes - What WebLLM's list gives for it. */
export function describeBuild(build: Build, scheme: Scheme, gpuMebibytes: number): BuildDescription {
  const { weightsPerWord, groupSize, scaleBits, features, words } = SCHEMES[scheme]
  // The embedding, one row a token of the vocabulary, is the largest tensor of all of them, and is bound whole.
  const largestTensor = build.vocabulary * Math.ceil(build.hiddenSize / weightsPerWord) * 4
  return {
    name: `${build.title} (${words})`,
    summary: build.summary,
    libraryUrl: `${LIBRARIES}/${build.library}-${scheme}_cs1k-webgpu.wasm`,
    dialect: DIALECTS[build.dialect],
    tags: build.tags,
    template: build.template,
    // What WebLLM's list sets for all of them; the libraries allow more, at the price of memory.
    contextWindow: 4096,
    // Nobody publishes it. parameters * (32 / weights a word + bits of a scale / weights a scale) / 8, and the files beside.
    downloadBytes: Math.round((build.parameters * (32 / weightsPerWord + scaleBits / groupSize)) / 8) + BESIDE_WEIGHTS,
    gpuMemoryBytes: Math.round(gpuMebibytes * 2 ** 20),
    requiredFeatures: features,
    requiredLimits: { maxBufferSize: largestTensor, maxStorageBufferBindingSize: largestTensor },
    license: build.license,
    sampling: build.sampling,
    skills: [],
    languages: build.languages,
  }
}

function thinkTags(open: number, close: number): readonly TagTokens[] {
  return [
    { text: '<think>', tokenIds: [open] },
    { text: '</think>', tokenIds: [close] },
  ]
}
