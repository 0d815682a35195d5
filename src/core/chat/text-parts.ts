/** Characters of a part, about: few enough for a field to be quick with them. */
const PART = 10_000

/** From so many characters on, a part is cut anew. */
export const LONGEST_PART = 2 * PART

/** Cuts a long text into parts for a field each, at the ends of lines where there are some; joined, they are the text. */
export function partsOf(text: string): readonly [string, ...string[]] {
  const parts: string[] = []
  let at = 0
  while (text.length - at > LONGEST_PART) {
    const lineEnd = text.lastIndexOf('\n', at + LONGEST_PART - 1) + 1
    const end = lineEnd > at + PART ? lineEnd : wholeCharacters(text, at + PART)
    parts.push(text.slice(at, end))
    at = end
  }
  return [...parts, text.slice(at)] as unknown as [string, ...string[]]
}

/** A place to cut at that does not part the halves of a character. */
function wholeCharacters(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at + 1 : at
}
