import type { ProcessorCapabilities } from '../engine.ts'
import { ggufBytes } from './engine-files.ts'
import type { ModelDescription } from './model-description.ts'

/** Bits of a weight in the GGUF files that people have: 4, and what their groups share. */
const BITS_PER_WEIGHT = 4.6

/** What a token takes however small the model is, seconds: `reflection-tiny` wrote 115 to 137 tokens a second on an AMD EPYC. */
const LEAST_SECONDS = 0.005

/** What each further thread adds to the first: 1.7 times the tokens came with two. */
const THREAD_GAIN = 0.7

/**
 * Tokens that a model may write on the processor in a second; a guess from a short measurement.
 * @returns Undefined where nothing was measured, or the model has no file for the processor.
 */
export function processorSpeed(
  model: ModelDescription,
  { weightsPerSecond, threads }: ProcessorCapabilities,
): number | undefined {
  if (model.gguf === undefined || weightsPerSecond === undefined) return undefined
  const { idleBytes = 0 } = model.imported?.description ?? {}
  const weights = ((ggufBytes(model) - idleBytes) * 8) / BITS_PER_WEIGHT
  return 1 / (LEAST_SECONDS + weights / (weightsPerSecond * (1 + THREAD_GAIN * (threads - 1))))
}
