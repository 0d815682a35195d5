import { describe, expect, test } from 'vitest'
import type { Capabilities } from '../../../../src/core/engine.ts'
import { chooseEngine } from '../../../../src/core/models/choose-engine.ts'
import type { GgufDescription } from '../../../../src/core/models/gguf/describe-gguf.ts'
import type { ModelDescription } from '../../../../src/core/models/model-description.ts'
import { prebuiltModels } from '../../../../src/core/models/model-list.ts'
import { describeModel } from '../../worker/support/descriptions.ts'
import { desktop, software } from './support/devices.ts'

const tiny = describeModel({ gguf: { path: 'tiny.gguf', bytes: 2_700_000 } })
const [prebuilt] = prebuiltModels as readonly [ModelDescription]
const old = { isUsable: false, threads: 1 }
const noWebGpu: Capabilities = { ...desktop, webgpu: 'missing', features: [], limits: {} }

/** What is chosen and why, in one line. */
function chosen(...parameters: Parameters<typeof chooseEngine>): string {
  const { engine, why, fit } = chooseEngine(...parameters)
  return `${engine}: ${why}, ${fit.verdict}`
}

describe('auto', () => {
  test.each<[string, ModelDescription, Capabilities, string]>([
    ['a real GPU that the model fits', tiny, desktop, 'gpu: gpu-fits, fits'],
    ['software that plays a GPU counts as none', tiny, software, 'processor: software-gpu, fits'],
    ['a browser without WebGPU', tiny, noWebGpu, 'processor: no-webgpu, fits'],
    ['WebGPU without an adapter', tiny, { ...noWebGpu, webgpu: 'no-adapter' }, 'processor: no-adapter, fits'],
    ['a page without https', tiny, { ...desktop, isSecureContext: false }, 'processor: no-webgpu, fits'],
    [
      'a GPU that the model does not fit',
      { ...tiny, requiredFeatures: ['shader-f16'] },
      { ...desktop, features: [] },
      'processor: gpu-unfit, fits',
    ],
    [
      'a GGUF file of a shape that no program for the GPU takes',
      { ...tiny, imported: { description: {} as GgufDescription } },
      desktop,
      'processor: library-missing, fits',
    ],
    ['a model without a file for the processor', prebuilt, noWebGpu, 'gpu: gpu-only, does-not-fit'],
    ['a browser that cannot run llama.cpp', tiny, { ...software, processor: old }, 'gpu: gpu-only, fits'],
  ])('%s', (_, model, device, expected) => {
    expect(chosen(model, device, 'auto')).toBe(expected)
  })

  test('a model that the processor would take forever for stays with the GPU, whatever that is', () => {
    const large = { ...tiny, gguf: { path: 'large.gguf', bytes: 3e9 } }
    expect(chosen(large, { ...software, processor: { ...old, isUsable: true, weightsPerSecond: 1e9 } }, 'auto')).toBe(
      'gpu: gpu-only, fits',
    )
  })
})

test('what the user chooses counts, on any device', () => {
  expect(chosen(tiny, software, 'gpu')).toBe('gpu: chosen, fits')
  expect(chosen(tiny, noWebGpu, 'gpu')).toBe('gpu: chosen, does-not-fit')
  expect(chosen(tiny, desktop, 'processor')).toBe('processor: chosen, fits')
  expect(chosen(tiny, { ...desktop, processor: old }, 'processor')).toBe('processor: chosen, does-not-fit')
})

test('a model that has no file for the processor runs on the GPU, also where the processor is chosen', () => {
  expect(chosen(prebuilt, desktop, 'processor')).toMatch(/^gpu: gpu-only/)
})

describe('the fit on a processor', () => {
  const fitOf = (bytes: number, device: Partial<Capabilities>, stored = 0) =>
    chooseEngine({ ...tiny, gguf: { path: 'some.gguf', bytes } }, { ...noWebGpu, ...device }, 'processor', {
      processor: stored,
    }).fit

  test('says that it is slow, and how slow', () => {
    const slow = { processor: { isUsable: true, threads: 1, weightsPerSecond: 3e9 } }
    expect(fitOf(1.5e9, slow)).toMatchObject({ verdict: 'tight', reasons: [{ code: 'processor-slow' }] })
    const twice = { processor: { ...slow.processor, threads: 4 } }
    expect(fitOf(1.5e8, twice)).toEqual({ verdict: 'fits', reasons: [] })
  })

  test('counts of a mixture only the experts that a token asks', () => {
    const processor = { isUsable: true, threads: 1, weightsPerSecond: 3e9 }
    const mixture = (idleBytes: number) => ({
      ...tiny,
      gguf: { path: 'some.gguf', bytes: 3e9 },
      imported: { description: { idleBytes } as Partial<GgufDescription> as GgufDescription },
    })
    const speed = (idleBytes: number) =>
      chooseEngine(mixture(idleBytes), { ...desktop, processor }, 'processor').speed ?? 0
    expect([speed(0), speed(2.5e9)]).toEqual([expect.closeTo(0.57, 2), expect.closeTo(3.4, 1)])
    expect(chosen(mixture(2.5e9), { ...noWebGpu, processor }, 'auto')).toBe('processor: no-webgpu, tight')
  })

  test('knows the end of the memory of a page, and the room that is left', () => {
    expect(fitOf(4e9, {})).toMatchObject({ verdict: 'does-not-fit', reasons: [{ code: 'processor-memory' }, {}] })
    const full = { storage: { quotaBytes: 1e6, usedBytes: 1e6 } }
    expect(fitOf(2e6, full)).toMatchObject({ verdict: 'does-not-fit', reasons: [{ code: 'storage-short' }] })
    expect(fitOf(2e6, full, 3e6).verdict).toBe('fits')
  })
})
