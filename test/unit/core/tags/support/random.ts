import { createRandom as seededNumbers } from '../../../../../worker/seeded-random.ts'

/** A seeded source of numbers, so that a failing test fails again. */
export interface Random {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
}

export function createRandom(seed: number): Random {
  const next = seededNumbers(seed)
  const below = (limit: number) => Math.floor(next() * limit)
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
