import { html, render } from 'lit/html.js'
import { X } from 'lucide'
import { iconButton } from '../ui/parts/icon-button.ts'
import { mark } from '../ui/parts/mark.ts'
import type { Locale } from '../ui/words/locales.ts'

/** The fixed parts of the element: the box that scrolls, and around it what the page puts there; a launcher has a button and a panel for all of it. */
export interface ChatShell {
  /** What scrolls. */
  readonly box: HTMLElement
  /** Where what comes before the chat is drawn. */
  readonly region: HTMLElement
  /** Puts an empty place for the chat in the place of that. */
  renewRegion(): HTMLElement
  /** Whether an input method is at work in there. */
  isComposing(): boolean
  readonly tooltips: HTMLElement
  setVariant(variant: 'inline' | 'launcher'): void
  setLocale(locale: Locale): void
  /** Opens the panel, if there is one. */
  open(): void
  /** There is something new: marks the launcher as long as its panel is closed. */
  markUnread(): void
}

/** @param onOpen - Called when the panel has opened. */
export function createChatShell(root: ShadowRoot, onOpen: () => void): ChatShell {
  const shell = make('div', 'shell', 'base')
  const box = make('div', 'box', 'box')
  let region = make('div', 'region chat-region')
  const tooltips = make('div', 'tooltips')
  box.append(region)
  shell.append(slot('header'), box, slot('footer'), tooltips)
  const panel = make('dialog', 'panel', 'panel')
  const head = make('div', 'panel-head')
  const button = make('button', 'launcher', 'launcher')
  button.type = 'button'
  button.setAttribute('aria-haspopup', 'dialog')
  render(mark(), button)
  let variant: 'inline' | 'launcher' | undefined
  let locale: Locale | undefined
  let isUnread = false

  function label(): void {
    if (locale === undefined) return
    const { element } = locale.words
    for (const part of [shell, head, button]) part.lang = locale.language
    const name = isUnread ? element.openUnread : element.openChat
    button.setAttribute('aria-label', name)
    button.classList.toggle('unread', isUnread)
    button.setAttribute('aria-expanded', String(panel.open))
    panel.setAttribute('aria-label', element.chat)
    render(html`${mark()} ${iconButton({ label: element.closeChat, icon: X, onClick: () => panel.close() })}`, head)
  }

  /** The focus stays in the panel, and goes back to the button when it closes: the browser sees to both, and to Escape. */
  function open(): void {
    if (variant !== 'launcher' || panel.open) return
    panel.showModal()
    isUnread = false
    label()
    onOpen()
  }

  button.addEventListener('click', open)
  panel.addEventListener('close', label)
  panel.addEventListener('click', (event) => {
    if (event.target === panel) panel.close() // beside it
  })

  let isComposing = false
  box.addEventListener('compositionstart', () => (isComposing = true))
  box.addEventListener('compositionend', () => (isComposing = false))

  return {
    box,
    get region() {
      return region
    },
    renewRegion() {
      const next = make('div', 'region chat-region')
      region.replaceWith(next)
      region = next
      return next
    },
    isComposing: () => isComposing,
    tooltips,
    setVariant(next) {
      if (next === variant) return
      const isOpen = panel.open
      variant = next
      if (next === 'inline') {
        panel.close()
        root.replaceChildren(shell)
      } else {
        // A flex column of its own, so that the chat keeps all the height below the head.
        shell.prepend(head)
        panel.replaceChildren(shell)
        root.replaceChildren(button, panel)
        if (isOpen) open()
      }
      if (next === 'inline') head.remove()
      label()
    },
    setLocale(next) {
      locale = next
      label()
    },
    open,
    markUnread() {
      if (variant !== 'launcher' || panel.open) return
      isUnread = true
      label()
    },
  }
}

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  part?: string,
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  element.className = className
  if (part !== undefined) element.setAttribute('part', part)
  return element
}

function slot(name: string): HTMLSlotElement {
  const element = make('slot', '')
  element.name = name
  return element
}
