import { originOf, placesAround } from '../parts/event-origin.ts'
import { focusedElement } from '../parts/focused-element.ts'

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

  function onFocus(event: Event): void {
    const target = originOf(event)
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
    if (wanted !== undefined && wanted === focusedElement()) return
    if (last === undefined || (last.isConnected && !last.matches(':disabled'))) return
    const focused = focusedElement()
    const isElsewhere = focused !== document.body && focused !== hostOf(root) && focused !== last
    last = undefined
    if (!isElsewhere) otherwise()
  }

  for (const place of placesAround(root)) place.addEventListener('focusin', onFocus, { signal })
  document.addEventListener('pointerdown', forget, { signal, capture: true })

  return { moveTo: (find) => (next = find), restore }
}

/** The element whose own tree something is in; it has the focus when nothing in there has it any more. */
function hostOf(root: Node): Element | undefined {
  const tree = root.getRootNode()
  return tree instanceof ShadowRoot ? tree.host : undefined
}
