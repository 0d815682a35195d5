import type { Engine } from '../../core/engine.ts'
import { createLanguageModelClass, type PromptApiOptions } from './create-language-model-class.ts'

/** What is put into the page, and in place of what. */
export interface InstallOptions extends PromptApiOptions {
  /** Whether the browser's own `LanguageModel`, where it has one, gives way. Default: it stays. */
  readonly replace?: boolean
}

/**
 * Puts `LanguageModel` into the page, for software that looks for it there.
 * @returns Takes it away again, and puts back what was there; nothing where the browser's own stayed.
 */
export function installPromptApi(engine: Engine, { replace = false, ...options }: InstallOptions): () => void {
  const before = Object.getOwnPropertyDescriptor(globalThis, NAME)
  if (before !== undefined && !replace) return () => undefined
  Object.defineProperty(globalThis, NAME, {
    value: createLanguageModelClass(engine, options),
    configurable: true,
    writable: true,
    enumerable: false,
  })
  return () => {
    if (before === undefined) Reflect.deleteProperty(globalThis, NAME)
    else Object.defineProperty(globalThis, NAME, before)
  }
}

const NAME = 'LanguageModel'
