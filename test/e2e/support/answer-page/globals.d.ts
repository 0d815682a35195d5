import type { MarkdownTextElement } from '../../../../src/ui/chat/markdown/markdown-text.ts'

/** What the page of an answer offers to those who drive it. */
declare global {
  interface HTMLElementTagNameMap {
    'st-markdown': MarkdownTextElement
  }
  var beginAnswer: () => MarkdownTextElement
  var showAnswer: (text: string, pieceLength: number) => void
  var streamAnswer: (text: string, pieces: number) => Promise<void>
  var showRaw: (markup: string) => void
}
