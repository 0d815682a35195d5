/** Shows plain text that grows, a line a block, so that only the last line is laid out again. */
export class GrowingTextElement extends HTMLElement {
  #shown = ''
  #line: Text | undefined

  set text(text: string) {
    if (text === this.#shown) return
    if (!text.startsWith(this.#shown)) {
      this.replaceChildren()
      this.#line = undefined
      this.#shown = ''
    }
    const lines = text.slice(this.#shown.length).split('\n')
    for (const [index, line] of lines.entries()) {
      if (index > 0 || this.#line === undefined) this.#line = this.#addLine()
      this.#line.appendData(line)
    }
    this.#shown = text
  }

  #addLine(): Text {
    const block = document.createElement('div')
    const line = document.createTextNode('')
    block.append(line)
    this.append(block)
    return line
  }
}
