/** How long a button says that it has copied, milliseconds. */
const COPIED_MS = 2000

/** What a button that copies says: as a rule, and for a moment after it has. */
export interface CopyLabels {
  readonly copyCode: string
  readonly copied: string
}

const timers = new WeakMap<HTMLElement, ReturnType<typeof setTimeout>>()

/** Copies code as it is now, and says so on the button that was pressed; where the page may not, it leaves the code selected for the keys of the system. */
export async function copyCode(
  code: HTMLElement,
  button: HTMLElement,
  { copyCode: label, copied }: CopyLabels,
): Promise<void> {
  if (!(await writeClipboard(code.textContent ?? ''))) return getSelection()?.selectAllChildren(code)
  clearTimeout(timers.get(button))
  button.textContent = copied
  timers.set(
    button,
    setTimeout(() => (button.textContent = label), COPIED_MS),
  )
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
