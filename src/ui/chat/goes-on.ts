/**
 * Whether a text is an earlier one with more at its end. An answer asks this at each token, and comparing strings for equality goes
 * many characters at a time where `startsWith` goes one by one.
 */
export function goesOn(text: string, earlier: string): boolean {
  return text.slice(0, earlier.length) === earlier
}
