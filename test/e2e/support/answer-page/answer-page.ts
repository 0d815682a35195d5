/** The Markdown of an answer alone, which a test lets grow as it likes. */
import { MarkdownTextElement } from '../../../../src/ui/chat/markdown/markdown-text.ts'

customElements.define('st-markdown', MarkdownTextElement)
const place = document.querySelector('main')

/** Begins an empty answer in the place of the last one. */
globalThis.beginAnswer = () => {
  const answer = new MarkdownTextElement()
  answer.className = 'answer'
  place?.replaceChildren(answer)
  return answer
}

/** Shows a text `pieceLength` characters at a time, and then as a whole. */
globalThis.showAnswer = (text, pieceLength) => {
  const answer = beginAnswer()
  for (let end = pieceLength; end < text.length; end += pieceLength) {
    answer.content = { text: text.slice(0, end), isWhole: false }
  }
  answer.content = { text, isWhole: true }
}

/** What a page without a sanitizer would do. */
globalThis.showRaw = (markup) => {
  beginAnswer().innerHTML = markup
}
