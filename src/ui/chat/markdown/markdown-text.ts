import { goesOn } from '../goes-on.ts'
import { BOUNDS, BoundReached } from './bounds.ts'
import { appendCode } from './code-lines.ts'
import { dressBlocks } from './dress-blocks.ts'
import { createGrowingBlocks, type BlockPart } from './growing-blocks.ts'
import { ENGLISH_LABELS, type MarkdownLabels } from '../../words/markdown-labels.ts'
import { createPlainRest, type PlainRest } from './plain-rest.ts'
import { isCode, readBlocks, type Links } from './read-blocks.ts'
import { renderBlocks } from './render-markdown.ts'

export interface MarkdownContent {
  readonly text: string
  /** Whether no more will come. */
  readonly isWhole: boolean
}

/** Told of the text of each block that has become whole, for those who listen instead of look. */
export class BlockFinishedEvent extends Event {
  readonly text: string
  /** Where the block ends in the Markdown, UTF-16 code units; the same text that is rendered again tells the same places again. */
  readonly end: number

  constructor(text: string, end: number) {
    super('block-finished', { bubbles: true })
    this.text = text
    this.end = end
  }
}

/**
 * Shows Markdown that grows. Blocks that are whole are rendered once and left alone, so a selection in them stays. A long text
 * takes several tasks. What would cost too much, or cannot be rendered, is shown as plain text; nothing that it says makes it throw.
 */
export class MarkdownTextElement extends HTMLElement {
  #blocks = createGrowingBlocks((source, _, mayGoOn) => readBlocks(source, {}, mayGoOn))
  #given: MarkdownContent = { text: '', isWhole: false }
  #labels = ENGLISH_LABELS
  #tail: ChildNode[] = []
  #code: HTMLElement | undefined // that goes on
  #elements = 0 // that are settled
  #read = 0 // how much of the text was taken up
  #isCareful = false // whether it is read line by line, as something in the piece that comes is too much
  #pieceEnd = 0 // where that piece ends
  #isDone = false // whether all of it was, and no more will come
  #rest: PlainRest | undefined // what is not rendered
  #later: ReturnType<typeof setTimeout> | undefined

  /** The words around what the model wrote; give them before the content. */
  set labels(labels: MarkdownLabels) {
    if (labels === this.#labels) return
    this.#labels = labels
    if (this.#given.text === '') return
    this.#begin()
    this.#goOn()
  }

  set content(content: MarkdownContent) {
    const { text, isWhole } = content
    const { text: before, isWhole: wasWhole } = this.#given
    if (isWhole === wasWhole && text === before) return
    if (wasWhole || before === '' || !goesOn(text, before)) this.#begin()
    this.#given = content
    this.#goOn()
  }

  /** Content that was given before waits until here: what is told of it must reach those who listen further up. */
  connectedCallback(): void {
    this.#goOn()
  }

  #begin(): void {
    const links: Links = {}
    // What may still change defines nothing for others.
    this.#blocks = createGrowingBlocks((source, isTail, mayGoOn) =>
      readBlocks(source, isTail ? { ...links } : links, mayGoOn, isTail),
    )
    this.#tail = []
    this.#code = undefined
    this.#elements = 0
    this.#read = 0
    this.#isCareful = false
    this.#pieceEnd = 0
    this.#isDone = false
    this.#rest = undefined
    this.replaceChildren()
  }

  /** Takes up what has come, as much of it as one task is good for; the rest later. */
  #goOn(): void {
    clearTimeout(this.#later)
    if (!this.isConnected) return
    const { text, isWhole } = this.#given
    const [begun, read, elements] = [this.#read, this.#blocks.read, this.#elements]
    while (!this.#isDone) {
      const end = this.#rest === undefined ? pieceEnd(text, this.#read, this.#isCareful) : text.length
      const isEnd = end === text.length && isWhole
      if (!this.#show(withLineFeeds(text.slice(0, end), isEnd), isEnd)) {
        this.#isCareful = true
        this.#pieceEnd = end
        continue
      }
      this.#read = end
      if (end >= this.#pieceEnd) this.#isCareful = false
      this.#isDone = isEnd
      if (end === text.length) return
      const isEnough =
        end - begun >= BOUNDS.charactersPerTask ||
        this.#blocks.read - read + this.#toRead() > BOUNDS.readingPerTask ||
        this.#elements - elements >= BOUNDS.elementsPerTask
      if (!isEnough) continue
      this.#later = setTimeout(() => this.#goOn())
      return
    }
  }

  /** Characters of the next reading: those that are not settled are read again. */
  #toRead(): number {
    return pieceEnd(this.#given.text, this.#read, this.#isCareful) - this.#blocks.settled
  }

  /** @returns False when the text must be read again, in smaller pieces, to find where it gets too much. */
  #show(source: string, isWhole: boolean): boolean {
    if (this.#rest !== undefined) {
      this.#rest.update(source)
      return true
    }
    const { settled } = this.#blocks
    let isPlacing = false
    try {
      const change = this.#blocks.update(source, isWhole)
      if (change === undefined) return true
      const parts = change.settled.map((part) => this.#render(part))
      const tail = change.tail.map((part) => this.#render(part))
      this.#count(parts, tail)
      isPlacing = true
      this.#place(parts, tail, change.isCodeOpen)
    } catch (error) {
      const isUnread = this.#blocks.settled === settled && this.#code === undefined && !isPlacing
      if (isUnread && !this.#isCareful) return false
      if (!(error instanceof BoundReached)) console.warn(error)
      this.#giveUp(source, isPlacing ? undefined : settled)
    }
    return true
  }

  /** @throws {BoundReached} When the message has more elements than it may have, in all or in what may still change. */
  #count(parts: readonly RenderedPart[], tail: readonly RenderedPart[]): void {
    const count = (all: readonly RenderedPart[]) =>
      all.reduce((sum, { nodes }) => sum + nodes.querySelectorAll('*').length, 0)
    const open = count(tail)
    this.#elements += count(parts)
    if (open > BOUNDS.openElements) throw new BoundReached('openElements')
    if (this.#elements + open > BOUNDS.elements) throw new BoundReached('elements')
  }

  /** Shows as plain text what was not settled, or everything when it is not known what is shown. */
  #giveUp(source: string, settled = 0): void {
    for (const node of this.#tail) node.remove()
    this.#tail = []
    if (settled === 0) this.replaceChildren()
    else this.#endCode()
    this.#rest = createPlainRest(settled, this.#labels)
    this.#rest.update(source)
    this.append(this.#rest.element)
    this.dispatchEvent(new BlockFinishedEvent(this.#labels.tooMuch, source.length))
  }

  #place(parts: readonly RenderedPart[], tail: readonly RenderedPart[], isCodeOpen: boolean): void {
    for (const node of this.#tail) node.remove()
    const words = parts.map((part) => this.#settle(part))
    if (!isCodeOpen) words.push(this.#endCode())
    this.#tail = tail.flatMap((part) => this.#put(part))
    const spoken = words.join('\n').trim()
    if (spoken !== '') this.dispatchEvent(new BlockFinishedEvent(spoken, this.#blocks.settled))
  }

  #render(part: BlockPart): RenderedPart {
    const [block] = part.blocks
    if (part.place === 'inside' && block !== undefined && isCode(block))
      return { place: part.place, nodes: document.createDocumentFragment(), code: block.text }
    const nodes = renderBlocks(part.blocks)
    dressBlocks(nodes, this.#labels)
    return { place: part.place, nodes }
  }

  /** @returns What there is to say of it. */
  #settle(part: RenderedPart): string {
    if (part.code !== undefined) {
      this.#code ??= this.lastElementChild?.querySelector('code') ?? undefined
      if (this.#code !== undefined) appendCode(this.#code, part.code)
      return ''
    }
    const before = this.#endCode()
    enrich(part.nodes)
    const nodes = this.#put(part)
    return [before, ...nodes.map(wordsOf)].join('\n')
  }

  #put({ place, nodes: blocks }: RenderedPart): ChildNode[] {
    const block = this.lastElementChild
    if (place === 'instead') block?.remove()
    const isInside = place === 'inside' && block !== null
    const nodes = [...(isInside ? partsOf(blocks) : blocks.childNodes)]
    const parent = isInside ? bodyOf(block) : this
    for (const node of nodes) parent.append(node)
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

interface RenderedPart {
  readonly place: BlockPart['place']
  readonly nodes: DocumentFragment
  /** Text of code that goes on, instead of nodes. */
  readonly code?: string
}

/** Where the next piece of a text ends: at the end of a line if there is one. @param isLine - Whether it is one line. */
function pieceEnd(text: string, from: number, isLine: boolean): number {
  const firstLineEnd = isLine ? text.indexOf('\n', from) + 1 : 0
  if (firstLineEnd > 0) return Math.min(firstLineEnd, from + BOUNDS.charactersPerReading)
  const end = Math.min(from + BOUNDS.charactersPerReading, manyLinesEnd(text, from))
  if (end >= text.length) return text.length
  const lineEnd = text.lastIndexOf('\n', end) + 1
  return lineEnd > from ? lineEnd : end
}

/** Where so many lines end as are taken up at once: each may be a block. */
function manyLinesEnd(text: string, from: number): number {
  let end = from
  for (let lines = 0; lines < BOUNDS.linesPerReading; lines++) {
    const lineEnd = text.indexOf('\n', end)
    if (lineEnd < 0 || lineEnd - from > BOUNDS.charactersPerReading) return Infinity
    end = lineEnd + 1
  }
  return end
}

/** A carriage return at the end may be half of a line end. */
function withLineFeeds(text: string, isWhole: boolean): string {
  if (!text.includes('\r')) return text
  return (isWhole ? text : text.replace(/\r$/, '')).replaceAll(/\r\n?/g, '\n')
}

/** Rows of the table or items of the list that is all there is in `blocks`. */
function partsOf(blocks: DocumentFragment): Iterable<ChildNode> {
  const block = blocks.firstElementChild
  return (block === null ? blocks : bodyOf(block)).childNodes
}

/** Where the rows of a table stand, which has no body as long as only its head is there; a list holds its items itself. */
function bodyOf(block: Element): Element {
  const table = block.classList.contains('table') ? block.querySelector('table') : null
  return table === null ? block : (table.tBodies[0] ?? table.createTBody())
}

function wordsOf(node: ChildNode): string {
  const hasHeader = node instanceof HTMLElement && node.classList.contains('code')
  return ((hasHeader ? node.querySelector('code') : node)?.textContent ?? '').trim()
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
  if (formulae.length > 0) void import('./typeset-math.ts').then(({ typesetMath }) => typesetMath(formulae))
}
