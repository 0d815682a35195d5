import type { Capabilities, EngineChoice, EngineKind } from '../engine.ts'
import { checkFit, type Fit } from './check-fit.ts'
import { checkProcessorFit } from './check-processor-fit.ts'
import type { ModelDescription } from './model-description.ts'
import { processorSpeed } from './processor-speed.ts'

/** Why a model runs on what it runs on; the page has the words. */
export type EngineReason =
  /** The user wants it so. */
  | 'chosen'
  /** A real GPU, and the model fits it. */
  | 'gpu-fits'
  /** No GPU for this page: it has no WebGPU, no adapter, or only software that plays one. */
  | 'no-webgpu'
  | 'no-adapter'
  | 'software-gpu'
  /** A GPU that this model does not fit, or that has no program for it, as no other one would. */
  | 'gpu-unfit'
  | 'library-missing'
  /** Nothing else can run the model: it has no file for the processor, or the processor does not suit it. */
  | 'gpu-only'

export interface ChosenEngine {
  readonly engine: EngineKind
  readonly why: EngineReason
  /** How the model fits what was chosen. */
  readonly fit: Fit
  /** Tokens that it may write in a second, guessed from what was measured on this device; absent where nobody can tell, as of GPUs. */
  readonly speed?: number
}

/**
 * What a model shall run on. Where nothing can run it, it is the GPU, and the fit says what speaks against that.
 * @param storedBytes - Of the files that each engine takes, already on the device. Default: none.
 */
export function chooseEngine(
  model: ModelDescription,
  device: Capabilities,
  choice: EngineChoice,
  storedBytes: Partial<Readonly<Record<EngineKind, number>>> = {},
): ChosenEngine {
  const gpu = checkFit(model, device, storedBytes.gpu)
  if (choice === 'gpu') return { engine: 'gpu', why: 'chosen', fit: gpu }
  const processor = checkProcessorFit(model, device, storedBytes.processor)
  const speed = processorSpeed(model, device.processor)
  const onProcessor = (why: EngineReason): ChosenEngine => ({
    engine: 'processor',
    why,
    fit: processor,
    ...(speed !== undefined && { speed }),
  })
  if (choice === 'processor' && model.gguf !== undefined) return onProcessor('chosen')
  const against = whyNoGpu(device) ?? whyUnfit(gpu)
  if (against === undefined && choice === 'auto') return { engine: 'gpu', why: 'gpu-fits', fit: gpu }
  if (against === undefined || processor.verdict === 'does-not-fit') return { engine: 'gpu', why: 'gpu-only', fit: gpu }
  return onProcessor(against)
}

function whyUnfit({ verdict, reasons }: Fit): EngineReason | undefined {
  if (verdict !== 'does-not-fit') return undefined
  return reasons.some(({ code }) => code === 'library-missing') ? 'library-missing' : 'gpu-unfit'
}

function whyNoGpu({ isSecureContext, webgpu, adapter }: Capabilities): EngineReason | undefined {
  if (!isSecureContext || webgpu === 'missing') return 'no-webgpu'
  if (webgpu === 'no-adapter') return 'no-adapter'
  return adapter?.isFallback === true ? 'software-gpu' : undefined
}
