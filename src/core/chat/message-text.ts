/** Line breaks and spaces, and characters that nothing is drawn for, such as U+200B or a Hangul filler. */
const SHOWS_NOTHING = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Control}\u2800]*$/u

const BLANK_LINES_AT_START = /^(?:[^\S\n]*\n)+/

/** Whether there is nothing to read in a text. */
export function isBlankMessage(text: string): boolean {
  return SHOWS_NOTHING.test(text)
}

/** A message as it is sent and shown: without blank lines at its start; its first line keeps its indent. */
export function withoutBlankStart(text: string): string {
  return text.replace(BLANK_LINES_AT_START, '')
}
