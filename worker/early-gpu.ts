import { answerOfGpu } from '../src/core/answer-of-gpu.ts'
import { gpuPrograms, type GpuProgram } from './gpu-programs.ts'

/**
 * The GPU at work before WebLLM is: WebLLM asks for its device, and lets it compile the programs of a model, only when it has fetched,
 * evaluated and uploaded all else. What is begun here it gets when it asks, if it asks for the same.
 */
export interface EarlyGpu {
  /**
   * Asks for the device that WebLLM will ask for, and lets it compile the programs of a library. Another library takes the place of one that
   * nobody took.
   * @param address Of the library: one that is begun already is not read again.
   * @returns When the GPU is at work, cannot be, or does not answer: errors are left to WebLLM's own try.
   */
  begin(address: string, read: () => Promise<ArrayBuffer | undefined>): Promise<void>
  /** The device for this request; undefined when none was begun, or another is asked for. Each device is given once. */
  take(descriptor: GPUDeviceDescriptor | undefined): Promise<GPUDevice | undefined>
}

/** `GPUShaderStage.COMPUTE`. */
const COMPUTE = 4

/** @param patienceMs - How long the GPU may leave a question unanswered before nobody waits for it here any more. */
export function createEarlyGpu(patienceMs?: number): EarlyGpu {
  let begun: { readonly address: string; readonly work: Promise<Begun | undefined> } | undefined

  return {
    async begin(address, read) {
      if (begun?.address !== address) {
        void begun?.work.then((unused) => unused?.device.destroy())
        begun = { address, work: openDevice(read).catch(() => undefined) }
      }
      await answerOfGpu(begun.work, patienceMs).catch(() => undefined)
    },

    async take(descriptor) {
      const waiting = begun?.work
      begun = undefined
      const early = await waiting
      if (early === undefined) return undefined
      if (!early.isLost && sorted(descriptor) === sorted(early.descriptor)) return early.device
      early.device.destroy()
      return undefined
    },
  }
}

interface Begun {
  readonly device: GPUDevice
  readonly descriptor: GPUDeviceDescriptor
  /** It went away while nobody had it. */
  readonly isLost: boolean
}

async function openDevice(read: () => Promise<ArrayBuffer | undefined>): Promise<Begun | undefined> {
  const reading = read()
  reading.catch(() => undefined) // where there is no GPU, nobody waits for it
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' })
  const library = await reading
  if (adapter === null || library === undefined) return undefined
  const descriptor = descriptorOf(adapter)
  const device = await adapter.requestDevice(descriptor)
  lendPipelines(device, gpuPrograms(library))
  const begun = { device, descriptor, isLost: false }
  void device.lost.then(() => (begun.isLost = true))
  return begun
}

/** What WebLLM 0.2.86 asks an adapter for (`detectGPUDevice`). */
function descriptorOf({ limits, features }: GPUAdapter): GPUDeviceDescriptor {
  const invocations = [1024, 512, 256].find((count) => count <= limits.maxComputeInvocationsPerWorkgroup)
  return {
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize >= 2 ** 30 ? 2 ** 30 : 2 ** 28,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize >= 2 ** 30 ? 2 ** 30 : 2 ** 27,
      maxComputeWorkgroupStorageSize: 2 ** 15,
      maxStorageBuffersPerShaderStage: 10,
      ...(invocations === undefined ? {} : { maxComputeInvocationsPerWorkgroup: invocations }),
    },
    requiredFeatures: (['shader-f16', 'subgroups'] as const).filter((name) => features.has(name)),
  }
}

/** Begins to compile programs, and makes the device give these pipelines to whoever asks for their like. */
function lendPipelines(device: GPUDevice, programs: readonly GpuProgram[]): void {
  const make = {
    module: device.createShaderModule.bind(device),
    bindGroupLayout: device.createBindGroupLayout.bind(device),
    pipelineLayout: device.createPipelineLayout.bind(device),
    pipeline: device.createComputePipelineAsync.bind(device),
  }
  const codes = new WeakMap<GPUShaderModule, string>()
  const layouts = new WeakMap<GPUBindGroupLayout | GPUPipelineLayout, string>()
  const pipelines = new Map<string, Promise<GPUComputePipeline>>()
  const nameOf = (layout: string | undefined, code: string | undefined, entryPoint: string | undefined) =>
    JSON.stringify([layout, code, entryPoint])

  device.createShaderModule = (descriptor) => {
    const shader = make.module(descriptor)
    codes.set(shader, descriptor.code)
    return shader
  }
  device.createBindGroupLayout = (descriptor) => {
    const layout = make.bindGroupLayout(descriptor)
    layouts.set(layout, sorted(descriptor.entries))
    return layout
  }
  device.createPipelineLayout = (descriptor) => {
    const layout = make.pipelineLayout(descriptor)
    layouts.set(layout, Array.from(descriptor.bindGroupLayouts, (group) => group && layouts.get(group)).join())
    return layout
  }
  device.createComputePipelineAsync = async (descriptor) => {
    const { layout, compute } = descriptor
    const name = nameOf(layout === 'auto' ? layout : layouts.get(layout), codes.get(compute.module), compute.entryPoint)
    const early = pipelines.get(name)
    pipelines.delete(name) // it is held by whoever took it
    return (await early?.catch(() => undefined)) ?? make.pipeline(descriptor)
  }

  for (const { name, code, bindings } of programs) {
    const entries = bindings.map((type, binding) => ({
      binding,
      visibility: COMPUTE,
      buffer: { type },
    }))
    const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] })
    const compute = { module: device.createShaderModule({ code }), entryPoint: name }
    const pipeline = make.pipeline({ layout, compute })
    pipeline.catch(() => undefined) // WebLLM tries again, and says what is wrong
    pipelines.set(nameOf(layouts.get(layout), code, name), pipeline)
  }
}

/** Plain data as text, the same for the same data whatever the order of its keys. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}
