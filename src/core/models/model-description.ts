import type { TagDialect } from '../tags/dialect.ts'
import type { GgufDescription } from './gguf/describe-gguf.ts'
import type { LlamaShape, WeightLayout } from './gguf/llama-shape.ts'
import type { RemoteServer } from './remote-server.ts'

/** How messages become a prompt; `core/chat/render-prompt.ts` knows each. */
export type TemplateStyle = 'llama-3' | 'chatml' | 'deepseek-r1' | 'plain'

/** A tag of the dialect and the tokens that spell it: one special token, or several ordinary ones. */
export interface TagTokens {
  readonly text: string
  readonly tokenIds: readonly number[]
}

/** A model's own Jinja template, and what it may write that nobody else can. */
export interface ChatTemplate {
  readonly source: string
  /** Texts of the tokens that begin and end a text; empty where the model has none. */
  readonly bos: string
  readonly eos: string
  /** Whether every prompt begins with `bos`, also where the template does not write it. */
  readonly addsBos: boolean
  /** Whether what it writes before a reply opens the thinking. */
  readonly opensThinking: boolean
}

/** A GGUF file that a user brought. */
export interface ImportedFile {
  /** What its header says. */
  readonly description: GgufDescription
  /** How its weights become those of the model library on the GPU; absent where no library has its shape. */
  readonly repack?: {
    readonly shape: LlamaShape
    readonly layout: WeightLayout
    /** What the library must be; absent where nobody tells. */
    readonly library?: { readonly bytes: number; readonly sha256: string }
  }
}

/** One file of a model, as its manifest lists it. */
export interface ModelFile {
  /** Relative to the folder of the model. */
  readonly path: string
  readonly bytes: number
  /** Lower-case hexadecimal; absent for models whose publisher names none. */
  readonly sha256?: string
}

/** Something that a model can do, and questions that show it; in English. */
export interface Skill {
  readonly task: string
  readonly examples: readonly string[]
}

/** How readily the model opens a reflection. */
export type SelfCheck = 'never' | 'less' | 'normal' | 'more'

/** Added to the logit of the token that opens a reflection; for models without reflections, of the one that ends the thinking. */
export type SelfCheckBias = Readonly<Record<SelfCheck, number>>

/** Everything that an engine and a page need to know about one revision of a model. Plain data; sizes in bytes. */
export interface ModelDescription {
  readonly id: string
  readonly revision: string
  readonly name: string
  /** One sentence or two for people. */
  readonly summary: string
  /** Comes with the page; published for WebLLM; or added by the user. */
  readonly origin: 'embedded' | 'prebuilt' | 'user'
  /** Absolute address of the folder, of the form `<origin>/<path>/resolve/<revision>/`, which WebLLM insists on. */
  readonly folderUrl: string
  /** Absolute address of the WebAssembly model library. */
  readonly libraryUrl: string
  /** Every file that a GPU takes, the library left out where it stands elsewhere; absent when only the folder itself can tell. */
  readonly files?: readonly ModelFile[]
  /** The same weights for the processor, relative to the folder; absent where the model runs on GPUs only. */
  readonly gguf?: ModelFile
  /** The other parts of a GGUF file that comes in several, in their order. */
  readonly moreGguf?: readonly ModelFile[]
  readonly dialect: TagDialect
  /** Of the dialect's tags, where they are known; others are spelled with the tokenizer. */
  readonly tags: readonly TagTokens[]
  /** Whether the model was trained to reflect, or only asked to by its system prompt. */
  readonly trainedToReflect: boolean
  readonly template: TemplateStyle
  /** Its own template, where it brings one; `template` is for when that cannot be rendered. */
  readonly chatTemplate?: ChatTemplate
  /** Present for a GGUF file: `files` then has its parts, and all that WebLLM asks for is made from them. */
  readonly imported?: ImportedFile
  /** Present for a model that runs on a server: nothing of it is fetched, and what is written leaves the device. */
  readonly server?: RemoteServer
  /** Tokens; prompt and reply together. */
  readonly contextWindow: number
  /** Of what a GPU takes. */
  readonly downloadBytes: number
  /** Weights, KV cache and workspace. */
  readonly gpuMemoryBytes: number
  /** WebGPU features, such as `shader-f16`. */
  readonly requiredFeatures: readonly string[]
  /** Smallest values of WebGPU limits, such as `maxBufferSize`. */
  readonly requiredLimits: Readonly<Record<string, number>>
  /** SPDX identifier, or the name under which the licence is known. */
  readonly license: string
  readonly sampling: { readonly temperature: number; readonly topP: number }
  /** Absent when the dial was never calibrated for the model. */
  readonly selfCheckBias?: SelfCheckBias
  /** What the model says that it is good at; empty for one that reads whatever it is asked. */
  readonly skills: readonly Skill[]
  /** Of the model's texts, BCP 47. */
  readonly languages: readonly string[]
}
