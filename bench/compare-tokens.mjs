/** @typedef {import('../src/core/engine.ts').TokenLogprob} TokenLogprob */
/** @typedef {{ text: string, tokens: TokenLogprob[] }} Reply */
/** @typedef {{ places: number, alike: number, firstAlike: boolean, same: boolean, differences: number[] }} Comparison */

/** Tokens that are less likely than this on both engines say nothing of an answer; natural logarithm. */
const LEAST = Math.log(0.001)

/**
 * Compares what two engines thought of the tokens of a reply, as long as both went the same way: after the first token that differs they answer
 * different texts.
 * @param {Reply} one @param {Reply} other
 * @returns {Comparison}
 */
export function compareTokens(one, other) {
  let places = 0
  let alike = 0
  /** @type {number[]} */
  const differences = []
  for (const [index, token] of one.tokens.entries()) {
    const beside = other.tokens[index]
    if (beside === undefined) break
    places += 1
    differences.push(...differencesOf(token, beside))
    if (token.text !== beside.text) break
    alike += 1
  }
  const firstAlike = one.tokens[0]?.text === other.tokens[0]?.text
  return { places, alike, firstAlike, same: one.text === other.text, differences }
}

/**
 * Of the tokens that both list, those that one of them finds likely at all. Parts of characters have no text of their own to be known by.
 * @param {TokenLogprob} one @param {TokenLogprob} other
 */
function differencesOf(one, other) {
  const beside = new Map(other.top.map(({ text, logprob }) => [text, logprob]))
  return one.top.flatMap(({ text, logprob }) => {
    const there = beside.get(text)
    return there === undefined || text.includes('\uFFFD') || Math.max(logprob, there) < LEAST
      ? []
      : [Math.abs(logprob - there)]
  })
}

/** @param {readonly Comparison[]} comparisons */
export function summarize(comparisons) {
  const differences = comparisons.flatMap((comparison) => comparison.differences)
  const sum = (/** @type {(comparison: Comparison) => number} */ of) =>
    comparisons.reduce((total, comparison) => total + of(comparison), 0)
  return {
    replies: comparisons.length,
    places: sum(({ places }) => places),
    alike: sum(({ alike }) => alike),
    firstAlike: sum(({ firstAlike }) => Number(firstAlike)),
    same: sum(({ same }) => Number(same)),
    mean: differences.reduce((total, difference) => total + difference, 0) / Math.max(1, differences.length),
    most: Math.max(0, ...differences),
  }
}
