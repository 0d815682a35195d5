import { originOf, placesAround } from './event-origin.ts'
import { tooltipKeys } from './keys.ts'
import { placeAcross } from './place-across.ts'

/** How long a pointer rests on a button before its tooltip comes, milliseconds. */
const REST_MS = 500

/** Between a button and its tooltip, and between that and the edge of the window, CSS pixels. */
const GAP = 6

/**
 * One tooltip for all buttons that show an icon alone (`data-tooltip`). It comes when a mouse rests on one and when the keyboard's focus
 * does, and goes with Escape and when its button is scrolled. It stands within the window, whatever scrolls or cuts around the button, and repeats the button's name, so
 * a screen reader misses nothing.
 */
export function mountTooltip(root: HTMLElement, { signal }: { readonly signal: AbortSignal }): void {
  const tooltip = document.createElement('div')
  tooltip.className = 'tooltip'
  tooltip.popover = 'manual'
  tooltip.setAttribute('aria-hidden', 'true')
  root.append(tooltip)
  let timer: ReturnType<typeof setTimeout> | undefined
  let owner: HTMLElement | undefined
  /** From the top left corner of the window, when the owner became it, CSS pixels. */
  let ownerAt: DOMRect | undefined

  function show(button: HTMLElement): void {
    if (!button.isConnected || button.getAttribute('aria-expanded') === 'true') return
    tooltip.textContent = button.dataset['tooltip'] ?? ''
    tooltip.hidePopover() // shown anew, it stands over a dialog that was opened since
    tooltip.showPopover()
    const { top, bottom, left, width } = button.getBoundingClientRect()
    const isBelow = bottom + GAP + tooltip.offsetHeight <= innerHeight
    tooltip.style.top = `${isBelow ? bottom + GAP : top - GAP - tooltip.offsetHeight}px`
    placeAcross(tooltip, left + (width - tooltip.offsetWidth) / 2, GAP)
  }

  function hide(): void {
    clearTimeout(timer)
    owner = undefined
    if (tooltip.matches(':popover-open')) tooltip.hidePopover()
  }

  /** Shows the tooltip of a button in so many milliseconds. */
  function showIn(button: HTMLElement, wait: number): void {
    hide()
    owner = button
    ownerAt = button.getBoundingClientRect()
    timer = setTimeout(show, wait, button)
  }

  function onPoint(event: Event): void {
    const button = buttonOf(originOf(event))
    if (button === owner) return
    if (button === undefined) leave() // also where the page changes under a pointer at rest
    else if ((event as PointerEvent).pointerType === 'touch') hide()
    else showIn(button, REST_MS)
  }

  /** What the focus brought stays until the focus goes. */
  function leave(): void {
    if (!owner?.matches(':focus-visible')) hide()
  }

  function onFocus(event: Event): void {
    const button = buttonOf(originOf(event))
    // Not within what brought the focus back: while a menu closes, nothing else may be shown.
    if (button?.matches(':focus-visible') === true) showIn(button, 0)
  }

  /** A tooltip does not move along; where something else scrolls, as a reply that grows does, it stays. */
  function onScroll(): void {
    const { top, left } = owner?.getBoundingClientRect() ?? {}
    if (top !== ownerAt?.top || left !== ownerAt?.left) hide()
  }

  const life = { signal }
  for (const place of placesAround(root)) {
    place.addEventListener('pointerover', onPoint, life)
    place.addEventListener('focusin', onFocus, life)
    place.addEventListener('pointerleave', leave, life)
    for (const type of ['focusout', 'pointerdown']) place.addEventListener(type, hide, life)
  }
  document.addEventListener('scroll', onScroll, { signal, capture: true, passive: true })
  document.addEventListener('keydown', tooltipKeys({ onHide: hide }), { signal, capture: true })
  signal.addEventListener('abort', () => {
    hide()
    tooltip.remove()
  })
  // Where it comes late someone is on a button already.
  const focused = buttonOf(document.activeElement)
  const pointed = [...document.querySelectorAll<HTMLElement>('[data-tooltip]:hover')].at(-1)
  if (focused?.matches(':focus-visible') === true) showIn(focused, 0)
  else if (pointed !== undefined) showIn(pointed, REST_MS)
}

function buttonOf(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element && target.closest<HTMLElement>('[data-tooltip]')) || undefined
}
