import { adapterOf } from '../src/core/answer-of-gpu.ts'
import type { Capabilities } from '../src/core/engine.ts'
import { readProcessor } from './measure-processor.ts'

/** Names under which software plays a GPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i

/**
 * What this device offers; asks the browser anew each time.
 * @param patienceMs - How long the GPU may leave the question unanswered; one that does counts as none, and the processor can be used.
 */
export async function readCapabilities(patienceMs?: number): Promise<Capabilities> {
  const { gpu } = navigator as { gpu?: GPU }
  const rest = {
    ...deviceMemory(),
    ...(await storageEstimate()),
    processor: await readProcessor(),
    isSecureContext: globalThis.isSecureContext,
  }
  if (gpu === undefined) return { webgpu: 'missing', features: [], limits: {}, ...rest }
  const adapter = await adapterOf(gpu, patienceMs)
  if (adapter === null) return { webgpu: 'no-adapter', features: [], limits: {}, ...rest }
  const { vendor, architecture, device, description } = adapter.info
  const name = description || [vendor, architecture || device].filter((part) => part !== '').join(' ')
  return {
    webgpu: 'available',
    adapter: {
      name,
      vendor,
      architecture,
      isFallback: isSoftware(adapter.info),
    },
    features: [...adapter.features].toSorted(),
    limits: readLimits(adapter.limits),
    ...rest,
  }
}

/** Whether there is a GPU that is one. */
export async function hasRealGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: GPU }
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null)
  return adapter !== undefined && adapter !== null && !isSoftware(adapter.info)
}

function isSoftware({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || SOFTWARE.test(`${description} ${vendor} ${architecture} ${device}`)
}

/** Limits are getters of a prototype: spreading the object copies none of them. */
function readLimits(limits: GPUSupportedLimits): Record<string, number> {
  const read: Record<string, number> = {}
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits]
    if (typeof value === 'number') read[name] = value
  }
  return read
}

function deviceMemory(): { deviceMemoryBytes?: number } {
  const { deviceMemory: gibibytes } = navigator as { deviceMemory?: number }
  return gibibytes === undefined ? {} : { deviceMemoryBytes: gibibytes * 2 ** 30 }
}

async function storageEstimate(): Promise<Pick<Capabilities, 'storage'>> {
  const { storage } = navigator as { storage?: StorageManager } // only in secure contexts
  const { quota, usage } = (await storage?.estimate().catch(() => undefined)) ?? {}
  return quota === undefined ? {} : { storage: { quotaBytes: quota, usedBytes: usage ?? 0 } }
}
