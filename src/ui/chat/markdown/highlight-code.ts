import createPurifier from 'dompurify'
import { BOUNDS } from './bounds.ts'
import { blocksOfCode } from './code-lines.ts'
import type { CodeAnswer, CodeQuestion } from './highlight-worker.ts'
import { keepSelection } from './keep-selection.ts'
import { startHighlightWorker } from './own-workers.ts'
import { createTimedWorker } from './timed-worker.ts'

const askWorker = createTimedWorker<CodeQuestion, CodeAnswer>(startHighlightWorker)

/**
 * Colours a block of code whose class names a language that we know; others stay as they are, and so does all that
 * follows a line that is too long or a string or comment without an end. Long code takes several tasks.
 */
export async function highlightCode(code: HTMLElement): Promise<void> {
  const language = /\blanguage-([\w+#-]+)/.exec(code.className)?.[1]
  if (language === undefined) return
  const blocks = blocksOfCode(code)
  for (let at = 0; at < blocks.length;) {
    const next = blocksFrom(blocks, at)
    if (next.length === 0) return
    const answer = await askWorker({ language, blocks: next.map((block) => block.textContent ?? '') })
    if (answer === undefined) return
    if (answer.isOpen && at + answer.count < blocks.length) return
    colour(code, next.slice(0, answer.count), answer.markup)
    at += answer.count
  }
}

/** Blocks that may be read at once; they end before a line that is too long. */
function blocksFrom(blocks: readonly HTMLElement[], from: number): HTMLElement[] {
  let length = 0
  let end = from
  for (; end < blocks.length; end++) {
    const code = blocks[end]?.textContent ?? ''
    length += code.length
    if (length > BOUNDS.codeAtOnce || code.split('\n').some((line) => line.length > BOUNDS.codeLine)) break
  }
  return blocks.slice(from, end)
}

/** Puts coloured text in the place of plain text. */
function colour(code: HTMLElement, [first, ...others]: readonly HTMLElement[], markup: string): void {
  const coloured = createPurifier.sanitize(markup, {
    ALLOWED_TAGS: ['span'],
    ALLOWED_ATTR: ['class'],
    RETURN_DOM_FRAGMENT: true,
  })
  keepSelection(code, () => {
    first?.replaceChildren(coloured)
    for (const other of others) other.remove()
  })
}
