import { codeHeader } from './code-header.ts'
import { appendCode } from './code-lines.ts'
import type { MarkdownLabels } from '../../words/markdown-labels.ts'
import { looksElsewhere } from './looks-elsewhere.ts'

/**
 * Adds to safe nodes what the page says and the model does not: the direction of each block, the header of code, where links and
 * pictures lead. It comes after the sanitizer, so that nothing that a model writes can look like it.
 */
export function dressBlocks(blocks: DocumentFragment, labels: MarkdownLabels): void {
  for (const block of blocks.children) block.setAttribute('dir', 'auto')
  for (const code of blocks.querySelectorAll('code, .math')) code.setAttribute('dir', 'ltr')
  for (const link of blocks.querySelectorAll('a')) dressLink(link, labels)
  for (const pre of blocks.querySelectorAll('pre')) dressCode(pre, labels)
}

function dressLink(link: HTMLAnchorElement, labels: MarkdownLabels): void {
  const target = link.protocol === 'mailto:' ? decodeAddress(link.pathname) : link.host
  const text = link.textContent ?? ''
  if (link.classList.contains('image')) link.textContent = labels.image(text.trim(), target)
  else if (looksElsewhere(text, link)) {
    const host = document.createElement('span')
    host.className = 'link-host'
    host.dir = 'ltr'
    host.textContent = ` (${target})`
    link.append(host)
  }
  link.title = link.title === '' ? target : `${target} · ${link.title}`
}

function decodeAddress(address: string): string {
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

function dressCode(pre: HTMLElement, labels: MarkdownLabels): void {
  const code = pre.querySelector('code')
  if (code === null) return
  const block = document.createElement('div')
  block.className = 'code'
  block.dir = 'ltr'
  pre.removeAttribute('dir')
  pre.replaceWith(block)
  block.append(codeHeader(code, labels), pre)
  const text = code.textContent ?? ''
  code.replaceChildren()
  appendCode(code, text)
}
