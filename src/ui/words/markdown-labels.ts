/** The words that stand around what the model wrote, in the language of the page. */
export interface MarkdownLabels {
  /** Of the button of a block of code. */
  readonly copyCode: string
  /** What it says when the code has been copied. */
  readonly copied: string
  /**
   * Of the link that stands for a picture, which is not fetched unless the reader asks for it.
   * @param name - What the model calls the picture; may be empty.
   * @param host - Where it would come from.
   */
  image(name: string, host: string): string
}

export const ENGLISH_LABELS: MarkdownLabels = {
  copyCode: 'Copy',
  copied: 'Copied',
  image: (name, host) => (name === '' ? `Image from ${host}` : `Image: ${name} (from ${host})`),
}
