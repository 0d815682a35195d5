import { expect, onTestFinished, test } from 'vitest'
import type { ReflectionError } from '../../src/core/errors.ts'
import { createEarlyGpu, type EarlyGpu } from '../../worker/early-gpu.ts'
import { gpuPrograms } from '../../worker/gpu-programs.ts'
import { openWebLLM } from '../../worker/webllm-engine.ts'
import { downloadModel } from '../../worker/weights/download-model.ts'
import { openOlderFiles } from '../../worker/weights/older-files.ts'
import { openWeightStore } from '../../worker/weights/weight-store.ts'
import { describeTiny } from './support/tiny.ts'

/** Counts the calls of a method of the GPU until the test is over; what is put on a single object is not seen. */
function countCalls<Name extends string>(prototype: Record<Name, unknown>, name: Name): { readonly count: number } {
  const original = prototype[name] as (...values: unknown[]) => unknown
  const counted = { count: 0 }
  prototype[name] = function (this: unknown, ...values: unknown[]) {
    counted.count += 1
    return original.apply(this, values)
  }
  onTestFinished(() => void (prototype[name] = original))
  return counted
}

/** Opens the embedded model as the worker does. */
async function openTiny(
  gpu: EarlyGpu,
  onLibrary: (address: string, library: ArrayBuffer) => Promise<void>,
  gpuPatienceMs?: number,
) {
  const model = await describeTiny()
  const store = openWeightStore()
  await downloadModel(
    model,
    { store, older: openOlderFiles() },
    {
      onProgress: () => undefined,
      onLibrary: async (address, read) => onLibrary(address, (await read()) ?? new ArrayBuffer(0)),
    },
  )
  const lost: ReflectionError[] = []
  const options = { store, gpu, onProgress: () => undefined, onLost: (error: ReflectionError) => lost.push(error) }
  const patience = gpuPatienceMs === undefined ? {} : { gpuPatienceMs }
  return { tokens: await openWebLLM(model, { ...options, ...patience }), lost }
}

test('WebLLM gets the device and every pipeline that was begun early, and the model works', async () => {
  const devices = countCalls(GPUAdapter.prototype, 'requestDevice')
  const pipelines = countCalls(GPUDevice.prototype, 'createComputePipelineAsync')
  const gpu = createEarlyGpu()
  let programs = 0
  const { tokens, lost } = await openTiny(gpu, async (address, library) => {
    programs = gpuPrograms(library).length
    await gpu.begin(address, async () => library)
    await gpu.begin(address, () => Promise.reject(new Error('It is begun already.')))
  })
  expect(programs).toBeGreaterThan(10)
  expect(pipelines.count).toBe(programs)
  expect(devices.count).toBe(1)
  const ids = tokens.vocabulary.encode('What is 5 + 4?')
  const greedy = { temperature: 0, topP: 1 }
  const early = await tokens.next(ids, greedy)
  await tokens.dispose()

  const { tokens: anew } = await openTiny(createEarlyGpu(), async () => undefined) // nothing was begun
  expect(pipelines.count).toBe(2 * programs)
  expect(await anew.next(ids, greedy)).toBe(early)
  await anew.dispose()
  expect(lost).toEqual([])
})

test('programs that the GPU cannot compile do not hinder WebLLM', async () => {
  const gpu = createEarlyGpu()
  const { tokens } = await openTiny(gpu, async (address, library) => {
    const broken = new Uint8Array(library.slice(0))
    const text = new TextEncoder().encode('workgroup_size(')
    const at = broken.findIndex((_, index) => text.every((byte, offset) => broken[index + offset] === byte))
    expect(at).toBeGreaterThan(0)
    broken[at] = 'W'.charCodeAt(0)
    await gpu.begin(address, async () => broken.buffer)
  })
  expect(await tokens.next(tokens.vocabulary.encode('Hi'), { temperature: 0, topP: 1 })).toBeGreaterThanOrEqual(0)
  await tokens.dispose()
})

test('a device is given once, and only to who asks for the same', async () => {
  const gpu = createEarlyGpu()
  expect(await gpu.take({})).toBeUndefined()
  await gpu.begin('a', async () => new ArrayBuffer(0))
  expect(await gpu.take({ requiredFeatures: [], requiredLimits: { maxBufferSize: 2 ** 20 } })).toBeUndefined()
  expect(await gpu.take({})).toBeUndefined()
})

test('what cannot be read is no error, and another library takes the place of one that nobody took', async () => {
  const devices = countCalls(GPUAdapter.prototype, 'requestDevice')
  const gpu = createEarlyGpu()
  await gpu.begin('a', () => Promise.reject(new Error('no')))
  await gpu.begin('b', async () => undefined)
  expect(devices.count).toBe(0)
  await gpu.begin('c', async () => new ArrayBuffer(0))
  await gpu.begin('d', async () => new ArrayBuffer(0))
  expect(devices.count).toBe(2)
})

test('a GPU that refuses is told as that, and not as a broken model', async () => {
  const { requestDevice } = GPUAdapter.prototype
  onTestFinished(() => void (GPUAdapter.prototype.requestDevice = requestDevice))
  const refusal = new DOMException('No device for you.', 'OperationError')
  GPUAdapter.prototype.requestDevice = () => Promise.reject(refusal)
  const opening = openTiny(createEarlyGpu(), async () => undefined)
  await expect(opening).rejects.toMatchObject({
    code: 'adapter-missing',
    message: expect.stringMatching(/^The GPU refused.*start the browser anew/),
    cause: refusal,
  })
})

test.each([
  ['adapter', 'requestAdapter', () => GPU.prototype],
  ['device', 'requestDevice', () => GPUAdapter.prototype],
] as const)('a GPU that never answers for its %s holds up no download, and is told as that', async (_, name, of) => {
  const prototype = of() as unknown as Record<string, () => Promise<never>>
  const original = prototype[name]!
  onTestFinished(() => void (prototype[name] = original))
  prototype[name] = () => new Promise(() => undefined)
  const gpu = createEarlyGpu(500)
  const opening = openTiny(gpu, (address, library) => gpu.begin(address, async () => library), 500)
  await expect(opening).rejects.toMatchObject({
    code: 'adapter-missing',
    message: expect.stringMatching(/^The GPU has not answered/) as string,
  })
})
