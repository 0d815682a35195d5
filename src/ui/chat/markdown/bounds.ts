/**
 * What one message may cost the page, whatever it says. The numbers are far above what models write, and low enough for no task of
 * the main thread to last longer than 200 ms; `npm run fuzz` measures that.
 */
export const BOUNDS = {
  /** Quotations and lists in each other, and emphasis in emphasis. Deeper ones are text. */
  depth: 24,
  /** Characters and elements of a block that is not whole, and so is read and drawn again as it grows. */
  openBlock: 12_000,
  openElements: 800,
  /** Characters of a paragraph, an item, a heading or a cell, by themselves. */
  paragraph: 8000,
  /** Formulae of such a text. */
  paragraphFormulae: 400,
  /** Cells of a table that are read at once; no table is wider. Empty ones take no text, and cost as much. */
  cells: 500,
  /** Elements of a message. */
  elements: 30_000,
  /** Elements that are added in one task; what follows has to wait for the next one. */
  elementsPerTask: 400,
  /** Characters and lines that are taken up at once, and in one task; and that are read in one, code apart, counted as often as they are read. */
  charactersPerReading: 4000,
  linesPerReading: 800,
  charactersPerTask: 64_000,
  readingPerTask: 10_000,
  /** Characters of a formula, of those that are typeset in one task, and of the MathML of one; how deep that is nested, and its longest length, in em. */
  formula: 4000,
  formulaeAtOnce: 1000,
  formulaMarkup: 60_000,
  formulaDepth: 60,
  formulaLength: 30,
  /** Characters of a line of code that is coloured, and of code that is coloured at once. */
  codeLine: 2000,
  codeAtOnce: 16_000,
  /** Characters of plain text that are shown in place of what is too much. */
  plainText: 2000,
  /** Characters of a text that is shown as it was written, without a button for the rest of it. */
  rawText: 20_000,
  /** Steps of a stretch of thinking that are laid out, and characters of a line that stands with its check. */
  steps: 200,
  checkedLine: 2000,
  /** Characters of an answer that are read out. */
  spoken: 20_000,
} as const

/** Thrown where a message would cost more than `BOUNDS` allow; it is shown as plain text from there on. */
export class BoundReached extends Error {
  constructor(bound: keyof typeof BOUNDS) {
    super(`A message reaches the bound of ${bound}.`)
    this.name = 'BoundReached'
  }
}
