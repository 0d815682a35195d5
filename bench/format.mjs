/** @typedef {import('./statistics.mjs').Spread} Spread */

/** @param {number} value @param {number} [digits] */
export function number(value, digits = 1) {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}

/** "41.2 (38.0 to 44.1)": the median, then least and most. @param {Spread} spread @param {number} [digits] */
export function spread({ median, least, most }, digits = 1) {
  return `${number(median, digits)} (${number(least, digits)} to ${number(most, digits)})`
}

/** @param {number} bytes @param {number} [digits] In kB of 1,000 bytes. */
export function kilobytes(bytes, digits = 1) {
  return `${number(bytes / 1000, digits)} kB`
}

/** "34 of 48 (71 %)". @param {number} part @param {number} whole */
export function share(part, whole) {
  return `${part} of ${whole} (${number((100 * part) / whole, 0)} %)`
}
