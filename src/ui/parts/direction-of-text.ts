/** From so many characters on, browsers take seconds to find the direction of each line of a text by themselves. */
const LONG = 20_000

/** The first letter that has a direction is of a script that goes from right to left. */
const BEGINS_FROM_RIGHT = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** What the `dir` of a field with this text has to be: `auto`, or for a long text the direction of its beginning. */
export function directionOfText(text: string): 'auto' | 'ltr' | 'rtl' {
  if (text.length < LONG) return 'auto'
  return BEGINS_FROM_RIGHT.test(text.slice(0, LONG)) ? 'rtl' : 'ltr'
}
