import { originOf, placesAround } from './event-origin.ts'
import { tooltipKeys } from './keys.ts'
import { placeAcross } from './place-across.ts'

/** How long a pointer rests on a button before its tooltip comes, milliseconds. */
const REST_MS = 500

/** Between a button and its tooltip, and between that and the edge of the window, CSS pixels. */
const GAP = 6

/**
 * One tooltip for all buttons that show an icon alone (`data-tooltip`). It comes when a mouse rests on one and when the keyboard's focus
 * does, and goes with Escape. It stands within the window, whatever scrolls or cuts around the button, and repeats the button's name, so
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

  function onPoint(event: Event): void {
    const { pointerType } = event as PointerEvent
    const button = buttonOf(originOf(event))
    if (button === owner) return
    hide()
    if (button === undefined || pointerType === 'touch') return
    owner = button
    timer = setTimeout(show, REST_MS, button)
  }

  function onFocus(event: Event): void {
    const button = buttonOf(originOf(event))
    if (button === undefined || !button.matches(':focus-visible')) return
    hide()
    owner = button
    timer = setTimeout(show, 0, button) // not within what brought the focus back: while a menu closes, nothing else may be shown
  }

  const life = { signal }
  for (const place of placesAround(root)) {
    place.addEventListener('pointerover', onPoint, life)
    place.addEventListener('focusin', onFocus, life)
    for (const type of ['focusout', 'pointerdown', 'pointerleave']) place.addEventListener(type, hide, life)
  }
  document.addEventListener('scroll', hide, { signal, capture: true, passive: true })
  document.addEventListener('keydown', tooltipKeys({ onHide: hide }), { signal, capture: true })
  signal.addEventListener('abort', () => {
    hide()
    tooltip.remove()
  })
}

function buttonOf(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element && target.closest<HTMLElement>('[data-tooltip]')) || undefined
}
