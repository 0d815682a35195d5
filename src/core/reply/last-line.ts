/** The last line of a text: what a check right after it is about. */
export function lastLineOf(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1)
}
