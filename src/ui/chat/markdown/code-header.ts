import type { MarkdownLabels } from '../../words/markdown-labels.ts'

/** How long a button says that it has copied, milliseconds. */
const COPIED_MS = 2000

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

function copyButton(code: HTMLElement, { copyCode, copied }: MarkdownLabels): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet copy-code'
  button.textContent = copyCode
  let timer: ReturnType<typeof setTimeout> | undefined
  button.addEventListener('click', async () => {
    const isCopied = await writeClipboard(code.textContent ?? '')
    if (!isCopied) return select(code)
    clearTimeout(timer)
    button.textContent = copied
    timer = setTimeout(() => (button.textContent = copyCode), COPIED_MS)
  })
  return button
}

/** @returns False where the page has no clipboard, or may not write to it. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

/** Leaves the code selected, so that the keys of the system copy it. */
function select(code: HTMLElement): void {
  getSelection()?.selectAllChildren(code)
}
