import type { Capabilities } from '../engine.ts'
import { fitOf, storageReasons, type Fit, type FitReason } from './check-fit.ts'
import { downloadBytesFor, ggufBytes } from './engine-files.ts'
import type { ModelDescription } from './model-description.ts'
import { processorSpeed } from './processor-speed.ts'

/** WebAssembly's memory ends at 4 GiB in every browser; the KV cache and the program need some of it. */
const MOST_BYTES = 3.5 * 2 ** 30

/** Tokens a second below which nobody would wait, and below which it is slow to read along. */
const LEAST_SPEED = 1
const EASY_SPEED = 5

/**
 * Judges before any download whether a model can run on the processor of a device.
 * @param storedBytes - Of what the processor takes, already on the device.
 */
export function checkProcessorFit(model: ModelDescription, device: Capabilities, storedBytes = 0): Fit {
  const { processor } = device
  const verdict = 'does-not-fit'
  if (model.gguf === undefined) return fitOf([{ code: 'gguf-missing', verdict }])
  if (!processor.isUsable) return fitOf([{ code: 'processor-unusable', verdict }])
  const reasons: FitReason[] = []
  const needs = ggufBytes(model)
  if (needs > MOST_BYTES) reasons.push({ code: 'processor-memory', verdict, needs })
  reasons.push(...storageReasons(downloadBytesFor(model, 'processor'), device, storedBytes))
  const speed = processorSpeed(model, processor)
  if (speed !== undefined && speed < EASY_SPEED) {
    reasons.push({ code: 'processor-slow', verdict: speed < LEAST_SPEED ? verdict : 'tight', speed })
  }
  return fitOf(reasons)
}
