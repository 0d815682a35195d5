import { goesOn } from './goes-on.ts'

/** Characters of a block; one that begins a line may be longer by a line. Small enough for its layout to cost nothing to speak of. */
const BLOCK = 1000
const LONGEST = 4000

/** Lets a parent that shows one plain text show another; only its end is laid out again where the one goes on as the other. */
export function changePlainText(parent: HTMLElement, shown: string, text: string): void {
  if (text === shown) return
  const isMore = goesOn(text, shown)
  if (!isMore) parent.replaceChildren()
  appendPlainText(parent, isMore ? text.slice(shown.length) : text)
}

/** Adds to the end of plain text, in blocks of whole lines where lines are short, so that only the last block is laid out again. */
function appendPlainText(parent: HTMLElement, text: string): void {
  let block = lastText(parent)
  for (let at = 0; at < text.length;) {
    const room = BLOCK - block.length
    if (room <= 0 && (block.data.endsWith('\n') || block.length >= LONGEST)) {
      block = addBlock(parent)
      continue
    }
    const lineEnd = text.indexOf('\n', at + Math.max(0, room - 1))
    const end = Math.min(lineEnd < 0 ? text.length : lineEnd + 1, wholeCharacters(text, at + LONGEST - block.length))
    block.appendData(text.slice(at, end))
    at = end
  }
}

function lastText(parent: HTMLElement): Text {
  const last = parent.lastElementChild?.firstChild
  return last instanceof Text ? last : addBlock(parent)
}

function addBlock(parent: HTMLElement): Text {
  const block = document.createElement('div')
  const text = document.createTextNode('')
  block.append(text)
  parent.append(block)
  return text
}

/** A place to cut at that does not part the halves of a character. */
function wholeCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at - 1)
  return at < text.length && code >= 0xd800 && code < 0xdc00 ? at + 1 : at
}
