/** The words that stand around what the model wrote, in the language of the page. */
export interface MarkdownLabels {
  /** Of the button of a block of code. */
  readonly copyCode: string
  /** What it says when the code has been copied. */
  readonly copied: string
  /** What it says when the browser refuses that. */
  readonly notCopied: string
  /**
   * Of the link that stands for a picture, which is not fetched unless the reader asks for it.
   * @param name - What the model calls the picture; may be empty.
   * @param host - Where it would come from.
   */
  image(name: string, host: string): string
  /** Over the end of a message that would cost the page too much, which is not rendered. */
  readonly tooMuch: string
  /** Below the beginning of a text that is too long to be shown as it was written, all at once. */
  readonly tooLong: string
  /** Of the button that shows all of such a message as plain text, and hides it again. */
  readonly showFullText: string
  readonly hideFullText: string
  /** What that text is called by those who listen. */
  readonly fullText: string
}

export const ENGLISH_LABELS: MarkdownLabels = {
  copyCode: 'Copy',
  copied: 'Copied',
  notCopied: 'Could not be copied',
  image: (name, host) => (name === '' ? `Image from ${host}` : `Image: ${name} (from ${host})`),
  tooMuch: 'This is too long or too complex to be laid out, so from here on it is plain text.',
  tooLong: 'This is too long to be shown at once; it goes on.',
  showFullText: 'Show the full text',
  hideFullText: 'Hide the full text',
  fullText: 'Full text',
}
