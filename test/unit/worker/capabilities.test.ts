import { expect, onTestFinished, test, vi } from 'vitest'
import { readCapabilities } from '../../../worker/capabilities.ts'

test.each([
  ['refuses', () => Promise.reject(new Error('no'))],
  ['never answers', () => new Promise<never>(() => undefined)],
])('a GPU that %s counts as none, and the processor is told all the same', async (_, requestAdapter) => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter } })
  onTestFinished(() => void vi.unstubAllGlobals())
  expect(await readCapabilities(1)).toMatchObject({ webgpu: 'no-adapter', processor: { threads: 1 } })
})
