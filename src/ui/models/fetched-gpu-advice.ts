import { nothing, type TemplateResult } from 'lit/html.js'
import type { Capabilities } from '../../core/engine.ts'
import type { GpuAdviceWords } from '../words/gpu-advice-en.ts'
import { loadGpuAdviceWords, type LanguageTag, type Locale } from '../words/locales.ts'
import type * as Card from './gpu-advice-card.ts'

/** What the browser says of its GPU. */
export type GpuDevice = Pick<Capabilities, 'webgpu' | 'isSecureContext'>

/**
 * Shows how to get a GPU, to one who has none; nothing for the moment in which the advice is being fetched.
 * @param instead - What can be done without one.
 * @returns Undefined when the advice cannot be fetched.
 */
export type ShowGpuAdvice = (
  device: GpuDevice,
  onCheckAgain: () => void,
  locale: Locale,
  instead?: TemplateResult | typeof nothing,
) => TemplateResult | typeof nothing | undefined

/** Whether the browser gives the page a GPU. */
export function hasGpu({ webgpu, isSecureContext }: GpuDevice): boolean {
  return isSecureContext && webgpu === 'available'
}

/** @param redraw - Called when the advice has come, or cannot be fetched. */
export function createGpuAdvice(redraw: () => void): ShowGpuAdvice {
  let card: typeof Card | undefined
  const words = new Map<LanguageTag, GpuAdviceWords | 'coming' | 'missing'>()

  async function fetch(language: LanguageTag): Promise<void> {
    words.set(language, 'coming')
    const parts = Promise.all([import('./gpu-advice-card.ts'), loadGpuAdviceWords(language)])
    const found = await parts.catch((error: unknown) => console.warn(error))
    card = found?.[0] ?? card
    words.set(language, found?.[1] ?? 'missing')
    redraw()
  }

  return (device, onCheckAgain, locale, instead = nothing) => {
    const { language } = locale
    if (!words.has(language)) void fetch(language)
    const known = words.get(language)
    if (known === 'missing') return undefined
    if (known === undefined || known === 'coming' || card === undefined) return nothing
    return card.gpuAdviceCard(device, onCheckAgain, known, locale, instead)
  }
}
