import { html, render } from 'lit/html.js'
import { LONGEST_PART, partsOf } from '../../core/chat/text-parts.ts'
import { directionOfText } from '../parts/direction-of-text.ts'
import { dialogKeys } from '../parts/keys.ts'
import type { Words } from '../words/locales.ts'
import { branchSwitcher } from './branch-switcher.ts'

/**
 * Shows a long text in a dialog, part by part, where each can be changed.
 * @returns The text as it is then; undefined where it was left as it was.
 */
export function editLongText(
  root: HTMLElement,
  text: string,
  words: Words,
  { signal }: { readonly signal: AbortSignal },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const place = document.createElement('div')
    place.className = 'long-text-place'
    root.append(place)
    let parts: readonly string[] = partsOf(text)
    let at = 0

    function draw(): void {
      const { title, part, text: label, previous, next, cancel, save } = words.longText
      render(
        html`<dialog
          class="long-text-dialog"
          aria-labelledby="long-text-title"
          @close=${onClose}
          @keydown=${dialogKeys}
        >
          <form method="dialog">
            <h2 id="long-text-title">${title}</h2>
            <textarea autocomplete="off" aria-label=${label} @beforeinput=${onBeforeInput} @input=${onInput}></textarea>
            <div class="long-text-actions">
              ${branchSwitcher(at, parts.length, { group: title, previous, next, position: part(at + 1, parts.length) }, show)}
              <button type="submit" value="no">${cancel}</button>
              <button type="submit" value="yes" class="primary">${save}</button>
            </div>
          </form>
        </dialog>`,
        place,
      )
    }

    const field = () => {
      const found = place.querySelector('textarea')
      if (found === null) throw new Error('A long text has lost its field.')
      return found
    }

    /** What stands in the field may have become too long for one part. */
    function take(value: string): void {
      if (value === parts[at]) return
      parts = parts.toSpliced(at, 1, ...partsOf(value))
    }

    function show(to: number): void {
      const { length } = parts
      take(field().value)
      at = Math.max(0, Math.min(parts.length - 1, to > at ? to + parts.length - length : to))
      fill()
      draw()
    }

    function fill(): void {
      field().value = parts[at] ?? ''
      field().dir = directionOfText(parts[at] ?? '')
      field().scrollTop = 0
      field().setSelectionRange(0, 0)
    }

    function put(value: string): void {
      take(value)
      fill()
      draw()
    }

    function onBeforeInput(event: InputEvent): void {
      const { value, selectionStart, selectionEnd } = field()
      const added = event.data ?? event.dataTransfer?.getData('text/plain') ?? ''
      if (!event.cancelable || value.length + added.length <= LONGEST_PART) return
      event.preventDefault()
      put(value.slice(0, selectionStart) + added.replaceAll(/\r\n?/g, '\n') + value.slice(selectionEnd))
    }

    function onInput(): void {
      const { value } = field()
      if (value.length > LONGEST_PART) put(value)
    }

    function onClose({ currentTarget }: Event): void {
      const isSaved = currentTarget instanceof HTMLDialogElement && currentTarget.returnValue === 'yes'
      take(field().value)
      end(isSaved ? parts.join('') : undefined)
    }

    function end(result: string | undefined): void {
      place.remove()
      signal.removeEventListener('abort', abort)
      resolve(result === text ? undefined : result)
    }

    const abort = () => end(undefined)
    signal.addEventListener('abort', abort)
    draw()
    fill()
    place.querySelector('dialog')?.showModal()
  })
}
