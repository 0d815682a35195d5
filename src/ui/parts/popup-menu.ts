import { html, nothing, render } from 'lit/html.js'
import { isComposing } from './is-composing.ts'

export interface MenuItem {
  readonly label: string
  /** Takes something away. */
  readonly isDanger?: boolean
  readonly onChoose: () => void
}

export interface PopupMenu {
  /** Opens the menu beside its button, or closes it when that button opened it. */
  toggle(opener: HTMLElement, label: string, items: () => readonly MenuItem[]): void
  close(): void
}

/** One menu that many buttons share. Its buttons carry `aria-haspopup="menu"`; it says of them whether they are expanded. */
export function mountPopupMenu(root: HTMLElement, { signal }: { readonly signal: AbortSignal }): PopupMenu {
  const menu = document.createElement('div')
  menu.className = 'menu'
  menu.popover = 'auto'
  menu.setAttribute('role', 'menu')
  root.append(menu)
  let opener: HTMLElement | undefined
  let pressed: HTMLElement | undefined // the opener when a press began, which closes the menu before its click comes

  function toggle(by: HTMLElement, label: string, itemsOf: () => readonly MenuItem[]): void {
    const wasOpen = pressed === by
    pressed = undefined
    if (menu.matches(':popover-open') || wasOpen) {
      const isSame = opener === by || wasOpen
      close()
      if (isSame) return
    }
    render(
      itemsOf().map(
        ({ label: name, isDanger = false, onChoose }) =>
          html`<button
            type="button"
            role="menuitem"
            tabindex="-1"
            class=${isDanger ? 'danger' : nothing}
            @click=${() => {
              close()
              onChoose()
            }}
          >
            ${name}
          </button>`,
      ),
      menu,
    )
    menu.setAttribute('aria-label', label)
    opener = by
    by.focus() // Safari focuses no buttons that are clicked, and the focus comes back to where it was
    menu.showPopover()
    by.setAttribute('aria-expanded', 'true')
    place(by)
    focusItem(0)
  }

  function close(): void {
    if (menu.matches(':popover-open')) menu.hidePopover()
  }

  /** Below its button and within the window, or else above it; their ends are in line. */
  function place(by: HTMLElement): void {
    const button = by.getBoundingClientRect()
    const isRightToLeft = getComputedStyle(by).direction === 'rtl'
    const hasRoom = button.bottom + menu.offsetHeight <= innerHeight
    const page = document.documentElement
    menu.style.insetBlockStart = hasRoom ? `${button.bottom}px` : 'auto'
    menu.style.insetBlockEnd = hasRoom ? 'auto' : `${page.clientHeight - button.top}px`
    menu.style.insetInlineEnd = `${isRightToLeft ? button.left : page.clientWidth - button.right}px`
  }

  function items(): HTMLElement[] {
    return [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')]
  }

  function focusItem(index: number): void {
    const all = items()
    all.at(index % all.length)?.focus()
  }

  function onKey(event: KeyboardEvent): void {
    if (isComposing(event)) return
    const at = items().findIndex((item) => item === document.activeElement)
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
  })
  document.addEventListener(
    'pointerdown',
    ({ target }) => {
      const isOpener = menu.matches(':popover-open') && target instanceof Node && opener?.contains(target)
      pressed = isOpener ? opener : undefined
    },
    { signal, capture: true },
  )
  signal.addEventListener('abort', () => menu.remove())
  return { toggle, close }
}
