/** The value of every 16-bit float, by its bits. */
export const HALF_VALUES: Float32Array = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
})

export const LARGEST_HALF = 65504

const number = new Float64Array(1)
const words = new Uint32Array(number.buffer)

/** The bits of the 16-bit float nearest to a number of at most `LARGEST_HALF`, of two the one with an even last bit. */
export function halfBits(value: number): number {
  number[0] = value
  const high = words[1] ?? 0
  const sign = (high >>> 16) & 0x8000
  const exponent = Math.max(-14, ((high >>> 20) & 0x7ff) - 1023)
  // Whole units of the last place: adding and taking away 1.5 * 2^52 leaves a double no room for anything less.
  const units = Math.abs(value) * 2 ** (10 - exponent) + 6755399441055744 - 6755399441055744
  return sign | (units + (exponent + 14) * 1024)
}
