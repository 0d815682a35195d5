import { html, nothing, type TemplateResult } from 'lit/html.js'
import { Trash2 } from 'lucide'
import type { ReadableAtom } from 'nanostores'
import type { Question } from '../parts/ask-question.ts'
import { icon } from '../parts/icon.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'
import type { DeviceWords } from '../words/device-en.ts'

export interface ClearSettingsParts {
  readonly locale: ReadableAtom<Locale>
  readonly words: ReadableAtom<DeviceWords | undefined>
  readonly ask: (question: Question) => Promise<boolean>
  /** Deletes everything; the page ends with it. */
  readonly onClear: () => void
}

/** The end of all that is stored, after a question that says what goes. */
export function mountClearSettings(
  root: HTMLElement,
  { locale, words, ask, onClear }: ClearSettingsParts,
  life: { readonly signal: AbortSignal },
): void {
  renderOnChange(root, [locale, words], row, life)

  function row(): TemplateResult | typeof nothing {
    const { cleared } = words.get() ?? {}
    if (cleared === undefined) return nothing
    return html`<div class="setting">
      <p class="setting-name">${cleared.name}</p>
      <button type="button" class="with-icon danger" aria-describedby="clear-hint" @click=${() => void clear(cleared)}>
        ${icon(Trash2)}${cleared.button}
      </button>
      <p class="hint" id="clear-hint">${cleared.hint}</p>
    </div>`
  }

  async function clear({ title, text, button: yes }: DeviceWords['cleared']): Promise<void> {
    if (await ask({ title, text, yes, no: locale.get().words.page.cancel })) onClear()
  }
}
