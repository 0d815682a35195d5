import { copyCode } from '../../parts/copy-code.ts'
import type { MarkdownLabels } from '../../words/markdown-labels.ts'

/** Names that differ from what is written after a fence. */
const NAMES: Readonly<Record<string, string>> = {
  bash: 'Bash',
  c: 'C',
  cpp: 'C++',
  'c++': 'C++',
  cs: 'C#',
  csharp: 'C#',
  css: 'CSS',
  go: 'Go',
  html: 'HTML',
  java: 'Java',
  javascript: 'JavaScript',
  js: 'JavaScript',
  json: 'JSON',
  jsx: 'JSX',
  kotlin: 'Kotlin',
  markdown: 'Markdown',
  md: 'Markdown',
  php: 'PHP',
  py: 'Python',
  python: 'Python',
  rs: 'Rust',
  ruby: 'Ruby',
  rust: 'Rust',
  sh: 'Shell',
  shell: 'Shell',
  sql: 'SQL',
  swift: 'Swift',
  ts: 'TypeScript',
  tsx: 'TSX',
  typescript: 'TypeScript',
  xml: 'XML',
  yaml: 'YAML',
  yml: 'YAML',
}

/** What stands over a block of code: the name of its language and a button that copies it as it is at that moment. */
export function codeHeader(code: HTMLElement, labels: MarkdownLabels): HTMLElement {
  const header = document.createElement('div')
  header.className = 'code-header'
  const name = document.createElement('span')
  name.className = 'code-language'
  const language = /(?:^|\s)language-(\S+)/.exec(code.className)?.[1] ?? ''
  name.textContent = NAMES[language.toLowerCase()] ?? language
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
