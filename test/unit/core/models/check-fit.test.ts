import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Capabilities } from '../../../../src/core/engine.ts'
import { bestModel, checkFit, type Fit, type FitReason } from '../../../../src/core/models/check-fit.ts'
import type { ModelDescription } from '../../../../src/core/models/model-description.ts'
import { parseManifest } from '../../../../src/core/models/parse-manifest.ts'
import { embeddedModel, prebuiltModels } from '../../../../src/core/models/model-list.ts'
import { desktop, software } from './support/devices.ts'

const manifest = readFileSync(new URL(`../../../../public/${embeddedModel.manifestPath}`, import.meta.url), 'utf8')
const tiny = parseManifest(JSON.parse(manifest), `https://example.org/${embeddedModel.manifestPath}`, 'embedded')

function named(id: string): ModelDescription {
  const model = prebuiltModels.find((candidate) => candidate.id === `${id}_1-MLC`)
  if (model === undefined) throw new Error(`no model ${id}`)
  return model
}

const small = named('Llama-3.2-1B-Instruct-q4f16')
const large = named('Llama-3.1-8B-Instruct-q4f16')

const withLimits = (limits: Record<string, number>): Capabilities => ({
  ...desktop,
  limits: { ...desktop.limits, ...limits },
})

const needsOf = (reason: FitReason) => ('needs' in reason ? reason.needs : undefined)

const codesOf = ({ reasons }: Fit) => reasons.map(({ code }) => code)

describe('a model', () => {
  test('fits a device that has all it needs', () => {
    expect(checkFit(small, desktop)).toEqual({ verdict: 'fits', reasons: [] })
    expect(checkFit(tiny, desktop)).toEqual({ verdict: 'fits', reasons: [] })
  })

  test.each<[string, Partial<Capabilities>, string]>([
    ['an insecure page', { isSecureContext: false, webgpu: 'missing' }, 'insecure-page'],
    ['no WebGPU', { webgpu: 'missing' }, 'webgpu-missing'],
    ['no adapter', { webgpu: 'no-adapter' }, 'adapter-missing'],
  ])('does not fit %s, for that reason alone', (_, lack, code) => {
    const fit = checkFit(tiny, { ...desktop, features: [], limits: {}, ...lack })
    expect(fit.verdict).toBe('does-not-fit')
    expect(codesOf(fit)).toEqual([code])
  })

  test('that computes in 16 bits does not fit a GPU that cannot; its sister of 32 bits does', () => {
    const device = { ...desktop, features: [] }
    const fit = checkFit(small, device)
    expect(fit).toMatchObject({ verdict: 'does-not-fit', reasons: [{ code: 'feature-missing', needs: 'shader-f16' }] })
    expect(checkFit(named('Llama-3.2-1B-Instruct-q4f32'), device).verdict).toBe('fits')
  })

  test('is told each feature that is missing', () => {
    const model = { ...tiny, requiredFeatures: ['subgroups', 'shader-f16'] }
    expect(checkFit(model, { ...desktop, features: [] }).reasons.map(needsOf)).toEqual(['subgroups', 'shader-f16'])
  })
})

describe('limits', () => {
  test.each([
    ['maxComputeWorkgroupStorageSize', 16_384, 32_768],
    ['maxStorageBuffersPerShaderStage', 8, 10],
    ['maxBufferSize', 2 ** 28 - 4, 2 ** 28],
    ['maxStorageBufferBindingSize', 2 ** 27 - 4, 2 ** 27],
  ])('below what WebLLM starts with exclude every model: %s', (limit, has, needs) => {
    const fit = checkFit({ ...tiny, requiredLimits: {} }, withLimits({ [limit]: has }))
    expect(fit).toMatchObject({
      verdict: 'does-not-fit',
      reasons: [{ code: 'limit-short', limit, needs, has, isOfAll: true }],
    })
  })

  test('that the model needs are compared with what WebLLM asks for, not with what the GPU offers', () => {
    // A binding of 262 MB: the GPU offers 512 MB, but WebLLM asks for 1 GiB or else for 128 MiB.
    const fit = checkFit(large, withLimits({ maxStorageBufferBindingSize: 2 ** 29 }))
    expect(fit.verdict).toBe('does-not-fit')
    const needs = (128_256 * 4096) / 2
    expect(fit.reasons[0]).toMatchObject({ code: 'limit-short', needs, has: 2 ** 27, isOfAll: false })
    expect(codesOf(checkFit(large, withLimits({ maxStorageBufferBindingSize: 2 ** 30 })))).not.toContain('limit-short')
  })

  test('of 128 MiB, as phones have them, are enough for the smallest', () => {
    const phone = withLimits({ maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 })
    expect(checkFit(tiny, phone).verdict).toBe('fits')
    expect(checkFit(small, phone).verdict).toBe('fits')
    expect(checkFit(named('Llama-3.2-3B-Instruct-q4f16'), phone).verdict).toBe('does-not-fit')
  })

  test('that a model alone names are compared as they are', () => {
    const model = { ...tiny, requiredLimits: { maxBindGroups: 5 } }
    expect(checkFit(model, withLimits({ maxBindGroups: 4 })).reasons).toMatchObject([{ needs: 5, has: 4 }])
    expect(checkFit(model, withLimits({ maxBindGroups: 5 })).verdict).toBe('fits')
  })

  test('of which the device tells nothing exclude nothing', () => {
    expect(checkFit(small, { ...desktop, limits: {} }).verdict).toBe('fits')
  })
})

describe('storage', () => {
  const withRoom = (bytes: number): Capabilities => ({
    ...desktop,
    storage: { quotaBytes: bytes + 5e9, usedBytes: 5e9 },
  })

  test('that is too small excludes a model, with what it needs and what there is', () => {
    const fit = checkFit(small, withRoom(0.5e9))
    expect(fit).toMatchObject({ verdict: 'does-not-fit', reasons: [{ code: 'storage-short', has: 0.5e9 }] })
    expect(fit.reasons.map(needsOf)[0]).toBeGreaterThan(small.downloadBytes)
  })

  test('without headroom is tight', () => {
    expect(checkFit(small, withRoom(small.downloadBytes))).toMatchObject({
      verdict: 'tight',
      reasons: [{ code: 'storage-short' }],
    })
    expect(checkFit(small, withRoom(Math.ceil(small.downloadBytes * 1.1))).verdict).toBe('fits')
  })

  test('is needed only for what is not stored yet', () => {
    expect(checkFit(small, withRoom(0), small.downloadBytes).verdict).toBe('fits')
    expect(checkFit(small, withRoom(0.5e9), small.downloadBytes - 0.4e9).verdict).toBe('fits')
    expect(checkFit(small, withRoom(0), 1000).verdict).toBe('does-not-fit')
  })

  test('that is overdrawn has no room, not less than none', () => {
    const device = { ...desktop, storage: { quotaBytes: 1e9, usedBytes: 2e9 } }
    expect(checkFit(small, device).reasons).toMatchObject([{ code: 'storage-short', has: 0 }])
  })

  test('of which the browser tells nothing excludes nothing', () => {
    const { storage: _, ...silent } = desktop
    expect(checkFit(small, silent).verdict).toBe('fits')
  })
})

describe('memory', () => {
  const withMemory = (gibibytes: number): Capabilities => ({ ...desktop, deviceMemoryBytes: gibibytes * 2 ** 30 })

  test('that is smaller than the model excludes it', () => {
    const fit = checkFit(large, withMemory(4))
    expect(fit).toMatchObject({ verdict: 'does-not-fit', reasons: [{ code: 'memory-short', has: 4 * 2 ** 30 }] })
  })

  test('of which the model takes more than half is tight', () => {
    expect(checkFit(small, withMemory(1))).toMatchObject({ verdict: 'tight', reasons: [{ code: 'memory-short' }] })
    expect(checkFit(small, withMemory(2)).verdict).toBe('fits')
  })

  test('at the most that browsers tell may be larger, so that a large model is tight, never out', () => {
    const largest = named('Llama-3.1-70B-Instruct-q3f16')
    expect(checkFit(largest, withMemory(8)).verdict).toBe('tight')
    expect(checkFit(largest, withMemory(8)).reasons).toMatchObject([{ has: 8 * 2 ** 30, orMore: true }])
    expect(checkFit(largest, withMemory(16)).verdict).toBe('does-not-fit')
    expect(checkFit(largest, withMemory(32)).verdict).toBe('tight')
  })

  test('beside the GPU does not make a model fit that takes more than most GPUs have', () => {
    expect(checkFit(large, withMemory(32)).verdict).toBe('tight')
    expect(checkFit(named('Qwen3-4B-q4f16'), withMemory(32)).verdict).toBe('fits')
  })

  test('of which the browser tells nothing makes models above 2 GiB tight', () => {
    const { deviceMemoryBytes: _, ...silent } = desktop
    expect(checkFit(small, silent).verdict).toBe('fits')
    const fit = checkFit(large, silent)
    expect(fit.verdict).toBe('tight')
    expect(fit.reasons[0]).not.toHaveProperty('has')
  })
})

describe('a GPU of software', () => {
  test('runs the embedded model, hardly a small one, and no large one in time', () => {
    expect(checkFit(tiny, software).verdict).toBe('fits')
    expect(checkFit(small, software)).toMatchObject({ verdict: 'tight', reasons: [{ code: 'software-gpu' }] })
    expect(checkFit(large, software).reasons).toContainEqual({ code: 'software-gpu', verdict: 'does-not-fit' })
  })
})

test('the weightiest reasons come first', () => {
  const device = {
    ...desktop,
    deviceMemoryBytes: 8 * 2 ** 30,
    features: [],
    storage: { quotaBytes: 1e9, usedBytes: 0 },
  }
  const fit = checkFit(large, device)
  expect(codesOf(fit)).toEqual(['feature-missing', 'storage-short', 'memory-short'])
  expect(fit.reasons.map(({ verdict }) => verdict)).toEqual(['does-not-fit', 'does-not-fit', 'tight'])
})

describe('the best model', () => {
  const all = [tiny, ...prebuiltModels]
  const best = (device: Capabilities) => bestModel(all, device)?.id

  test('of a good desktop thinks by itself and leaves half the memory free', () => {
    expect(best(desktop)).toBe('Qwen3-4B-q4f16_1-MLC')
  })

  test('without 16 bits computes in 32', () => {
    expect(best({ ...desktop, features: [] })).toMatch(/q4f32_1-MLC$/)
  })

  test('of software, or without room, is the embedded one', () => {
    expect(best(software)).toBe('reflection-tiny')
    expect(best({ ...desktop, storage: { quotaBytes: 100e6, usedBytes: 0 } })).toBe('reflection-tiny')
  })

  test('counts what is stored', () => {
    const full = { ...desktop, storage: { quotaBytes: 100e6, usedBytes: 99e6 } }
    expect(bestModel(all, full, (model) => (model.id === small.id ? model.downloadBytes : 0))?.id).toBe(small.id)
  })

  test('may be tight when none fits, and is none where nothing runs', () => {
    expect(bestModel([small, large], { ...desktop, deviceMemoryBytes: 2 ** 30 })).toBe(small)
    expect(best({ ...desktop, webgpu: 'missing' })).toBeUndefined()
  })
})
