/**
 * A text as it is compared in a search: compatibility forms, accents, case and kinds of white space make no difference.
 * Hiragana and Katakana lose their voicing marks with the accents, and syllables of Hangul become their letters. Linear.
 */
export function foldText(text: string): string {
  return NOT_ASCII.test(text)
    ? foldLetters(text).replace(WHITE_SPACE, ' ')
    : text.toLowerCase().replace(WHITE_SPACE, ' ')
}

/** A folded text that knows where it came from. */
export interface FoldedText {
  readonly folded: string
  /**
   * Where the text stood from which a stretch of `folded` was made; the marks of its last letter are included. All in UTF-16
   * code units, `end` exclusive, `from` before `to`.
   */
  originOf(from: number, to: number): { readonly start: number; readonly end: number }
}

/** The same as `foldText`, with more work and memory for each character. */
export function foldWithOrigin(text: string): FoldedText {
  const origins: number[] = [] // for each code unit of `folded`, where its character begins in `text`
  let folded = ''
  let last = ''
  let at = 0
  for (const character of text) {
    for (const letter of NOT_ASCII.test(character) ? foldLetters(character) : character.toLowerCase()) {
      const unit = IS_WHITE_SPACE.test(letter) ? ' ' : letter
      if (unit === ' ' && last === ' ') continue
      folded += unit
      last = unit
      for (let count = unit.length; count > 0; count--) origins.push(at)
    }
    at += character.length
  }

  function originOf(from: number, to: number): { start: number; end: number } {
    const start = origins[from] ?? text.length
    const origin = origins[to - 1] ?? start
    let next = to
    while (origins[next] === origin) next++ // one character can fold to several
    return { start, end: origins[next] ?? text.length }
  }

  return { folded, originOf }
}

const NOT_ASCII = /[^\0-\x7f]/
const MARKS = /\p{M}+/gu
const WHITE_SPACE = /\s+/g
const IS_WHITE_SPACE = /^\s$/

/** By way of capitals, which are the same for letters such as ß and ss, σ and ς. */
function foldLetters(text: string): string {
  return text.normalize('NFKD').replace(MARKS, '').toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}
