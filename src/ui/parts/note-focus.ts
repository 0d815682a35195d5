import { focusedElement } from './focused-element.ts'

/**
 * Notes where the focus is, before something that takes time.
 * @returns Tells whether it is still there, or nowhere. Else the user has gone on, perhaps writes, and must not be interrupted.
 */
export function noteFocus(): () => boolean {
  const before = focusedElement()
  return () => {
    const now = focusedElement()
    return now === before || now === null || now === document.body
  }
}
