/**
 * Notes where the focus is, before something that takes time.
 * @returns Tells whether it is still there, or nowhere. Else the user has gone on, perhaps writes, and must not be interrupted.
 */
export function noteFocus(): () => boolean {
  const before = document.activeElement
  return () => {
    const now = document.activeElement
    return now === before || now === null || now === document.body
  }
}
