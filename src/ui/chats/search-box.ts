import { html } from 'lit/html.js'
import { Search, X } from 'lucide'
import type { ReadableAtom } from 'nanostores'
import type { ChatFinder } from '../../state/find-chats.ts'
import { icon } from '../parts/icon.ts'
import { iconButton } from '../parts/icon-button.ts'
import { searchKeys } from '../parts/keys.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface SearchBoxParts {
  readonly finder: ChatFinder
  readonly locale: ReadableAtom<Locale>
  /** Goes from the field to what is below it. */
  readonly onDown: () => void
}

/** The field for words to look for, and a line that says how many chats have them. @returns Puts the focus into the field. */
export function mountSearchBox(
  root: HTMLElement,
  { finder, locale, onDown }: SearchBoxParts,
  { signal }: { readonly signal: AbortSignal },
): () => void {
  function box() {
    const { search } = locale.get().words
    return html`<search class="search">
      <div class="search-line">
        ${icon(Search)}
        <input
          type="search"
          class="search-field"
          aria-label=${search.label}
          aria-keyshortcuts="Control+K Meta+K"
          placeholder=${search.label}
          autocomplete="off"
          spellcheck="false"
          dir="auto"
          @input=${onInput}
          @keydown=${searchKeys({ onDown, onClear: clear })}
        />
        ${iconButton({ label: search.clear, icon: X, kind: 'search-clear', onClick: clearHere })}
      </div>
      <p class="search-news hint" role="status">${news()}</p>
    </search>`
  }

  function news(): string {
    const { search } = locale.get().words
    const found = finder.found.get()
    if (found === undefined || found.status === 'searching') return '' // said once, when it is known
    if (found.status === 'failed') return search.failed
    return found.hits.length === 0 ? search.none : search.found(found.hits.length)
  }

  function onInput({ currentTarget: field }: InputEvent): void {
    if (field instanceof HTMLInputElement) finder.look(field.value)
  }

  function clear(): void {
    const field = searchField()
    if (field !== null) field.value = ''
    finder.look('')
  }

  /** By its button, which goes with the text. */
  function clearHere(): void {
    clear()
    searchField()?.focus()
  }

  function searchField(): HTMLInputElement | null {
    return root.querySelector('.search-field')
  }

  renderOnChange(root, [locale, finder.found], box, { signal })
  signal.addEventListener('abort', finder.stop)
  return () => {
    const field = searchField()
    field?.focus()
    field?.select()
  }
}
