export interface KeptFocus {
  /** What has the focus after the next rendering, which must follow at once: a key that comes later may be meant for something else. */
  moveTo(find: () => HTMLElement | null | undefined): void
  /** To be called after each rendering of the region. */
  restore(): void
}

/**
 * Whoever uses the keyboard must not have to start at the top of the page again because the button that they pressed is gone.
 * @param otherwise - Puts the focus where one goes on.
 */
export function keepFocus(
  root: HTMLElement,
  otherwise: () => void,
  { signal }: { readonly signal: AbortSignal },
): KeptFocus {
  let last: HTMLElement | undefined // what the keyboard brought the focus to
  let next: (() => HTMLElement | null | undefined) | undefined

  function onFocus({ target }: FocusEvent): void {
    const isOurs = target instanceof HTMLElement && root.contains(target) && target.matches(':focus-visible')
    last = isOurs ? target : undefined
  }

  function forget(): void {
    last = undefined
  }

  function restore(): void {
    const wanted = next?.()
    next = undefined
    wanted?.focus()
    if (wanted !== undefined && wanted === document.activeElement) return
    if (last === undefined || (last.isConnected && !last.matches(':disabled'))) return
    const isElsewhere = document.activeElement !== document.body && document.activeElement !== last
    last = undefined
    if (!isElsewhere) otherwise()
  }

  document.addEventListener('focusin', onFocus, { signal })
  document.addEventListener('pointerdown', forget, { signal, capture: true })

  return { moveTo: (find) => (next = find), restore }
}
