import { isComposing } from './is-composing.ts'

/**
 * What keys do, place by place; whoever shows a place asks for its listener here. Arrows within a list of things stand with that list.
 *
 * An input method that is at work gets every key first. Escape belongs to the innermost place that has a use for it: it empties the
 * search, leaves a text that is edited, closes a menu, a dialog or the drawer (the browser does these three), and else stops the reply.
 * It hides a tooltip on its way.
 */
export type KeyListener = (event: KeyboardEvent) => void

/**
 * Where messages are written: Enter sends, Shift and Enter make a new line, ArrowUp in the empty field edits the last message, and Ctrl+Z
 * takes a long text back that was attached.
 */
export function composerKeys(actions: {
  readonly onSend: () => void
  readonly onEditLast: () => void
  readonly onUndo: () => boolean
}): KeyListener {
  return (event) => {
    if (isComposing(event) || event.shiftKey || event.altKey) return
    if (isUndo(event)) {
      if (!actions.onUndo()) return
    } else if (event.key === 'Enter') actions.onSend()
    else if (event.key === 'ArrowUp' && fieldOf(event).value === '') actions.onEditLast()
    else return
    event.preventDefault()
  }
}

/**
 * Where a text is changed that is there already: Enter saves it, Escape leaves it as it was. Shift and Enter make a new line where there
 * can be one, and Ctrl+Z takes back what only we know of.
 */
export function editorKeys(actions: {
  readonly onSave: (text: string) => void
  readonly onCancel: () => void
  readonly onUndo?: () => boolean
}): KeyListener {
  return (event) => {
    if (isComposing(event)) return
    if (isUndo(event) && actions.onUndo?.() === true) return event.preventDefault()
    const field = fieldOf(event)
    const isNewLine = event.shiftKey && field instanceof HTMLTextAreaElement
    if (event.key === 'Enter' && !isNewLine) actions.onSave(field.value)
    else if (event.key === 'Escape') actions.onCancel()
    else return
    event.preventDefault() // Escape is not for the drawer around
  }
}

/** The search: ArrowDown goes to what was found, Escape empties the field as long as there is something in it. */
export function searchKeys(actions: { readonly onDown: () => void; readonly onClear: () => void }): KeyListener {
  return (event) => {
    if (isComposing(event)) return
    if (event.key === 'ArrowDown') actions.onDown()
    else if (event.key === 'Escape' && fieldOf(event).value !== '') actions.onClear()
    else return
    event.preventDefault() // Escape is not for the drawer around
  }
}

/** A dialog with fields: the Escape that ends the work of an input method does not end the dialog. */
export function dialogKeys(event: KeyboardEvent): void {
  if (event.key === 'Escape' && isComposing(event)) event.preventDefault()
}

/** Before all others: Escape hides a tooltip, and is there for others too. */
export function tooltipKeys(actions: { readonly onHide: () => void }): KeyListener {
  return ({ key }) => {
    if (key === 'Escape') actions.onHide()
  }
}

/** On the document, or the tree that a chat is in: Escape stops the reply, where nothing that is open over it takes it. */
export function chatKeys(actions: { readonly onStop: () => void }): KeyListener {
  return (event) => {
    if (event.key !== 'Escape' || isComposing(event) || event.defaultPrevented) return
    const place = event.currentTarget as ParentNode
    if (place.querySelector('dialog:modal, :popover-open') === null) actions.onStop()
  }
}

/** Anywhere on the page: Ctrl+Shift+O begins a chat, Ctrl+K searches, Ctrl+Shift+L locks; the Command key does the same. */
export function pageKeys(actions: {
  readonly onNewChat: () => void
  readonly onSearch: () => void
  /** @returns False where there is nothing to lock; then the key is the browser's. */
  readonly onLock: () => boolean
}): KeyListener {
  return (event) => {
    if (!(event.ctrlKey || event.metaKey) || isComposing(event)) return
    const key = event.key.toLowerCase()
    if (event.shiftKey && key === 'o') actions.onNewChat()
    else if (!event.shiftKey && key === 'k') actions.onSearch()
    else if (event.shiftKey && key === 'l' && actions.onLock()) return event.preventDefault()
    else return
    event.preventDefault()
  }
}

/** Anywhere on the page: Ctrl+Z takes something back, but in a field, where it is for what was typed. */
export function undoKeys(actions: { readonly isOffered: () => boolean; readonly onUndo: () => void }): KeyListener {
  return (event) => {
    if (!isUndo(event)) return
    if (event.defaultPrevented || isEditable(event.target) || !actions.isOffered()) return
    event.preventDefault()
    actions.onUndo()
  }
}

function isUndo({ ctrlKey, metaKey, shiftKey, altKey, key }: KeyboardEvent): boolean {
  return (ctrlKey || metaKey) && !shiftKey && !altKey && key.toLowerCase() === 'z'
}

function fieldOf({ currentTarget }: KeyboardEvent): HTMLInputElement | HTMLTextAreaElement {
  if (currentTarget instanceof HTMLInputElement || currentTarget instanceof HTMLTextAreaElement) return currentTarget
  throw new TypeError('These keys are for a field.')
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
}
