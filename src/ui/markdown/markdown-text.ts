import type { TokensList } from 'marked'
import { createGrowingBlocks, type GrowingBlocks } from './growing-blocks.ts'
import { readBlocks, renderBlocks } from './render-markdown.ts'

export interface MarkdownContent {
  readonly text: string
  /** Whether no more will come. */
  readonly isWhole: boolean
}

/** Told of the text of each block that has become whole, for those who listen instead of look. */
export class BlockFinishedEvent extends Event {
  readonly text: string

  constructor(text: string) {
    super('block-finished', { bubbles: true })
    this.text = text
  }
}

/** Shows Markdown that grows. Blocks that are whole are rendered once and left alone, so a selection in them stays. */
export class MarkdownTextElement extends HTMLElement {
  #blocks: GrowingBlocks | undefined
  #shown: MarkdownContent = { text: '', isWhole: false }
  #tail: ChildNode[] = []

  set content(content: MarkdownContent) {
    const { text, isWhole } = content
    const { text: before, isWhole: wasWhole } = this.#shown
    if (text.length === before.length && isWhole === wasWhole) return
    const growsOn = !wasWhole && text.startsWith(before)
    if (this.#blocks === undefined || !growsOn) {
      const links: TokensList['links'] = {}
      this.#blocks = createGrowingBlocks((source) => readBlocks(source, links))
      this.#tail = []
      this.replaceChildren()
    }
    this.#shown = content
    const change = this.#blocks.update(text.replaceAll('\r\n', '\n'), isWhole)
    if (change === undefined) return
    for (const node of this.#tail) node.remove()
    const finished = renderBlocks(change.finished)
    const tail = renderBlocks(change.tail)
    this.#tail = [...tail.childNodes]
    const spoken = finished.textContent?.trim() ?? ''
    enrich(finished)
    this.append(finished, tail)
    if (spoken !== '') this.dispatchEvent(new BlockFinishedEvent(spoken))
  }
}

/** Colours code and typesets formulae, with libraries that are fetched when the first message needs them. */
function enrich(blocks: DocumentFragment): void {
  const codes = [...blocks.querySelectorAll<HTMLElement>('pre code[class]')]
  const formulae = [...blocks.querySelectorAll<HTMLElement>('.math')]
  if (codes.length > 0) void import('./highlight-code.ts').then(({ highlightCode }) => codes.forEach(highlightCode))
  if (formulae.length > 0) void import('./typeset-math.ts').then(({ typesetMath }) => formulae.forEach(typesetMath))
}
