import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReadableAtom, WritableAtom } from 'nanostores'
import type { ModelDescription } from '../../core/models/model-description.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../state/preferences.ts'
import { withNumber } from '../../state/settings.ts'
import { appearanceSettings } from './appearance-settings.ts'
import { dialogKeys } from '../parts/keys.ts'
import { instructionSettings } from './instruction-settings.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { samplingSettings } from './sampling-settings.ts'
import { readNumber, type Draft } from './setting-drafts.ts'
import type { SettingsView, WrittenSetting } from './settings-view.ts'
import { thinkingSettings } from './thinking-settings.ts'
import type { Locale } from '../words/locales.ts'

export interface SettingsParts {
  /** Each change is a new value here; whoever holds it stores it. */
  readonly preferences: WritableAtom<Preferences>
  /** The chosen model; undefined while none is known. */
  readonly model: ReadableAtom<ModelDescription | undefined>
  readonly locale: ReadableAtom<Locale>
  /** The user wants to choose a model; the dialog is closed by then. */
  readonly onModels: () => void
  /** Why what was stored could not be used as it was, in English; absent when it could. */
  readonly storageProblem?: string
}

export interface MountedSettings {
  /** Shows the settings; the focus goes back to where it was once they are closed. */
  open(): void
}

/** A dialog with all that can be chosen. Every change counts at once, for replies from the next one on. */
export function mountSettings(
  root: HTMLElement,
  { preferences, model, locale, onModels, storageProblem }: SettingsParts,
  { signal }: { readonly signal: AbortSignal },
): MountedSettings {
  const drafts = new Map<WrittenSetting, Draft>()
  let reset: { readonly before: Preferences; readonly isUndone: boolean } | undefined

  const schedule = renderOnChange(root, [preferences, model, locale], dialog, { signal })

  function view(): SettingsView {
    return {
      preferences: preferences.get(),
      model: model.get(),
      locale: locale.get(),
      drafts,
      change: (changes) => preferences.set({ ...preferences.get(), ...changes }),
      changeChat: (changes) => changeChat({ ...preferences.get().chat, ...changes }),
      changeLanguage(tag) {
        const { language: _, ...others } = preferences.get()
        preferences.set(tag === '' ? others : { ...others, language: tag })
      },
      changeNumber(name, number) {
        drafts.delete(name)
        changeChat(withNumber(preferences.get().chat, name, number))
      },
      begin,
      write,
      settle,
    }
  }

  function changeChat(chat: Preferences['chat']): void {
    preferences.set({ ...preferences.get(), chat })
  }

  /** From now on another page that changes the setting does not change the field. */
  function begin(name: WrittenSetting, text: string): void {
    if (!drafts.has(name)) drafts.set(name, { text, isRefused: false })
  }

  function write(name: WrittenSetting, text: string, isUnfinished: boolean): void {
    const isKnownWrong = drafts.get(name)?.isRefused ?? false
    const isUsed = !isUnfinished && use(name, text)
    drafts.set(name, { text, isRefused: isKnownWrong && !isUsed })
    schedule()
  }

  /** @returns Whether the text is what counts from now on. */
  function use(name: WrittenSetting, text: string): boolean {
    const { chat } = preferences.get()
    if (name === 'instructions') {
      changeChat({ ...chat, instructions: text })
      return true
    }
    const read = readNumber(name, text)
    if (read !== undefined) changeChat(withNumber(chat, name, read.number))
    return read !== undefined
  }

  /** What cannot be used stays in its field, with the reason; only now, as most numbers are wrong while they are half typed. */
  function settle(name: WrittenSetting): void {
    const draft = drafts.get(name)
    if (draft === undefined) return
    const isUsed = name === 'instructions' || readNumber(name, draft.text) !== undefined
    if (isUsed) drafts.delete(name)
    else drafts.set(name, { ...draft, isRefused: true })
    schedule()
  }

  function resetAll(): void {
    const before = preferences.get()
    const { model: chosen, addedModels } = before
    drafts.clear()
    reset = { before, isUndone: false }
    preferences.set({ ...DEFAULT_PREFERENCES, addedModels, ...(chosen === undefined ? {} : { model: chosen }) })
    schedule()
  }

  function undoReset(): void {
    if (reset === undefined) return
    root.querySelector<HTMLElement>('.reset-all')?.focus() // the button that was pressed is about to go
    const { model: _, ...before } = reset.before
    const { model: chosen, addedModels } = preferences.get()
    preferences.set({ ...before, addedModels, ...(chosen === undefined ? {} : { model: chosen }) })
    reset = { ...reset, isUndone: true }
    schedule()
  }

  function onClose(): void {
    for (const name of drafts.keys()) settle(name)
    reset = undefined
    schedule()
  }

  function toModels(): void {
    close()
    onModels()
  }

  function dialog(): TemplateResult {
    const { words } = locale.get()
    const current = view()
    return html`
      <dialog class="settings" aria-labelledby="settings-title" closedby="any" @close=${onClose} @keydown=${dialogKeys}>
        <div class="settings-head">
          <h2 id="settings-title" tabindex="-1" autofocus>${words.page.settings}</h2>
          <button type="button" class="primary" @click=${close}>${words.page.done}</button>
        </div>
        <div class="settings-body">
          <div class="setting">
            <h3>${words.settings.model}</h3>
            <button type="button" @click=${toModels}>${words.settings.chooseModel}</button>
            <p class="model-name" dir="auto">${current.model?.name ?? words.model.none}</p>
          </div>
          ${thinkingSettings(current)} ${instructionSettings(current)} ${samplingSettings(current)}
          ${appearanceSettings(current)}
          <p class="hint privacy">${words.settings.privacy}</p>
          ${
            storageProblem === undefined
              ? nothing
              : html`<p class="hint">${words.settings.unusable} <span lang="en" dir="ltr">${storageProblem}</span></p>`
          }
          <div class="settings-end">
            <button type="button" class="reset-all" @click=${resetAll}>${words.settings.reset}</button>
            <p role="status">
              ${reset === undefined ? nothing : reset.isUndone ? words.settings.wasUndone : words.settings.wasReset}
            </p>
            ${
              reset === undefined || reset.isUndone
                ? nothing
                : html`<button type="button" @click=${undoReset}>${words.settings.undo}</button>`
            }
          </div>
        </div>
      </dialog>
    `
  }

  function open(): void {
    const shown = root.querySelector('dialog')
    if (shown !== null && !shown.open) shown.showModal()
  }

  function close(): void {
    root.querySelector('dialog')?.close()
  }

  return { open }
}
