import { writeClipboard } from './write-clipboard.ts'

/** How long a button says that it has copied, milliseconds. */
const COPIED_MS = 2000

/** What a button that copies says: as a rule, and for a moment after it has or could not. */
export interface CopyLabels {
  readonly copyCode: string
  readonly copied: string
  readonly notCopied: string
}

const timers = new WeakMap<HTMLElement, ReturnType<typeof setTimeout>>()

/** Copies code as it is now, and says so on the button that was pressed; where the page may not, it leaves the code selected for the keys of the system. */
export async function copyCode(code: HTMLElement, button: HTMLElement, labels: CopyLabels): Promise<void> {
  const isCopied = await writeClipboard(code.textContent ?? '')
  if (!isCopied) getSelection()?.selectAllChildren(code)
  clearTimeout(timers.get(button))
  button.textContent = isCopied ? labels.copied : labels.notCopied
  timers.set(
    button,
    setTimeout(() => (button.textContent = labels.copyCode), COPIED_MS),
  )
}
