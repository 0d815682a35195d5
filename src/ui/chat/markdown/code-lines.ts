import { keepSelection } from './keep-selection.ts'

/** Code longer than this is laid out in blocks of whole lines, so that a change lays out only its own. UTF-16 code units. */
const LONG = 2000

/** Adds text to the end of code. */
export function appendCode(code: HTMLElement, text: string): void {
  const last = code.lastElementChild
  let block = last instanceof HTMLElement && last.classList.contains('lines') ? last : code
  let rest = text
  for (;;) {
    const length = block.textContent?.length ?? 0
    const cut = length + rest.length > LONG ? rest.indexOf('\n', Math.max(0, LONG - length)) + 1 : 0
    if (cut === 0) break
    appendText(block, rest.slice(0, cut))
    if (block === code) keepSelection(code, () => code.replaceChildren(linesWith(...code.childNodes)))
    block = linesWith()
    code.append(block)
    rest = rest.slice(cut)
  }
  if (rest !== '') appendText(block, rest)
}

/** The blocks that code is laid out in: itself when it is short. */
export function blocksOfCode(code: HTMLElement): HTMLElement[] {
  const blocks = [...code.querySelectorAll<HTMLElement>(':scope > .lines')]
  return blocks.length === 0 ? [code] : blocks
}

function linesWith(...nodes: ChildNode[]): HTMLElement {
  const lines = document.createElement('span')
  lines.className = 'lines'
  lines.append(...nodes)
  return lines
}

function appendText(parent: HTMLElement, text: string): void {
  const { lastChild } = parent
  if (lastChild instanceof Text) lastChild.appendData(text)
  else parent.append(text)
}
