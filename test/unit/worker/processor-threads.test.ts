import { describe, expect, test } from 'vitest'
import { areWorthIt } from '../../../worker/processor-threads.ts'
import { SHARED_BYTES, takePart } from '../../../worker/thread-rounds.ts'

describe('several threads', () => {
  test.each([
    [[1.7], true],
    [[1.1], false],
    [[0], false],
    [[0, 1.7], false],
    [[0, 1.7, 1.6], true],
    [[1.7, 0, 0.3], false],
    [[], false],
  ])('that were so many times as fast as one: %j, are taken: %s', (gains, isWorth) => {
    expect(areWorthIt(gains)).toBe(isWorth)
  })

  test('that do not come are not waited for, and one alone waits for none', () => {
    const memory = () => new Int32Array(new SharedArrayBuffer(SHARED_BYTES))
    expect(takePart(memory(), 1)).toBeGreaterThan(0)
    expect(takePart(memory(), 1)).toBeLessThan(Infinity)
    expect(takePart(memory(), 2)).toBe(Infinity)
  })
})
