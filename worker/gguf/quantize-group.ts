import { HALF_VALUES, halfBits, LARGEST_HALF } from './half-float.ts'

/** Weights that share a scale. */
export const GROUP = 32

/**
 * The largest weight divided by the scale, tried for every group, and then for those that are on no grid. The lists, the order and the
 * arithmetic are those of the forge (`model/reflection_model/quantization.py`), which says why; sums are in doubles there too, so that
 * both find the same numbers. What the forge tries with the other sign as well gives the same error to the last bit, and it keeps the first.
 */
const WHOLE_EXTREMES = [-8, 7, 6, 5, 4, 3, 2, 1]
const FINE_EXTREMES = [-8.8, -8.4, -7.8, -7.6, -7.4, -7.2, 7.6, 7.3, 6.8, 6.6]
const REFINEMENTS = 2

/** Added and taken away again, it rounds a double to a whole number, halves to the even one. */
const ROUNDER = 6755399441055744

/** What may be computed in two ways differs by less, as a share of the weights' squares. */
const DOUBT = 1e-9

/** Finds for groups of weights the 4-bit values and the scale with the least squared error. Made once, it needs no memory for a group. */
export function createGroupQuantizer() {
  const weights = new Float64Array(GROUP)
  const tried = new Float64Array(GROUP)
  const best = new Float64Array(GROUP)
  let squares = 0 // of the weights
  let bestError = 0
  let bestScale = 0

  /** Puts each weight on the grid of a scale, fits the scale to that, and keeps the two if they are better than all before. */
  function attempt(inverse: number): void {
    let dots = 0
    let lengths = 0
    for (let index = 0; index < GROUP; index += 1) {
      const weight = weights[index] as number
      let value = weight * inverse
      value = value < -8 ? -8 : value > 7 ? 7 : value
      value = value + ROUNDER - ROUNDER
      tried[index] = value
      dots += weight * value
      lengths += value * value
    }
    const fitted = lengths === 0 ? 0 : Math.min(LARGEST_HALF, Math.max(-LARGEST_HALF, dots / lengths))
    const scale = HALF_VALUES[halfBits(fitted)] as number
    // Most attempts are worse by far, which the sums tell that are there already.
    if (squares - 2 * scale * dots + scale * scale * lengths > bestError + DOUBT * squares) return
    let error = 0
    for (let index = 0; index < GROUP; index += 1) {
      const difference = (weights[index] as number) - (tried[index] as number) * scale
      error += difference * difference
    }
    if (error >= bestError) return
    bestError = error
    bestScale = scale
    best.set(tried)
  }

  return {
    /** The values, -8 to 7, of the last group. */
    values: best,
    /**
     * @param from - Where the group begins.
     * @returns The scale, a 16-bit float; or undefined when a weight is not finite, or too large for one.
     */
    quantize(source: Float32Array, from: number): number | undefined {
      squares = 0
      let extreme = 0
      for (let index = 0; index < GROUP; index += 1) {
        const weight = source[from + index] as number
        weights[index] = weight
        squares += weight * weight
        if (Math.abs(weight) > Math.abs(extreme)) extreme = weight
      }
      if (!(Math.abs(extreme) <= 8 * LARGEST_HALF) || !Number.isFinite(squares)) return undefined
      bestError = squares
      bestScale = 0
      best.fill(0)
      if (squares === 0) return 0
      for (const numerator of WHOLE_EXTREMES) attempt(numerator / extreme)
      if (bestError === 0) return bestScale
      for (const numerator of FINE_EXTREMES) attempt(numerator / extreme)
      for (let round = 0; round < REFINEMENTS; round += 1) attempt(bestScale === 0 ? 0 : 1 / bestScale)
      return bestScale
    },
  }
}

export type GroupQuantizer = ReturnType<typeof createGroupQuantizer>
