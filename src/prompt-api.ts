/** The public entry `./prompt-api`: the W3C draft's `LanguageModel` over an engine. Importing it changes nothing in the page. */
export {
  createLanguageModelClass,
  ReasoningEvent,
  type Availability,
  type LanguageModelClass,
  type LanguageModelCoreOptions,
  type LanguageModelCreateOptions,
  type LanguageModelPromptOptions,
  type LanguageModelSession,
  type PromptApiOptions,
  type SamplingMode,
} from './adapters/prompt-api/create-language-model-class.ts'
export { installPromptApi, type InstallOptions } from './adapters/prompt-api/install-prompt-api.ts'
export type { LanguageModelMessage, LanguageModelPrompt } from './adapters/prompt-api/read-input.ts'
