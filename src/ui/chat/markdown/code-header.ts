import { copyCode } from '../../parts/copy-code.ts'
import type { MarkdownLabels } from '../../words/markdown-labels.ts'
import { languageName } from './language-name.ts'

/** What stands over a block of code: the name of its language and a button that copies it as it is at that moment. */
export function codeHeader(code: HTMLElement, labels: MarkdownLabels): HTMLElement {
  const header = document.createElement('div')
  header.className = 'code-header'
  const name = document.createElement('span')
  name.className = 'code-language'
  name.textContent = languageName(/(?:^|\s)language-(\S+)/.exec(code.className)?.[1] ?? '')
  header.append(name, copyButton(code, labels))
  return header
}

function copyButton(code: HTMLElement, labels: MarkdownLabels): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet copy-code'
  button.textContent = labels.copyCode
  button.addEventListener('click', () => void copyCode(code, button, labels))
  return button
}
