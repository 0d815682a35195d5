/** The last of them stands for a character of which bytes are missing. */
const UNFINISHED = /\uFFFD$/

/** Most tokens of one character: no tokenizer spells a character with more, so longer waits mean that the bytes are wrong. */
const LONGEST_CHARACTER = 8

/** Turns tokens into text one by one, holding back tokens that end inside a character. */
export interface TokenText {
  /** The text that became known; may be empty. */
  push(id: number): string
  /** What is held back, as far as it can be read. */
  flush(): string
  /** Gives up what is held back. @returns How many tokens that were. */
  drop(): number
}

/** For byte-level tokenizers, whose tokens have the same bytes wherever they stand. */
export function createTokenText(decode: (ids: readonly number[]) => string): TokenText {
  const whole = new Map<number, string>() // tokens that are text by themselves
  let held: number[] = []

  function flush(): string {
    const text = held.length === 0 ? '' : decode(held)
    held = []
    return text
  }

  function push(id: number): string {
    if (held.length === 0) {
      const known = whole.get(id)
      if (known !== undefined) return known
    }
    held.push(id)
    const text = decode(held)
    if (UNFINISHED.test(text) && held.length < LONGEST_CHARACTER) return ''
    if (held.length === 1) whole.set(id, text)
    held = []
    return text
  }

  function drop(): number {
    const count = held.length
    held = []
    return count
  }

  return { push, flush, drop }
}
