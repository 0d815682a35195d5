import { html, nothing } from 'lit/html.js'
import { atom, type ReadableAtom } from 'nanostores'
import { ReflectionError } from '../../core/errors.ts'
import { failureText } from './failure-text.ts'
import { renderOnChange } from './render-on-change.ts'
import type { Locale } from '../words/locales.ts'

/** Does something, and says where it fails. Never rejects. */
export type Attempt = (work: () => Promise<void>) => Promise<void>

/** A note about the last thing that failed, until the next one or until it is dismissed. @returns What to attempt things with. */
export function mountFailureNote(
  root: HTMLElement,
  { locale }: { readonly locale: ReadableAtom<Locale> },
  { signal }: { readonly signal: AbortSignal },
): Attempt {
  const $failure = atom<ReflectionError | undefined>(undefined)

  function note() {
    const failure = $failure.get()
    if (failure === undefined) return nothing
    return html`<div class="failure-note">
      <div role="alert">${failureText(failure, locale.get())}</div>
      <button type="button" class="quiet" @click=${() => $failure.set(undefined)}>
        ${locale.get().words.page.dismiss}
      </button>
    </div>`
  }

  renderOnChange(root, [locale, $failure], note, { signal })
  return async (work) => {
    $failure.set(undefined)
    try {
      await work()
    } catch (error) {
      $failure.set(ReflectionError.from(error))
    }
  }
}
