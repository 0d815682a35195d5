import { html, nothing, render, type TemplateResult } from 'lit/html.js'
import { Check } from 'lucide'
import { originOf } from './event-origin.ts'
import { focusedElement } from './focused-element.ts'
import { icon } from './icon.ts'
import { isComposing } from './is-composing.ts'
import { placeAcross } from './place-across.ts'

export interface MenuItem {
  readonly label: string
  /** What it does or is, in a quieter line below its label. */
  readonly detail?: string
  /** Whether it is the chosen one of those that have this; absent where there is nothing to choose among. */
  readonly isChosen?: boolean
  /** Stands apart from the items above it. */
  readonly isApart?: boolean
  /** Takes something away. */
  readonly isDanger?: boolean
  readonly onChoose: () => void
}

export interface PopupMenu {
  /**
   * Opens the menu beside its button, or closes it when that button opened it.
   * @param align - Where menu and button are in line. Default: at their ends.
   */
  toggle(opener: HTMLElement, label: string, items: () => readonly MenuItem[], align?: 'start' | 'end'): void
  /** Shows the items as they are now, if it is open. */
  update(): void
  close(): void
}

/** Between the menu and its button, and between the menu and the edge of the window, CSS pixels. */
const GAP = 4
const EDGE = 8

/** One menu that many buttons share. Its buttons carry `aria-haspopup="menu"`; it says of them whether they are expanded. */
export function mountPopupMenu(root: HTMLElement, { signal }: { readonly signal: AbortSignal }): PopupMenu {
  const menu = document.createElement('div')
  menu.className = 'menu'
  menu.popover = 'auto'
  menu.setAttribute('role', 'menu')
  root.append(menu)
  let opener: HTMLElement | undefined
  let alignedAt: 'start' | 'end' = 'end'
  let openerTop = 0 // where it stood when the menu opened
  let itemsNow: () => readonly MenuItem[] = () => []
  let pressed: HTMLElement | undefined // the opener when a press began, which closes the menu before its click comes

  function toggle(
    by: HTMLElement,
    label: string,
    items: () => readonly MenuItem[],
    align: 'start' | 'end' = 'end',
  ): void {
    const wasOpen = pressed === by
    pressed = undefined
    if (menu.matches(':popover-open') || wasOpen) {
      const isSame = opener === by || wasOpen
      close()
      if (isSame) return
    }
    itemsNow = items
    draw()
    menu.setAttribute('aria-label', label)
    opener = by
    by.focus() // Safari focuses no buttons that are clicked, and the focus comes back to where it was
    menu.showPopover()
    by.setAttribute('aria-expanded', 'true')
    alignedAt = align
    place(by)
    const chosen = buttons().findIndex((button) => button.ariaChecked === 'true')
    focusItem(Math.max(0, chosen))
  }

  function draw(): void {
    render(itemsNow().map(itemButton), menu)
  }

  function update(): void {
    if (opener === undefined || !menu.matches(':popover-open')) return
    draw()
    place(opener) // items may have come, or grown
  }

  function itemButton(item: MenuItem): TemplateResult {
    const { label, detail, isChosen, isApart = false, isDanger = false, onChoose } = item
    const onClick = () => {
      close()
      onChoose()
    }
    return html`${isApart ? html`<div role="separator" class="menu-line"></div>` : nothing}
      <button
        type="button"
        role=${isChosen === undefined ? 'menuitem' : 'menuitemradio'}
        aria-checked=${isChosen ?? nothing}
        tabindex="-1"
        class=${isDanger ? 'danger' : nothing}
        @click=${onClick}
      >
        <span class="menu-label" dir="auto">${label}</span>
        ${detail === undefined ? nothing : html`<span class="menu-detail" dir="auto">${detail}</span>`}
        ${isChosen === true ? icon(Check) : nothing}
      </button>`
  }

  function close(): void {
    if (menu.matches(':popover-open')) menu.hidePopover()
  }

  /** Below its button where it has room there, or else where there is more; within the window. */
  function place(by: HTMLElement): void {
    const { top, bottom, left, right } = by.getBoundingClientRect()
    openerTop = top
    const { clientHeight } = document.documentElement
    const isAtRight = (alignedAt === 'end') !== (getComputedStyle(by).direction === 'rtl')
    menu.style.maxBlockSize = ''
    const height = menu.offsetHeight + GAP + EDGE
    const isBelow = bottom + height <= clientHeight || clientHeight - bottom >= top
    menu.style.maxBlockSize = `${(isBelow ? clientHeight - bottom : top) - GAP - EDGE}px`
    menu.style.top = isBelow ? `${bottom + GAP}px` : 'auto'
    menu.style.bottom = isBelow ? 'auto' : `${clientHeight - top + GAP}px`
    placeAcross(menu, isAtRight ? right - menu.offsetWidth : left, EDGE)
  }

  /** A menu does not stay behind when its button is scrolled away; other places may scroll as they like. */
  function onScroll(): void {
    if (opener !== undefined && Math.abs(opener.getBoundingClientRect().top - openerTop) > 1) close()
  }

  function buttons(): HTMLElement[] {
    return [...menu.querySelectorAll<HTMLElement>('button')]
  }

  function focusItem(index: number): void {
    const all = buttons()
    all.at(index % all.length)?.focus()
  }

  function onKey(event: KeyboardEvent): void {
    if (isComposing(event)) return
    const focused = focusedElement()
    const at = buttons().findIndex((button) => button === focused)
    if (event.key === 'ArrowDown') focusItem(at + 1)
    else if (event.key === 'ArrowUp') focusItem(at - 1)
    else if (event.key === 'Home') focusItem(0)
    else if (event.key === 'End') focusItem(-1)
    else if (event.key === 'Tab') return close()
    else return
    event.preventDefault()
  }

  menu.addEventListener('keydown', onKey)
  menu.addEventListener('beforetoggle', ({ newState }) => {
    if (newState === 'closed') opener?.setAttribute('aria-expanded', 'false')
    if (newState === 'open') document.addEventListener('scroll', onScroll, { signal, capture: true, passive: true })
    else document.removeEventListener('scroll', onScroll, { capture: true })
  })
  document.addEventListener(
    'pointerdown',
    (event) => {
      const target = originOf(event)
      const isOpener = menu.matches(':popover-open') && target instanceof Node && opener?.contains(target)
      pressed = isOpener ? opener : undefined
    },
    { signal, capture: true },
  )
  signal.addEventListener('abort', () => menu.remove())
  return { toggle, update, close }
}
