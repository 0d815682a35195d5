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

/** Once the page has drawn what was changed. */
const drawn = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)))

/** Timers without a delay that have not fired: an answer takes the rest of a long text up with them, some of which changes nothing in sight. */
const waiting = new Set<number>()
const { setTimeout: setTimer, clearTimeout: clearTimer } = window
window.setTimeout = ((run: () => void, delay?: number) => {
  const timer = setTimer(() => {
    waiting.delete(timer)
    run()
  }, delay)
  if (delay === undefined) waiting.add(timer)
  return timer
}) as typeof setTimeout
window.clearTimeout = (timer) => {
  waiting.delete(Number(timer))
  clearTimer(timer)
}

/** Once all is taken up, and nothing has changed for a while. */
function settled(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    let timer = setTimeout(end, milliseconds)
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(end, milliseconds)
    }
    const observer = new MutationObserver(wait)
    function end() {
      if (waiting.size > 0) return wait()
      observer.disconnect()
      resolve()
    }
    if (place !== null) observer.observe(place, { childList: true, subtree: true, characterData: true })
  })
}

/** Lets a text come in so many pieces, each drawn before the next one comes, and waits until nothing more happens to it. */
globalThis.streamAnswer = async (text, pieces) => {
  const answer = beginAnswer()
  for (let piece = 1; piece < pieces; piece++) {
    answer.content = { text: text.slice(0, Math.floor((text.length * piece) / pieces)), isWhole: false }
    await drawn()
  }
  answer.content = { text, isWhole: true }
  await drawn()
  await settled(/[$`]|~~~|\\[([]/.test(text) ? 300 : 100) // code and formulae are read elsewhere
}
