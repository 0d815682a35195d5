/** Numbers from 0 to below 1 that follow from a whole number alone (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * A seed for WebLLM's generator, from one that a user chose. Its first number is a fifty-thousandth of the seed, so small seeds
 * as people choose them all began with a number near zero, which draws a token that hardly ever comes.
 * @returns A whole number from 1 to below 2^31 - 1.
 */
export function scatteredSeed(seed: number): number {
  return 1 + Math.floor(createRandom(seed)() * (2 ** 31 - 2))
}
