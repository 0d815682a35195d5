import { html, nothing, type TemplateResult } from 'lit/html.js'
import { RotateCcw, X } from 'lucide'
import type { ReadableAtom, WritableAtom } from 'nanostores'
import type { EngineLimit } from '../../core/engine.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { CatalogEntry } from '../../state/model-catalog.ts'
import type { OfflineCopy } from '../../state/offline-copy.ts'
import type { Privacy } from '../../state/privacy.ts'
import type { RequestLog } from '../../state/request-log.ts'
import { DEFAULT_PREFERENCES, type Preferences } from '../../state/preferences.ts'
import { withNumber } from '../../state/settings.ts'
import { advancedSettings } from './advanced-settings.ts'
import { appearanceSettings } from './appearance-settings.ts'
import { askQuestion, type Question } from '../parts/ask-question.ts'
import { mountDataSettings } from './data-settings.ts'
import { dialogKeys } from '../parts/keys.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { icon } from '../parts/icon.ts'
import { iconButton } from '../parts/icon-button.ts'
import { mountClearSettings } from './clear-settings.ts'
import { followDeviceWords } from './follow-device-words.ts'
import { mountOfflineSettings } from './offline-settings.ts'
import { modelSettings } from './model-settings.ts'
import { mountPrivacySettings } from './privacy-settings.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { mountRequestSettings } from './request-settings.ts'
import { sectionTabs } from './section-tabs.ts'
import { readNumber, type Draft } from './setting-drafts.ts'
import { SETTING_SECTIONS, withSections, type SettingSection } from './setting-sections.ts'
import type { SettingsView, WrittenSetting } from './settings-view.ts'
import { thinkingSettings } from './thinking-settings.ts'
import type { Locale } from '../words/locales.ts'

export interface SettingsParts {
  /** Each change is a new value here; whoever holds it stores it. */
  readonly preferences: WritableAtom<Preferences>
  readonly library: ChatLibrary
  readonly session: Pick<ChatSession, 'conversation'>
  /** The chosen model; undefined while none is known. */
  readonly model: ReadableAtom<ModelDescription | undefined>
  /** What changes nothing where it runs; empty while that is not known. */
  readonly limits: ReadableAtom<readonly EngineLimit[]>
  readonly locale: ReadableAtom<Locale>
  /** Absent until the page is at rest, and where it cannot be kept. */
  readonly offline: ReadableAtom<OfflineCopy | undefined>
  /** Every request since the page was opened, and the models that some of them were for. */
  readonly openRequests: () => Promise<RequestLog>
  readonly models: ReadableAtom<readonly CatalogEntry[]>
  /** Deletes all that is stored, and ends the page. */
  readonly onClear: () => void
  /** The user wants to choose a model; the dialog is closed by then. */
  readonly onModels: () => void
  readonly fetchPart: FetchPart
  /** How chats are stored; absent where the browser stores nothing. */
  readonly openPrivacy?: (() => Promise<Privacy>) | undefined
}

export interface MountedSettings {
  /**
   * Shows the settings; the focus goes back to where it was once they are closed.
   * @param section - Which of them. Default: those that were shown last.
   */
  open(section?: SettingSection): void
}

/** What was put back to its defaults last. */
interface Reset {
  readonly sections: readonly SettingSection[]
  /** Where it was asked for. */
  readonly place: SettingSection
  readonly before: Preferences
  readonly isUndone: boolean
}

/** From here on the sections stand in a list beside what they hold. */
const WIDE = '(min-width: 40rem)'

/** A dialog with all that can be chosen, in sections. Every change counts at once, for replies from the next one on. */
export function mountSettings(
  root: HTMLElement,
  {
    preferences,
    library,
    session,
    model,
    limits,
    locale,
    offline,
    openRequests,
    models,
    onClear,
    onModels,
    fetchPart,
    openPrivacy,
  }: SettingsParts,
  { signal }: { readonly signal: AbortSignal },
): MountedSettings {
  const life = { signal }
  const drafts = new Map<WrittenSetting, Draft>()
  const wide = matchMedia(WIDE)
  let shown: SettingSection = 'appearance'
  let reset: Reset | undefined

  const content = document.createElement('div')
  const dialogs = document.createElement('div')
  root.append(content, dialogs)
  signal.addEventListener('abort', () => root.replaceChildren())
  const schedule = renderOnChange(content, [preferences, model, limits, locale], dialog, life)
  const place = (name: string) => content.querySelector<HTMLElement>(name) ?? content
  const ask = (question: Question) => askQuestion(dialogs, question, life)
  const data = mountDataSettings(
    place('.data-settings'),
    { library, session, locale, ask, fetchPart, onModels: toModels },
    life,
  )
  const deviceWords = { locale, words: followDeviceWords({ locale, fetchPart }, life) }
  mountOfflineSettings(place('.offline-settings'), { offline, ...deviceWords }, life)
  mountRequestSettings(place('.request-settings'), { openRequests, models, model, fetchPart, ...deviceWords }, life)
  mountClearSettings(place('.clear-settings'), { ask, onClear, ...deviceWords }, life)
  const privacy = mountPrivacySettings(place('.privacy-settings'), { locale, dialogs, fetchPart, openPrivacy }, life)
  const onWidth = () => {
    schedule.now()
    revealTab()
  }
  wide.addEventListener('change', onWidth, life)

  function view(): SettingsView {
    return {
      preferences: preferences.get(),
      model: model.get(),
      limits: limits.get(),
      locale: locale.get(),
      drafts,
      change,
      changeChat: (changes) => changeChat({ ...preferences.get().chat, ...changes }),
      changeLanguage(tag) {
        const { language: _, ...others } = preferences.get()
        reset = undefined
        preferences.set(tag === '' ? others : { ...others, language: tag })
      },
      changeNumber(name, number) {
        drafts.delete(name)
        changeChat(withNumber(preferences.get().chat, name, number))
      },
      begin,
      write,
      settle,
      toModels,
    }
  }

  function change(changes: Partial<Preferences>): void {
    reset = undefined // what it says, or would bring back, is not so any more
    preferences.set({ ...preferences.get(), ...changes })
  }

  function changeChat(chat: Preferences['chat']): void {
    change({ chat })
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
    else {
      drafts.set(name, { ...draft, isRefused: true })
      reset = undefined
    }
    schedule()
  }

  function resetTo(sections: readonly SettingSection[]): void {
    const before = preferences.get()
    drafts.clear()
    reset = { sections, place: shown, before, isUndone: false }
    preferences.set(withSections(before, sections, DEFAULT_PREFERENCES))
    schedule()
  }

  function undoReset(): void {
    if (reset === undefined) return
    content.querySelector<HTMLElement>(`#settings-panel-${shown} .reset`)?.focus() // the button that was pressed is about to go
    preferences.set(withSections(preferences.get(), reset.sections, reset.before))
    reset = { ...reset, isUndone: true }
    schedule()
  }

  function show(section: SettingSection): void {
    if (section !== shown) reset = undefined
    shown = section
    content.querySelector('.settings-body')?.scrollTo({ top: 0, behavior: 'instant' })
    schedule.now()
    revealTab()
    if (section === 'privacy') void privacy.open()
  }

  /** On a narrow page there is not room for all of them. */
  function revealTab(): void {
    content.querySelector(`#settings-tab-${shown}`)?.scrollIntoView({ inline: 'center', block: 'nearest' })
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
    const panels: Readonly<Record<SettingSection, TemplateResult>> = {
      appearance: appearanceSettings(current),
      thinking: thinkingSettings(current),
      model: modelSettings(current),
      privacy: html`<p class="hint privacy">${words.settings.privacy}</p>
        <div class="privacy-settings"></div>
        <div class="request-settings"></div>`,
      data: html`<div class="data-settings"></div>
        <div class="offline-settings"></div>
        <div class="clear-settings"></div>`,
      advanced: advancedSettings(current),
    }
    return html`
      <dialog class="settings" aria-labelledby="settings-title" closedby="any" @close=${onClose} @keydown=${dialogKeys}>
        <div class="settings-head">
          <h2 id="settings-title" tabindex="-1" autofocus>${words.page.settings}</h2>
          ${iconButton({ label: words.page.done, icon: X, onClick: close })}
        </div>
        ${sectionTabs({ shown, isList: wide.matches, words, onShow: show })}
        <div class="settings-body">${SETTING_SECTIONS.map((section) => panel(section, panels[section]))}</div>
      </dialog>
    `
  }

  function panel(section: SettingSection, settings: TemplateResult): TemplateResult {
    return html`<section
      class="settings-panel"
      role="tabpanel"
      id="settings-panel-${section}"
      aria-labelledby="settings-tab-${section}"
      ?hidden=${section !== shown}
    >
      ${settings} ${section === 'privacy' ? nothing : resetLine(section)}
    </section>`
  }

  /** All settings can be reset where all chats can be deleted; in each other section, what is in it. */
  function resetLine(section: SettingSection): TemplateResult {
    const { settings: words } = locale.get().words
    const isAll = section === 'data'
    const mine = reset?.place === section ? reset : undefined
    const done = isAll ? words.wasReset : words.sectionWasReset
    return html`<div class="settings-end">
      <button type="button" class="reset quiet with-icon" @click=${() => resetTo(isAll ? SETTING_SECTIONS : [section])}>
        ${icon(RotateCcw)}${isAll ? words.reset : words.resetSection}
      </button>
      <p role="status">${mine === undefined ? nothing : mine.isUndone ? words.wasUndone : done}</p>
      ${
        mine === undefined || mine.isUndone
          ? nothing
          : html`<button type="button" @click=${undoReset}>${words.undo}</button>`
      }
    </div>`
  }

  function open(section: SettingSection = shown): void {
    show(section)
    void data.count()
    const element = content.querySelector('dialog')
    if (element !== null && !element.open) element.showModal()
    revealTab()
  }

  function close(): void {
    content.querySelector('dialog')?.close()
  }

  return { open }
}
