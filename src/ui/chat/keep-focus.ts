/**
 * Whoever uses the keyboard must not have to start at the top of the page again because the button that they pressed is gone.
 * @param next - Puts the focus where one goes on.
 * @returns To be called after each rendering of the region.
 */
export function keepFocus(
  root: HTMLElement,
  next: () => void,
  { signal }: { readonly signal: AbortSignal },
): () => void {
  let last: HTMLElement | undefined // what the keyboard brought the focus to

  function onFocus({ target }: FocusEvent): void {
    const isOurs = target instanceof HTMLElement && root.contains(target) && target.matches(':focus-visible')
    last = isOurs ? target : undefined
  }

  function forget(): void {
    last = undefined
  }

  document.addEventListener('focusin', onFocus, { signal })
  document.addEventListener('pointerdown', forget, { signal, capture: true })

  return () => {
    if (last === undefined || (last.isConnected && !last.matches(':disabled'))) return
    const isElsewhere = document.activeElement !== document.body && document.activeElement !== last
    last = undefined
    if (!isElsewhere) next()
  }
}
