/** The public entry `./ai-sdk`: an engine as a model of the AI SDK. */
export {
  createLanguageModel,
  createLanguageModelV3,
  type LanguageModelOptions,
} from './adapters/ai-sdk/create-language-model.ts'
export type { SecondThoughtOptions } from './adapters/ai-sdk/read-call.ts'
export type { LanguageModelV3Face } from './adapters/ai-sdk/language-model-v3.ts'
