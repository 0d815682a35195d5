import type { Capabilities } from '../engine.ts'
import type { ModelDescription } from './model-description.ts'

/** `tight`: may work, with less speed or with luck. */
export type Verdict = 'fits' | 'tight' | 'does-not-fit'

export interface Fit {
  readonly verdict: Verdict
  /** All that speaks against the model, the weightiest first; empty when it fits. */
  readonly reasons: readonly FitReason[]
}

/** Something that speaks against a model on a device: what it is, and the values that words for it need. The page has the words. */
export type FitReason = { readonly verdict: Exclude<Verdict, 'fits'> } & FitLack

type FitLack =
  | { readonly code: 'insecure-page' | 'webgpu-missing' | 'adapter-missing' }
  /** No model library takes weights of its shape. */
  | { readonly code: 'library-missing' }
  /** `needs` is the name of a WebGPU feature. */
  | { readonly code: 'feature-missing'; readonly needs: string }
  | {
      readonly code: 'limit-short'
      /** As WebGPU names it; bytes where the name ends in `Size`. */
      readonly limit: string
      readonly needs: number
      readonly has: number
      /** Whether no model at all runs with so little. */
      readonly isOfAll: boolean
    }
  /** Bytes of memory; `has` is absent where the browser tells none. */
  | { readonly code: 'memory-short'; readonly needs: number; readonly has?: number; readonly orMore?: boolean }
  /** Bytes that are missing, and those that the browser has room for. */
  | { readonly code: 'storage-short'; readonly needs: number; readonly has: number }
  /** Software plays the GPU, and the model is large for it. */
  | { readonly code: 'software-gpu' }
  /** Of the processor: there is no file for it, or the browser is too old. */
  | { readonly code: 'gguf-missing' | 'processor-unusable' }
  /** More bytes than a page may have. */
  | { readonly code: 'processor-memory'; readonly needs: number }
  /** Tokens a second. */
  | { readonly code: 'processor-slow'; readonly speed: number }

/**
 * Judges before any download whether a model can run on a device. Memory is a guess, because browsers tell little about it;
 * the rest is what the device says.
 * @param storedBytes - Of the model, already on the device.
 */
export function checkFit(model: ModelDescription, device: Capabilities, storedBytes = 0): Fit {
  const noGpu = gpuReason(device)
  const reasons =
    noGpu === undefined
      ? [
          ...libraryReasons(model),
          ...featureReasons(model, device),
          ...limitReasons(model, device),
          ...storageReasons(model.downloadBytes, device, storedBytes),
          ...memoryReasons(model, device),
          ...speedReasons(model, device),
        ]
      : [noGpu]
  return fitOf(reasons)
}

/** The verdict on all that speaks against a model. */
export function fitOf(reasons: readonly FitReason[]): Fit {
  const against = reasons.filter((reason) => reason.verdict === 'does-not-fit')
  const verdict = against.length > 0 ? 'does-not-fit' : reasons.length > 0 ? 'tight' : 'fits'
  return { verdict, reasons: [...against, ...reasons.filter((reason) => reason.verdict === 'tight')] }
}

/** Whether nobody can tell that there is room for a model: in the memory, or where its files go. */
export function mayBeTooLarge(fit: Fit | undefined): boolean {
  return fit?.verdict === 'tight' && fit.reasons.some(({ code }) => code === 'memory-short' || code === 'storage-short')
}

/**
 * The best model that fits or, when none does, the best that may; undefined when none can run.
 * @param models - From the least to the best.
 * @param storedBytes - Of a model, already on the device. Default: none.
 * @param judge - Default: how it fits the GPU.
 */
export function bestModel(
  models: readonly ModelDescription[],
  device: Capabilities,
  storedBytes: (model: ModelDescription) => number = () => 0,
  judge: typeof checkFit = checkFit,
): ModelDescription | undefined {
  const judged = models.map((model) => ({ model, ...judge(model, device, storedBytes(model)) }))
  const best =
    judged.findLast(({ verdict }) => verdict === 'fits') ?? judged.findLast(({ verdict }) => verdict === 'tight')
  return best?.model
}

const MEBIBYTE = 2 ** 20
const GIBIBYTE = 2 ** 30

/**
 * The limits that WebLLM asks of a GPU: the first of each list that the GPU offers. It cannot start below the last, and what it did
 * not ask for a model cannot use, even where the GPU offers more.
 */
const ASKED_LIMITS: Readonly<Record<string, readonly number[]>> = {
  maxBufferSize: [GIBIBYTE, 256 * MEBIBYTE],
  maxStorageBufferBindingSize: [GIBIBYTE, 128 * MEBIBYTE],
  maxComputeWorkgroupStorageSize: [32_768],
  maxStorageBuffersPerShaderStage: [10],
  maxComputeInvocationsPerWorkgroup: [1024, 512, 256],
}

/** The most that browsers tell, however much there is: older ones (and phones) the first, newer ones the second. */
const MOST_TOLD_MEMORY = new Set([8 * GIBIBYTE, 32 * GIBIBYTE])

/** Of the device's memory, how much a model may take without a second thought: the system and the browser need the rest. */
const EASY_SHARE = 0.5

/** The most that a model may take without a second thought: what nearly every GPU has, whatever the device has beside it. */
const EASY_MEMORY = 4 * GIBIBYTE

/** What any device is taken to have for a model where its browser tells nothing; phones end pages that take more. */
const EASY_UNTOLD_MEMORY = 2 * GIBIBYTE

/** A database needs room for its own order while it takes in files. */
const STORAGE_HEADROOM = 1.1

/** Weights that software can go through in a fraction of a second for each token, and those for which it needs seconds. */
const EASY_FOR_SOFTWARE = 100_000_000
const HARD_FOR_SOFTWARE = 1_000_000_000

function gpuReason(device: Capabilities): FitReason | undefined {
  const verdict = 'does-not-fit'
  if (!device.isSecureContext) return { code: 'insecure-page', verdict }
  if (device.webgpu === 'missing') return { code: 'webgpu-missing', verdict }
  if (device.webgpu === 'no-adapter') return { code: 'adapter-missing', verdict }
  return undefined
}

function libraryReasons({ imported }: ModelDescription): FitReason[] {
  if (imported === undefined || imported.repack !== undefined) return []
  return [{ code: 'library-missing', verdict: 'does-not-fit' }]
}

function featureReasons(model: ModelDescription, device: Capabilities): FitReason[] {
  return model.requiredFeatures
    .filter((feature) => !device.features.includes(feature))
    .map((feature) => ({ code: 'feature-missing', verdict: 'does-not-fit', needs: feature }))
}

function limitReasons(model: ModelDescription, device: Capabilities): FitReason[] {
  const reasons: FitReason[] = []
  for (const name of new Set([...Object.keys(ASKED_LIMITS), ...Object.keys(model.requiredLimits)])) {
    const offered = device.limits[name]
    if (offered === undefined) continue // nobody can tell
    const asked = ASKED_LIMITS[name]
    const least = asked?.at(-1) ?? 0
    const needs = Math.max(model.requiredLimits[name] ?? 0, least)
    const has = offered < least ? offered : (asked?.find((limit) => limit <= offered) ?? offered)
    if (has >= needs) continue
    reasons.push({ code: 'limit-short', verdict: 'does-not-fit', limit: name, needs, has, isOfAll: needs <= least })
  }
  return reasons
}

/** @param downloadBytes - Of all that has to be stored, what is stored already included. */
export function storageReasons(downloadBytes: number, { storage }: Capabilities, storedBytes: number): FitReason[] {
  const missing = Math.max(0, downloadBytes - storedBytes)
  if (storage === undefined || missing === 0) return []
  const needs = Math.ceil(missing * STORAGE_HEADROOM)
  const has = Math.max(0, storage.quotaBytes - storage.usedBytes)
  if (has >= needs) return []
  return [{ code: 'storage-short', verdict: has < missing ? 'does-not-fit' : 'tight', needs, has }]
}

function memoryReasons(model: ModelDescription, { deviceMemoryBytes: has }: Capabilities): FitReason[] {
  const needs = model.gpuMemoryBytes
  if (needs <= (has === undefined ? EASY_UNTOLD_MEMORY : Math.min(has * EASY_SHARE, EASY_MEMORY))) return []
  if (has === undefined) return [{ code: 'memory-short', verdict: 'tight', needs }]
  const orMore = MOST_TOLD_MEMORY.has(has)
  return [{ code: 'memory-short', verdict: needs > has && !orMore ? 'does-not-fit' : 'tight', needs, has, orMore }]
}

function speedReasons(model: ModelDescription, { adapter }: Capabilities): FitReason[] {
  if (!adapter?.isFallback || model.downloadBytes <= EASY_FOR_SOFTWARE) return []
  return [{ code: 'software-gpu', verdict: model.downloadBytes > HARD_FOR_SOFTWARE ? 'does-not-fit' : 'tight' }]
}
