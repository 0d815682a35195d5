import { html, nothing, type TemplateResult } from 'lit/html.js'

export interface PassphraseFieldProps {
  /** Unique on the page. */
  readonly name: string
  readonly label: string
  /** What password managers look for: one that they know, or one that they may make. */
  readonly kind: 'current-password' | 'new-password'
  readonly isFirst?: boolean
  /** What is wrong with it; absent when nothing is. */
  readonly problem?: string | TemplateResult | undefined
  readonly hint?: string
}

/** A field for a passphrase, in a form that `passphraseAccount` begins. */
export function passphraseField({
  name,
  label,
  kind,
  isFirst = false,
  problem,
  hint,
}: PassphraseFieldProps): TemplateResult {
  const notes = [problem === undefined ? '' : `${name}-problem`, hint === undefined ? '' : `${name}-hint`]
  return html`<div class="passphrase">
    <label for=${name}>${label}</label>
    <input
      id=${name}
      name=${name}
      type="password"
      autocomplete=${kind}
      autocapitalize="off"
      spellcheck="false"
      required
      ?autofocus=${isFirst}
      aria-invalid=${problem === undefined ? nothing : 'true'}
      aria-describedby=${notes.join(' ').trim() || nothing}
    />
    ${problem === undefined ? nothing : html`<p class="problem" id="${name}-problem" role="alert">${problem}</p>`}
    ${hint === undefined ? nothing : html`<p class="hint" id="${name}-hint">${hint}</p>`}
  </div>`
}

/** What password managers store a passphrase under; nobody else needs it. */
export function passphraseAccount(): TemplateResult {
  return html`<input
    class="unseen"
    type="text"
    name="username"
    autocomplete="username"
    value="Second Thought"
    readonly
    tabindex="-1"
    aria-hidden="true"
  />`
}

/** Shows what is typed in the passphrase fields of the same form. */
export function showPassphrase(label: string): TemplateResult {
  const onChange = ({ currentTarget }: Event) => {
    const box = currentTarget as HTMLInputElement
    for (const field of box.form?.querySelectorAll<HTMLInputElement>('.passphrase > input') ?? []) {
      field.type = box.checked ? 'text' : 'password'
    }
  }
  return html`<label class="show-passphrase"><input type="checkbox" @change=${onChange} /> ${label}</label>`
}
