import type {
  Capabilities,
  GenerateOptions,
  GenerateRequest,
  LoadedModel,
  LoadProgress,
  RunEvent,
  Usage,
} from '../core/engine.ts'

/** What comes out of a call: errors as plain data, since whoever drives the page reads it from outside. */
export type Outcome<Value> = { value: Value } | { code: string; message: string }

/** The engine for programs that drive the page `headless.html`, such as `npm run ask`: `globalThis.secondThought`. */
export interface Headless {
  /** The Reflection system prompt. */
  readonly systemPrompt: string
  capabilities(): Promise<Outcome<Capabilities>>
  /** Tells what is wrong with options before a model is loaded for them. */
  check(options: GenerateOptions): Outcome<true>
  load(model: string, onProgress: (progress: LoadProgress) => void): Promise<Outcome<LoadedModel>>
  /** One question to one answer. `system`: instead of the Reflection system prompt; empty for none. */
  ask(
    question: string,
    options: GenerateOptions,
    system: string | undefined,
    onEvents: (batch: readonly RunEvent[]) => void,
  ): Promise<Outcome<Usage>>
  /** A reply to any conversation; no system prompt is added. */
  generate(request: GenerateRequest, onEvents: (batch: readonly RunEvent[]) => void): Promise<Outcome<Usage>>
}
