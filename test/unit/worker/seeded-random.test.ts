import { expect, test } from 'vitest'
import { createRandom, scatteredSeed } from '../../../worker/seeded-random.ts'

test('a seed alone decides what is drawn', () => {
  const draws = (seed: number) => Array.from({ length: 5 }, createRandom(seed))
  expect(draws(7)).toEqual(draws(7))
  expect(draws(7)).not.toEqual(draws(8))
  expect(draws(0).every((value) => value >= 0 && value < 1)).toBe(true)
})

test('what WebLLM draws first is anywhere, also with the small seeds that people choose', () => {
  const MODULUS = 2 ** 31 - 1 // of WebLLM's generator, as is the factor
  const first = (seed: number) => ((scatteredSeed(seed) * 48_271) % MODULUS) / MODULUS
  const draws = Array.from({ length: 400 }, (_, seed) => first(seed))
  for (const quarter of [0, 1, 2, 3])
    expect(draws.filter((draw) => Math.floor(draw * 4) === quarter).length).toBeGreaterThan(70)
  expect(new Set(draws).size).toBe(draws.length)
})

test('every seed is one that WebLLM takes', () => {
  for (const seed of [0, 1, 2 ** 31 - 1, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER]) {
    const scattered = scatteredSeed(seed)
    expect(Number.isInteger(scattered)).toBe(true)
    expect(scattered).toBeGreaterThan(0)
    expect(scattered).toBeLessThan(2 ** 31 - 1)
  }
})
