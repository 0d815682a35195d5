/** A seeded source of numbers (mulberry32), so that a failing test fails again. */
export interface Random {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function below(limit: number): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
  function pick<Item>(items: readonly Item[]): Item {
    const item = items[below(items.length)]
    if (item === undefined) throw new RangeError('There is nothing to pick from.')
    return item
  }
  return { below, pick }
}

/** Cuts a text into pieces of random length; how fine, is random too. Some pieces are empty. */
export function rechunk(text: string, random: Random): string[] {
  const longest = 1 + random.below(random.pick([1, 3, 8, 40]))
  const chunks: string[] = []
  for (let at = 0; at < text.length;) {
    const length = random.below(longest + 1)
    chunks.push(text.slice(at, at + length))
    at += length
  }
  return chunks
}
