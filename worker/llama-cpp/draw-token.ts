import type { Sampling } from '../token-model.ts'

/** The tokens that may follow, the likeliest first, and how likely each is. */
export interface Candidates {
  readonly ids: Int32Array
  readonly probabilities: Float32Array
}

/**
 * Draws a token as WebLLM does: biases first, then the temperature, then as many of the likeliest as have `topP` together.
 * @param random Gives numbers from 0 to below 1.
 */
export function drawToken({ ids, probabilities }: Candidates, sampling: Sampling, random: () => number): number {
  const { temperature, topP, bias = {} } = sampling
  const biased = Array.from(ids, (id, index) => ({
    id,
    logit: Math.log(probabilities[index] ?? 0) + (bias[id] ?? 0),
  }))
  let best = biased[0] ?? { id: 0, logit: -Infinity }
  for (const candidate of biased) if (candidate.logit > best.logit) best = candidate
  if (temperature === 0) return best.id

  const weighed = biased
    .map(({ id, logit }) => ({ id, weight: Math.exp((logit - best.logit) / temperature) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight)
  const all = weighed.reduce((sum, { weight }) => sum + weight, 0)
  let nucleus = 0
  let count = 0
  while (count < weighed.length && nucleus < topP * all) nucleus += weighed[count++]?.weight ?? 0
  let left = random() * nucleus
  for (const { id, weight } of weighed.slice(0, count)) {
    left -= weight
    if (left < 0) return id
  }
  return best.id
}

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
