import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReadableAtom } from 'nanostores'
import { atom } from 'nanostores'
import { ReflectionError } from '../../core/errors.ts'
import { failureLine } from '../parts/failure-line.ts'
import { dialogKeys } from '../parts/keys.ts'
import {
  passphraseAccount,
  passphraseField,
  showPassphrase,
  type PassphraseFieldProps,
} from '../parts/passphrase-field.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'
import type { PrivacyWords } from '../words/privacy-en.ts'

/** A choice in a form, with what it means. */
interface FormChoice {
  readonly value: string
  readonly label: string
  readonly hint: string
}

/** A step that needs a passphrase or a choice before it is done. */
export interface PrivacyForm {
  readonly title: string
  readonly text: readonly string[]
  readonly choices?: { readonly legend: string; readonly all: readonly FormChoice[] }
  readonly fields: readonly Omit<PassphraseFieldProps, 'isFirst' | 'problem'>[]
  readonly yes: string
  readonly isDanger?: boolean
  /** What is wrong with what was typed, by the name of the field; nothing when it can be used. */
  readonly check?: (values: FormValues) => Readonly<Record<string, string>>
  /** Does it; the form stays, and says why, where that fails. */
  readonly onSubmit: (values: FormValues) => Promise<void>
}

/** What was typed or chosen, by name; empty for nothing. */
export type FormValues = (name: string) => string

export interface PrivacyFormParts {
  readonly words: PrivacyWords
  readonly locale: Locale
  /** What is said while it is done. */
  readonly progress: ReadableAtom<string>
}

/** Shows a form in a dialog. @returns Whether it was done. */
export function openPrivacyForm(
  root: HTMLElement,
  form: PrivacyForm,
  { words, locale, progress }: PrivacyFormParts,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const place = document.createElement('div')
  root.append(place)
  const end = new AbortController()
  const life = AbortSignal.any([signal, end.signal])
  const $problems = atom<Readonly<Record<string, string>>>({})
  const $failure = atom<string | TemplateResult>('')
  const $isBusy = atom(false)
  let isDone = false

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if ($isBusy.get()) return
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const values: FormValues = (name) => {
      const value = data.get(name)
      return typeof value === 'string' ? value : ''
    }
    const problems = form.check?.(values) ?? {}
    $problems.set(problems)
    $failure.set('')
    if (Object.keys(problems).length > 0) return
    $isBusy.set(true)
    try {
      await form.onSubmit(values)
      isDone = true
      place.querySelector('dialog')?.close()
    } catch (error) {
      const failure = ReflectionError.from(error)
      $failure.set(failure.code === 'passphrase-wrong' ? words.wrong : failureLine(failure, locale))
    } finally {
      $isBusy.set(false)
    }
  }

  /** What is being done cannot be taken back by closing the dialog. */
  function onCancel(event: Event): void {
    if ($isBusy.get()) event.preventDefault()
  }

  function dialog(): TemplateResult {
    const isBusy = $isBusy.get()
    const problems = $problems.get()
    return html`<dialog
      class="question privacy-form"
      aria-labelledby="privacy-form-title"
      @cancel=${onCancel}
      @keydown=${dialogKeys}
      @close=${() => resolveWith()}
    >
      <form method="dialog" @submit=${submit}>
        <h2 id="privacy-form-title">${form.title}</h2>
        ${form.text.map((text) => html`<p>${text}</p>`)} ${choices()}
        ${form.fields.length === 0 ? nothing : passphraseAccount()}
        ${form.fields.map((field, index) =>
          passphraseField({ ...field, isFirst: index === 0, problem: problems[field.name] }),
        )}
        ${form.fields.length === 0 ? nothing : showPassphrase(words.show)}
        <p class="problem" role="alert">${$failure.get()}</p>
        <p class="hint" role="status">${isBusy ? progress.get() : ''}</p>
        <div class="question-answers">
          <button type="button" aria-disabled=${isBusy} ?autofocus=${form.fields.length === 0} @click=${close}>
            ${locale.words.page.cancel}
          </button>
          <button type="submit" class=${form.isDanger === true ? 'danger' : 'primary'} aria-disabled=${isBusy}>
            ${form.yes}
          </button>
        </div>
      </form>
    </dialog>`
  }

  function choices(): TemplateResult | typeof nothing {
    if (form.choices === undefined) return nothing
    const { legend, all } = form.choices
    return html`<fieldset class="privacy-choices">
      <legend class="unseen">${legend}</legend>
      ${all.map(
        ({ value, label, hint }, index) =>
          html`<label>
            <input type="radio" name="choice" value=${value} ?checked=${index === 0} />
            <span>${label}<span class="hint">${hint}</span></span>
          </label>`,
      )}
    </fieldset>`
  }

  function close(): void {
    if (!$isBusy.get()) place.querySelector('dialog')?.close()
  }

  let resolveWith: () => void = () => undefined
  return new Promise((resolve) => {
    resolveWith = () => {
      end.abort()
      place.remove()
      resolve(isDone)
    }
    renderOnChange(place, [$problems, $failure, $isBusy, progress], dialog, { signal: life })
    signal.addEventListener('abort', resolveWith, { once: true })
    place.querySelector('dialog')?.showModal()
  })
}
