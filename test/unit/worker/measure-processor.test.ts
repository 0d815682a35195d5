import { expect, onTestFinished, test, vi } from 'vitest'

test('a clock with long steps does not make the processor seem fast', async () => {
  let passes = 0
  const [passMs, stepMs] = [5, 17]
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    passes += 1 // the time is looked at once a pass
    return Math.floor((passes * passMs) / stepMs) * stepMs
  })
  vi.stubGlobal('WebAssembly', { validate: () => true }) // whatever Node can run
  onTestFinished(() => {
    clock.mockRestore()
    vi.unstubAllGlobals()
  })
  vi.resetModules() // what was measured before is kept
  const { readProcessor } = await import('../../../worker/measure-processor.ts')
  const { weightsPerSecond } = await readProcessor()
  const expected = (2 * 4_000_000) / (passMs / 1000) // two weights for each multiplication of a pass
  expect((weightsPerSecond ?? 0) / expected).toBeGreaterThan(0.8)
  expect((weightsPerSecond ?? 0) / expected).toBeLessThan(1.25)
})
