import type { EngineChoice } from './engine.ts'

/** All that can be chosen, as addresses and commands write it. */
export const ENGINE_CHOICES: readonly EngineChoice[] = ['auto', 'gpu', 'processor']

/** What a text names, as in `?engine=processor`; undefined where it names none. */
export function readEngineChoice(text: string | null | undefined): EngineChoice | undefined {
  return ENGINE_CHOICES.find((choice) => choice === text)
}
