import { expect, test } from 'vitest'
import { drawToken } from '../../../../worker/llama-cpp/draw-token.ts'
import { createRandom } from '../../../../worker/seeded-random.ts'

const CANDIDATES = { ids: Int32Array.of(4, 9, 2, 7), probabilities: Float32Array.of(0.5, 0.3, 0.15, 0.05) }

/** How often each token is drawn of a thousand times. */
function shares(sampling: Parameters<typeof drawToken>[1]): Record<number, number> {
  const random = createRandom(3)
  const counts: Record<number, number> = {}
  for (let draw = 0; draw < 1000; draw += 1) {
    const id = drawToken(CANDIDATES, sampling, random)
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

test('without temperature it is always the likeliest, biases counted', () => {
  expect(shares({ temperature: 0, topP: 1 })).toEqual({ 4: 1000 })
  expect(shares({ temperature: 0, topP: 1, bias: { 4: -1 } })).toEqual({ 9: 1000 })
  expect(shares({ temperature: 0, topP: 1, bias: { 7: 3 } })).toEqual({ 7: 1000 })
})

test('with a temperature of 1 each is drawn as often as it is likely', () => {
  const drawn = shares({ temperature: 1, topP: 1 })
  for (const [index, id] of CANDIDATES.ids.entries()) {
    expect(Math.abs((drawn[id] ?? 0) / 1000 - (CANDIDATES.probabilities[index] ?? 0))).toBeLessThan(0.05)
  }
})

test('a higher temperature makes the unlikely likelier', () => {
  expect(shares({ temperature: 2, topP: 1 })[7]).toBeGreaterThan(shares({ temperature: 1, topP: 1 })[7] ?? 0)
})

test('only as many of the likeliest are drawn from as have top-p together, after the biases', () => {
  expect(Object.keys(shares({ temperature: 1, topP: 0.6 }))).toEqual(['4', '9'])
  expect(Object.keys(shares({ temperature: 1, topP: 0.4 }))).toEqual(['4'])
  expect(Object.keys(shares({ temperature: 1, topP: 0.5, bias: { 2: 5 } }))).toEqual(['2'])
  expect(Object.keys(shares({ temperature: 1, topP: 0.7, bias: { 7: 1.5, 9: 0 } }))).toEqual(['4', '7', '9'])
})

test('a token that cannot be is never drawn, and biases of what is not there change nothing', () => {
  const sampling = { temperature: 1, topP: 1, bias: { 4: -100, 9: -100, 2: -100, 77: 100 } }
  expect(shares(sampling)).toEqual({ 7: 1000 })
})
