import type { TokensList } from 'marked'
import { appendCode } from './code-lines.ts'
import { dressBlocks } from './dress-blocks.ts'
import { createGrowingBlocks, type BlockPart, type GrowingBlocks } from './growing-blocks.ts'
import { ENGLISH_LABELS, type MarkdownLabels } from '../../words/markdown-labels.ts'
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
  #labels = ENGLISH_LABELS
  #tail: ChildNode[] = []
  #code: HTMLElement | undefined // that goes on

  /** The words around what the model wrote; give them before the content. */
  set labels(labels: MarkdownLabels) {
    if (labels === this.#labels) return
    this.#labels = labels
    const content = this.#shown
    if (this.#blocks === undefined) return
    this.#begin()
    this.#show(content)
  }

  set content(content: MarkdownContent) {
    const { text, isWhole } = content
    const { text: before, isWhole: wasWhole } = this.#shown
    if (isWhole === wasWhole && text === before) return
    const growsOn = !wasWhole && text.startsWith(before)
    if (this.#blocks === undefined || !growsOn) this.#begin()
    this.#shown = content
    this.#show(content)
  }

  #begin(): void {
    const links: TokensList['links'] = {}
    this.#blocks = createGrowingBlocks((source) => readBlocks(source, links))
    this.#tail = []
    this.#code = undefined
    this.replaceChildren()
  }

  #show({ text, isWhole }: MarkdownContent): void {
    const change = this.#blocks?.update(withLineFeeds(text, isWhole), isWhole)
    if (change === undefined) return
    for (const node of this.#tail) node.remove()
    const words = change.settled.map((part) => this.#settle(part))
    if (!change.isCodeOpen) words.push(this.#endCode())
    this.#tail = change.tail.flatMap((part) => this.#place(part, renderBlocks(part.blocks)))
    const spoken = words.join('\n').trim()
    if (spoken !== '') this.dispatchEvent(new BlockFinishedEvent(spoken))
  }

  /** @returns What there is to say of it. */
  #settle(part: BlockPart): string {
    const [block] = part.blocks
    if (part.place === 'inside' && block?.type === 'code') {
      this.#code ??= this.lastElementChild?.querySelector('code') ?? undefined
      if (this.#code !== undefined) appendCode(this.#code, String(block['text']))
      return ''
    }
    const before = this.#endCode()
    const blocks = renderBlocks(part.blocks)
    enrich(blocks)
    const nodes = this.#place(part, blocks)
    return [before, ...nodes.map(wordsOf)].join('\n')
  }

  #place({ place }: BlockPart, blocks: DocumentFragment): ChildNode[] {
    dressBlocks(blocks, this.#labels)
    const block = this.lastElementChild
    if (place === 'instead') block?.remove()
    const isInside = place === 'inside' && block !== null
    const nodes = [...(isInside ? partsOf(blocks) : blocks.childNodes)]
    const parent = isInside ? (block.querySelector('tbody') ?? block) : this
    parent.append(...nodes)
    return nodes
  }

  #endCode(): string {
    const code = this.#code
    if (code === undefined) return ''
    this.#code = undefined
    if (code.parentElement !== null) enrich(code.parentElement)
    return code.textContent ?? ''
  }
}

/** A carriage return at the end may be half of a line end. */
function withLineFeeds(text: string, isWhole: boolean): string {
  if (!text.includes('\r')) return text
  return (isWhole ? text : text.replace(/\r$/, '')).replaceAll(/\r\n?/g, '\n')
}

/** Rows of the table or items of the list that is all there is in `blocks`. */
function partsOf(blocks: DocumentFragment): Iterable<ChildNode> {
  return (blocks.querySelector('tbody') ?? blocks.firstElementChild ?? blocks).childNodes
}

function wordsOf(node: ChildNode): string {
  const isCode = node instanceof HTMLElement && node.classList.contains('code')
  return ((isCode ? node.querySelector('code') : node)?.textContent ?? '').trim()
}

/** Colours code and typesets formulae, with libraries that are fetched when the first message needs them. */
function enrich(blocks: ParentNode): void {
  const found = [...blocks.querySelectorAll<HTMLElement>('pre code[class]')]
  const codes = found.filter(({ textContent }) => textContent !== '') // code that goes on is empty when it begins
  const formulae = [...blocks.querySelectorAll<HTMLElement>('.math')]
  if (codes.length > 0)
    void import('./highlight-code.ts').then(async ({ highlightCode }) => {
      for (const code of codes) await highlightCode(code)
    })
  if (formulae.length > 0) void import('./typeset-math.ts').then(({ typesetMath }) => formulae.forEach(typesetMath))
}
