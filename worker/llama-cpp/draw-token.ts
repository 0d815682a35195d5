import type { Sampling } from '../token-model.ts'

/** The tokens that may follow, the likeliest first, and how likely each is. */
export interface Candidates {
  readonly ids: Int32Array
  readonly probabilities: Float32Array
}

/**
 * Draws a token as WebLLM does: biases first, then the temperature, then as many of the likeliest as have `topP` together. No object is made for
 * a token: of a vocabulary of 128,000 that took as long as a small model does.
 * @param random Gives numbers from 0 to below 1.
 */
export function drawToken(candidates: Candidates, sampling: Sampling, random: () => number): number {
  const { temperature, topP, bias = {} } = sampling
  const { ids, probabilities } = withBias(candidates, bias)
  const likeliest = ids[0] ?? 0
  if (temperature === 0) return likeliest

  const weights = new Float64Array(ids.length)
  const most = probabilities[0] ?? 0
  let all = 0
  for (let index = 0; index < weights.length; index += 1) {
    const share = (probabilities[index] ?? 0) / most
    const weight = temperature === 1 ? share : share ** (1 / temperature)
    if (!(weight > 0)) break // and so are those that follow
    weights[index] = weight
    all += weight
  }
  let nucleus = 0
  let count = 0
  while (count < weights.length && nucleus < topP * all) nucleus += weights[count++] ?? 0
  let left = random() * nucleus
  for (let index = 0; index < count; index += 1) {
    left -= weights[index] ?? 0
    if (left < 0) return ids[index] ?? 0
  }
  return likeliest
}

/** What is added to a logarithm multiplies a probability, which need not be one of all then: those of a few tokens, put where they belong now. */
function withBias(
  { ids, probabilities }: Candidates,
  bias: Readonly<Record<number, number>>,
): { readonly ids: ArrayLike<number>; readonly probabilities: ArrayLike<number> } {
  const added = new Map(Object.entries(bias).map(([id, value]) => [Number(id), value]))
  if (added.size === 0) return { ids, probabilities }
  const moved: { id: number; probability: number }[] = []
  for (let index = 0; index < ids.length && moved.length < added.size; index += 1) {
    const id = ids[index] as number
    const value = added.get(id)
    if (value !== undefined) moved.push({ id, probability: (probabilities[index] as number) * Math.exp(value) })
  }
  moved.sort((one, other) => other.probability - one.probability)
  const order = new Int32Array(ids.length)
  const biased = new Float64Array(ids.length)
  let to = 0
  let next = 0
  for (let index = 0; index <= ids.length; index += 1) {
    const id = ids[index]
    if (id !== undefined && added.has(id)) continue
    const probability = id === undefined ? -1 : (probabilities[index] as number)
    for (; next < moved.length && (moved[next]?.probability ?? 0) > probability; next += 1, to += 1) {
      order[to] = moved[next]?.id ?? 0
      biased[to] = moved[next]?.probability ?? 0
    }
    if (id === undefined) break
    order[to] = id
    biased[to] = probability
    to += 1
  }
  return { ids: order, probabilities: biased }
}
