import { html, nothing, render, type TemplateResult } from 'lit/html.js'
import { atom } from 'nanostores'
import { ReflectionError } from '../../core/errors.ts'
import { askQuestion } from '../parts/ask-question.ts'
import { failureLine } from '../parts/failure-line.ts'
import { mark } from '../parts/mark.ts'
import { passphraseAccount, passphraseField, showPassphrase } from '../parts/passphrase-field.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { loadLocale, loadPrivacyWords, type LanguageTag } from '../words/locales.ts'
import { directionOf } from './apply-appearance.ts'

/** What can be done before chats are unlocked. What rejects is shown. */
export interface UnlockActions {
  readonly unlock: (passphrase: string) => Promise<void>
  /** Absent where no passkey opens the chats. */
  readonly unlockByPasskey?: () => Promise<void>
  /** Resolves when the chats were unlocked in another way, as by another tab. */
  readonly unlocked: Promise<void>
  /** Deletes all of it; the user was asked. */
  readonly forget: () => Promise<void>
}

/** Shows, in place of all else, the page that unlocks encrypted chats. Resolves once they are, with an empty root. */
export async function askToUnlock(root: HTMLElement, language: LanguageTag, actions: UnlockActions): Promise<void> {
  const [locale, words] = await Promise.all([loadLocale(language), loadPrivacyWords(language)])
  document.documentElement.lang = language
  document.documentElement.dir = directionOf(language)
  const end = new AbortController()
  const life = { signal: end.signal }
  const page = document.createElement('main')
  const dialogs = document.createElement('div')
  page.className = 'unlock'
  root.replaceChildren(page, dialogs)
  const $failure = atom<string | TemplateResult>('')
  const $isBusy = atom(false)

  function view(): TemplateResult {
    const isBusy = $isBusy.get()
    const failure = $failure.get()
    return html`
      <div class="unlock-name">${mark()}<span>Second Thought</span></div>
      <h1 tabindex="-1">${words.lockedTitle}</h1>
      <form @submit=${onSubmit}>
        ${passphraseAccount()}
        ${passphraseField({
          name: 'passphrase',
          label: words.passphrase,
          kind: 'current-password',
          isFirst: true,
          problem: failure === '' ? undefined : failure,
        })}
        ${showPassphrase(words.show)}
        <button type="submit" class="primary" aria-disabled=${isBusy}>
          ${isBusy ? words.unlocking : words.unlock}
        </button>
        ${
          actions.unlockByPasskey === undefined
            ? nothing
            : html`<button type="button" aria-disabled=${isBusy} @click=${() => void attempt(actions.unlockByPasskey)}>
                ${words.unlockByPasskey}
              </button>`
        }
      </form>
      <p class="unseen" role="status">${isBusy ? words.unlocking : ''}</p>
      <details>
        <summary>${words.forgotten}</summary>
        <p>${words.forgottenHelp}</p>
        <button type="button" class="danger" @click=${forget}>${words.beginAnew}</button>
      </details>
    `
  }

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault()
    void attempt(() => actions.unlock(field()?.value ?? ''))
  }

  async function attempt(work: (() => Promise<void>) | undefined): Promise<void> {
    if ($isBusy.get() || work === undefined) return
    $failure.set('')
    $isBusy.set(true)
    try {
      await work()
      done()
    } catch (error) {
      const failure = ReflectionError.from(error)
      $failure.set(failure.code === 'passphrase-wrong' ? words.wrong : failureLine(failure, locale))
      field()?.select()
    } finally {
      $isBusy.set(false)
    }
  }

  async function forget(): Promise<void> {
    const { cancel } = locale.words.page
    const question = { title: words.beginAnewTitle, text: words.beginAnewText, yes: words.beginAnewButton, no: cancel }
    if (await askQuestion(dialogs, question, life)) await attempt(actions.forget)
  }

  function field(): HTMLInputElement | null {
    return page.querySelector('#passphrase')
  }

  let done: () => void = () => undefined
  const isDone = new Promise<void>((resolve) => (done = resolve))
  renderOnChange(page, [$failure, $isBusy], view, life)
  field()?.focus()
  actions.unlocked.then(done, (error: unknown) => console.warn(error))
  await isDone
  end.abort()
  render(nothing, page)
  root.replaceChildren()
}
