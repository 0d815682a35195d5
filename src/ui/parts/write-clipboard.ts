import { focusedElement } from './focused-element.ts'

/**
 * Copies a text, also on a page of a plain http address and in a frame, which may not write to the clipboard by themselves: there the
 * command of the browser does it, within a moment of the click that asks for it.
 * @returns False where that may not either.
 */
export async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyByCommand(text)
  }
}

function copyByCommand(text: string): boolean {
  const before = focusedElement()
  const field = document.createElement('textarea')
  field.value = ' ' // the command takes what is selected; the text itself, which may be long, is put in its place
  field.readOnly = true // brings up no keyboard
  field.style.cssText = 'position: fixed; inset: 0 auto auto 0; opacity: 0; font-size: 16px'
  field.addEventListener('copy', (event) => {
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
  })
  const place = before?.closest('dialog') ?? document.body // what stands beside an open dialog cannot be selected
  place.append(field)
  field.focus({ preventScroll: true })
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return isCopied
}
