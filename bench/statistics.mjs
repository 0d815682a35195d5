/**
 * The value in the middle, or the mean of the two in the middle.
 * @param {readonly number[]} values At least one.
 * @returns {number}
 */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/**
 * @typedef {{ median: number, least: number, most: number, runs: number }} Spread
 * @param {readonly number[]} values At least one.
 * @returns {Spread}
 */
export function spreadOf(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), runs: values.length }
}
