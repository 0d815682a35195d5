import type { TokenLogprob } from '../src/core/engine.ts'

/**
 * How likely one of all tokens was, and which were likelier, from the logits of all.
 * @param count - Of the likeliest to tell.
 * @param textOf - The text of a token.
 */
export function logprobsOf(
  logits: Float32Array,
  id: number,
  count: number,
  textOf: (id: number) => string,
): TokenLogprob {
  let most = -Infinity
  for (const logit of logits) if (logit > most) most = logit
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - most)
  const norm = most + Math.log(sum)
  const tell = (token: number) => ({ text: textOf(token), logprob: (logits[token] ?? -Infinity) - norm })
  return { ...tell(id), top: likeliest(logits, count).map(tell) }
}

/** The tokens with the highest logits, highest first; one pass, since a vocabulary has a hundred thousand. */
function likeliest(logits: Float32Array, count: number): number[] {
  const best: number[] = []
  if (count === 0) return best
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!
    if (best.length === count && logit <= logits[best[count - 1]!]!) continue
    if (best.length === count) best.pop()
    let at = best.length
    while (at > 0 && logits[best[at - 1]!]! < logit) at--
    best.splice(at, 0, id)
  }
  return best
}
