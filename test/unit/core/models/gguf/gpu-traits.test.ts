import { expect, onTestFinished, test, vi } from 'vitest'
import { readGpuTraits } from '../../../../../src/core/models/gguf/gpu-traits.ts'

test.each([
  ['refuses', () => Promise.reject(new Error('no'))],
  ['never answers', () => new Promise<never>(() => undefined)],
])('a GPU that %s has nothing to choose by, and holds up no description', async (_, requestAdapter) => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter } })
  onTestFinished(() => void vi.unstubAllGlobals())
  expect(await readGpuTraits(1)).toEqual({ features: new Set() })
})
