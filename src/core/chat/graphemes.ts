/** The characters of a text as people count them: an emoji of several parts is one, and so is a letter with its marks. */
export function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}

/**
 * The beginning of a text, cut between characters. One that has no room by itself, such as a letter under a heap of marks, is cut between
 * code points.
 * @param room - The most UTF-16 units.
 */
export function beginningOf(text: string, room: number): string {
  let kept = ''
  for (const character of graphemes(text.slice(0, 2 * room))) {
    if (kept.length + character.length > room) break
    kept += character
  }
  return kept === '' ? text.slice(0, room).replace(/[\ud800-\udbff]$/, '') : kept
}
