import { html, nothing, type TemplateResult } from 'lit/html.js'
import { live } from 'lit/directives/live.js'
import { atom, type ReadableAtom } from 'nanostores'
import type { Privacy, PrivacyState, StorageMode } from '../../state/privacy.ts'
import { ReflectionError } from '../../core/errors.ts'
import { failureLine } from '../parts/failure-line.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { loadPrivacyWords, type LanguageTag, type Locale } from '../words/locales.ts'
import type { PrivacyWords } from '../words/privacy-en.ts'
import { openPrivacyForm, type FormValues, type PrivacyForm } from './privacy-form.ts'
import { choiceField } from './setting-fields.ts'

export interface PrivacySettingsParts {
  readonly locale: ReadableAtom<Locale>
  /** Where forms go. */
  readonly dialogs: HTMLElement
  readonly fetchPart: FetchPart
  /** Absent where the browser stores nothing. */
  readonly openPrivacy: (() => Promise<Privacy>) | undefined
}

export interface MountedPrivacySettings {
  /** Fetches what is shown. Never rejects. */
  open(): Promise<void>
}

/** Minutes after which chats can lock by themselves; 0 for never. */
const LOCK_AFTER = [0, 1, 5, 15, 60] as const

const SHORTEST = 8

/** How chats and settings are stored: the three modes, and what belongs to the encrypted one. */
export function mountPrivacySettings(
  root: HTMLElement,
  { locale, dialogs, fetchPart, openPrivacy }: PrivacySettingsParts,
  { signal }: { readonly signal: AbortSignal },
): MountedPrivacySettings {
  const $words = atom<PrivacyWords | undefined>(undefined)
  const $privacy = atom<Privacy | undefined>(undefined)
  const $news = atom<string | TemplateResult>('')
  const $progress = atom('')
  const draw = renderOnChange(root, [locale, $words, $privacy, $news], view, { signal })

  async function open(): Promise<void> {
    $news.set('')
    const { language } = locale.get()
    const [words, privacy] = await Promise.all([
      fetchPart(loadPrivacyWords(language)),
      $privacy.get() ?? (openPrivacy === undefined ? undefined : fetchPart(openPrivacy())),
    ])
    if (signal.aborted) return
    if (language !== locale.get().language) return open() // another was chosen meanwhile
    $words.set(words)
    if (privacy === undefined || privacy === $privacy.get()) return
    const follow = () => {
      const { done, all } = privacy.progress.get() ?? {}
      const { format } = locale.get()
      const now = $words.get()
      if (now === undefined) return
      $progress.set(
        done === undefined || all === undefined ? now.working : now.moving(format.number(done), format.number(all)),
      )
    }
    const unsubscribe = [privacy.state.listen(draw), privacy.progress.subscribe(follow)]
    signal.addEventListener('abort', () => unsubscribe.forEach((end) => end()))
    $privacy.set(privacy)
  }

  locale.listen(() => $words.get() !== undefined && void open())

  function view(): TemplateResult | typeof nothing {
    const [words, privacy] = [$words.get(), $privacy.get()]
    if (words === undefined || privacy === undefined) return nothing
    const state = privacy.state.get()
    const { mode } = state
    return html`
      ${choiceField<StorageMode>({
        name: 'setting-storage-mode',
        legend: words.stored,
        hint: privacy.canEncrypt ? words.hints[mode] : `${words.hints[mode]} ${words.unavailable}`,
        choices: words.modes,
        chosen: mode,
        onChange: (chosen) => void choose(chosen, privacy, words),
      })}
      <p class="hint" role="status">${$news.get()}</p>
      ${mode === 'encrypted' ? encryptedRows(privacy, state, words) : nothing}
      ${
        state.left === 'none'
          ? nothing
          : row({
              name: words.left,
              hint: words.leftHint,
              button: words.deleteLeft,
              isDanger: true,
              onClick: () => void ask(deleteLeftForm(privacy, words), words),
            })
      }
    `
  }

  function encryptedRows(privacy: Privacy, state: PrivacyState, words: PrivacyWords): TemplateResult {
    const { language } = locale.get()
    return html`
      ${row({ name: words.lockNow, hint: words.lockNowHint, button: words.lock, onClick: privacy.lock })}
      <div class="setting">
        <label for="setting-lock-after">${words.lockAfter}</label>
        <select
          id="setting-lock-after"
          aria-describedby="setting-lock-after-hint"
          @change=${({ target }: Event) => attempt(privacy.lockAfter(Number((target as HTMLSelectElement).value)))}
        >
          ${LOCK_AFTER.map(
            (value) =>
              html`<option value=${value} .selected=${live(value === state.lockAfterMinutes)}>
                ${value === 0 ? words.never : inOneUnit(value, language)}
              </option>`,
          )}
        </select>
        <p class="hint" id="setting-lock-after-hint">${words.lockAfterHint}</p>
      </div>
      ${row({
        name: words.change,
        hint: words.changeHint,
        button: words.changeButton,
        onClick: () => void ask(changeForm(privacy, words), words, words.changed),
      })}
      ${
        state.hasPasskey
          ? row({
              name: words.passkey,
              hint: words.passkeyHint,
              button: words.removePasskey,
              onClick: () => attempt(privacy.removePasskey(), words.passkeyRemoved),
            })
          : row({
              name: words.passkey,
              hint: privacy.canUsePasskeys ? words.passkeyHint : words.passkeyUnavailable,
              button: words.addPasskey,
              isDisabled: !privacy.canUsePasskeys,
              onClick: () => void ask(passkeyForm(privacy, words), words, words.passkeyAdded),
            })
      }
    `
  }

  async function choose(chosen: StorageMode, privacy: Privacy, words: PrivacyWords): Promise<void> {
    const { mode, left } = privacy.state.get()
    draw() // the choice stands where it was until it is done
    if (chosen === mode || (chosen === 'encrypted' && !privacy.canEncrypt)) return
    if (chosen === 'nothing') await ask(nothingForm(privacy, words), words)
    else if (left === 'encrypted') await ask(leftForm(chosen, privacy, words), words)
    else if (chosen === 'encrypted') await ask(encryptForm(privacy, words), words)
    else if (mode === 'encrypted') await ask(keepForm(privacy, words), words)
    else await ask({ ...keepForm(privacy, words), text: [words.hints.keep] }, words)
  }

  /** Says how it went. */
  function attempt(work: Promise<void>, news = ''): void {
    work.then(
      () => $news.set(news),
      (error: unknown) => $news.set(failureLine(ReflectionError.from(error), locale.get())),
    )
  }

  async function ask(form: PrivacyForm, words: PrivacyWords, news = ''): Promise<void> {
    $news.set('')
    $progress.set(words.working)
    const isDone = await openPrivacyForm(
      dialogs,
      form,
      { words, locale: locale.get(), progress: $progress },
      { signal },
    )
    if (isDone) $news.set(news)
    draw()
  }

  return { open }
}

/** Minutes that are whole hours, or less than one: `5 minutes`, `1 hour`. */
function inOneUnit(minutes: number, language: LanguageTag): string {
  const [value, unit] = minutes < 60 ? [minutes, 'minute'] : [minutes / 60, 'hour']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}

interface Row {
  readonly name: string
  readonly hint: string
  readonly button: string
  readonly isDanger?: boolean
  readonly isDisabled?: boolean
  readonly onClick: () => void
}

function row({ name, hint, button, isDanger = false, isDisabled = false, onClick }: Row): TemplateResult {
  return html`<div class="setting">
    <p class="setting-name">${name}</p>
    <button
      type="button"
      class=${isDanger ? 'danger' : nothing}
      aria-label="${name}: ${button}"
      ?disabled=${isDisabled}
      @click=${onClick}
    >
      ${button}
    </button>
    <p class="hint">${hint}</p>
  </div>`
}

/** A new passphrase, twice. */
function newFields(words: PrivacyWords): PrivacyForm['fields'] {
  return [
    { name: 'new', label: words.newPassphrase, kind: 'new-password', hint: words.advice },
    { name: 'repeat', label: words.repeat, kind: 'new-password' },
  ]
}

function checkNew(words: PrivacyWords): (values: FormValues) => Readonly<Record<string, string>> {
  return (values) => {
    if ([...values('new')].length < SHORTEST) return { new: words.tooShort }
    return values('new') === values('repeat') ? {} : { repeat: words.differ }
  }
}

function encryptForm(privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: words.encryptTitle,
    text: [words.encryptText, words.forgottenText, words.erasedText],
    fields: newFields(words),
    yes: words.encrypt,
    check: checkNew(words),
    onSubmit: (values) => privacy.toEncrypted(values('new')),
  }
}

function keepForm(privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: words.keepTitle,
    text: [words.keepText],
    fields: [],
    yes: words.keep,
    onSubmit: () => privacy.toKeep(),
  }
}

/** Encrypted chats were left: they come back, and what this tab holds comes to them. */
function leftForm(chosen: 'keep' | 'encrypted', privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: chosen === 'keep' ? words.keepTitle : words.encryptTitle,
    text: chosen === 'keep' ? [words.leftEncryptedText, words.keepText] : [words.leftEncryptedText],
    fields: [{ name: 'passphrase', label: words.passphrase, kind: 'current-password' }],
    yes: chosen === 'keep' ? words.keep : words.encrypt,
    onSubmit: (values) =>
      chosen === 'keep' ? privacy.toKeep(values('passphrase')) : privacy.toEncrypted(values('passphrase')),
  }
}

function nothingForm(privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: words.nothingTitle,
    text: [words.nothingText],
    choices: {
      legend: words.becomes,
      all: [
        { value: 'left', label: words.leaveStored, hint: words.leaveStoredHint },
        { value: 'deleted', label: words.deleteStored, hint: words.deleteStoredHint },
      ],
    },
    fields: [],
    yes: words.keepNothing,
    isDanger: true,
    onSubmit: (values) => privacy.toNothing(values('choice') === 'deleted' ? 'deleted' : 'left'),
  }
}

function changeForm(privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: words.change,
    text: [words.forgottenText],
    fields: [{ name: 'old', label: words.oldPassphrase, kind: 'current-password' }, ...newFields(words)],
    yes: words.change,
    check: checkNew(words),
    onSubmit: (values) => privacy.changePassphrase(values('old'), values('new')),
  }
}

function passkeyForm(privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: words.addPasskeyTitle,
    text: [words.addPasskeyText],
    fields: [{ name: 'passphrase', label: words.passphrase, kind: 'current-password' }],
    yes: words.addPasskey,
    onSubmit: (values) => privacy.addPasskey(values('passphrase')),
  }
}

function deleteLeftForm(privacy: Privacy, words: PrivacyWords): PrivacyForm {
  return {
    title: words.deleteLeftTitle,
    text: [words.deleteLeftText],
    fields: [],
    yes: words.deleteLeft,
    isDanger: true,
    onSubmit: () => privacy.deleteLeft(),
  }
}
