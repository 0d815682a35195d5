import { html, nothing, render, type TemplateResult } from 'lit/html.js'
import { Download, Trash2, Upload } from 'lucide'
import { atom, type ReadableAtom } from 'nanostores'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { Question } from '../parts/ask-question.ts'
import { mountFailureNote } from '../parts/failure-note.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { icon, type IconShape } from '../parts/icon.ts'
import { mountImportChats } from '../parts/import-chats.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { mountUnreadableChats } from '../parts/unreadable-chats.ts'
import type { Locale } from '../words/locales.ts'

export interface DataSettingsParts {
  readonly library: ChatLibrary
  readonly session: Pick<ChatSession, 'conversation'>
  readonly locale: ReadableAtom<Locale>
  readonly ask: (question: Question) => Promise<boolean>
  readonly fetchPart: FetchPart
  /** Leads to the page of models. */
  readonly onModels: () => void
}

export interface MountedDataSettings {
  /** Asks the browser how much is stored now. Never rejects. */
  count(): Promise<void>
}

/** A line with a name, what it means, and the button that does it. */
interface Row {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly button: string
  readonly shape: IconShape
  readonly isDanger?: boolean
  readonly onClick: () => void
}

/** The chats as files, their end, and how much is stored. */
export function mountDataSettings(
  root: HTMLElement,
  { library, session, locale, ask, fetchPart, onModels }: DataSettingsParts,
  { signal }: { readonly signal: AbortSignal },
): MountedDataSettings {
  const $isBusy = atom(false)
  const $stored = atom<{ readonly used: number; readonly quota: number } | undefined>(undefined)
  const life = { signal }

  render(
    html`<div></div>
      <div></div>
      <div></div>
      <div></div>`,
    root,
  )
  const [notes, unreadable, news, rows] = [...root.children] as [HTMLElement, HTMLElement, HTMLElement, HTMLElement]
  const attempt = mountFailureNote(notes, { locale }, life)
  mountUnreadableChats(unreadable, { library, locale, ask, attempt }, life)
  const onDismissed = () => button('import')?.focus()
  const chatImport = mountImportChats(news, { library, session, locale, attempt, fetchPart, onDismissed }, life)
  renderOnChange(rows, [locale, library.list, $isBusy, $stored], allRows, life)
  const unsubscribe = library.list.listen(() => root.checkVisibility() && void count())
  signal.addEventListener('abort', () => {
    unsubscribe()
    render(nothing, root)
  })

  function allRows(): TemplateResult {
    const { transfer } = locale.get().words
    const { length } = library.list.get().chats
    return html`
      ${
        length === 0
          ? nothing
          : row({
              id: 'export',
              name: transfer.exportAll,
              hint: transfer.exportHint,
              button: transfer.exportButton,
              shape: Download,
              onClick: () => void during(exportAll),
            })
      }
      ${row({
        id: 'import',
        name: transfer.import,
        hint: transfer.importHint,
        button: transfer.importButton,
        shape: Upload,
        onClick: () => !$isBusy.get() && fileField()?.click(),
      })}
      <input
        type="file"
        class="import-file"
        accept=".json,.jsonl,application/json"
        multiple
        hidden
        @change=${onFiles}
      />
      ${
        length === 0
          ? nothing
          : row({
              id: 'delete-all',
              name: transfer.deleteAll,
              hint: transfer.deleteHint(length),
              button: transfer.deleteShort,
              shape: Trash2,
              isDanger: true,
              onClick: () => void deleteAll(),
            })
      }
      ${storageRow()}
    `
  }

  /** Buttons stay where they are and keep the focus while something is done. */
  function row({ id, name, hint, button: label, shape, isDanger = false, onClick }: Row): TemplateResult {
    return html`<div class="setting">
      <p class="setting-name">${name}</p>
      <button
        type="button"
        id="data-${id}"
        class=${isDanger ? 'with-icon danger' : 'with-icon'}
        aria-label=${name}
        aria-describedby="data-${id}-hint"
        aria-disabled=${$isBusy.get()}
        @click=${onClick}
      >
        ${icon(shape)}${label}
      </button>
      <p class="hint" id="data-${id}-hint">${hint}</p>
    </div>`
  }

  function storageRow(): TemplateResult | typeof nothing {
    const { words, format } = locale.get()
    const { settings } = words
    const stored = $stored.get()
    if (stored === undefined) return nothing
    const { used, quota } = stored
    const text = settings.storageUsed(format.bytes(used), format.bytes(quota))
    return html`<div class="setting">
      <p class="setting-name" id="data-storage">${settings.storage}</p>
      <button type="button" @click=${onModels}>${settings.manageModels}</button>
      <meter class="storage-meter" aria-labelledby="data-storage" max=${quota} .value=${used}>${text}</meter>
      <p class="hint">${text}</p>
    </div>`
  }

  async function count(): Promise<void> {
    // Absent on pages without https; some browsers refuse it in private windows.
    const estimate = await navigator.storage?.estimate?.().catch(() => undefined)
    const { usage: used, quota } = estimate ?? {}
    $stored.set(used === undefined || quota === undefined || quota === 0 ? undefined : { used, quota })
  }

  function button(id: string): HTMLElement | null {
    return root.querySelector<HTMLElement>(`#data-${id}`)
  }

  function fileField(): HTMLInputElement | null {
    return root.querySelector('.import-file')
  }

  function onFiles(): void {
    const field = fileField()
    const files = [...(field?.files ?? [])]
    if (field !== null) field.value = '' // so that the same file can be chosen again
    void during(() => chatImport.importFiles(files))
  }

  /** Does one thing at a time. */
  async function during(work: () => Promise<void>): Promise<void> {
    if ($isBusy.get()) return
    $isBusy.set(true)
    await attempt(work)
    $isBusy.set(false)
  }

  async function exportAll(): Promise<void> {
    const part = await fetchPart(import('./save-all-chats.ts'))
    await part?.saveAllChats(library)
  }

  async function deleteAll(): Promise<void> {
    if ($isBusy.get()) return
    const { transfer, page } = locale.get().words
    const { length } = library.list.get().chats
    const isSure = await ask({
      title: transfer.deleteAllTitle(length),
      text: transfer.deleteAllText(length),
      yes: transfer.deleteAllButton(length),
      no: page.cancel,
    })
    if (!isSure) return
    await during(() => library.deleteAll())
    button('import')?.focus() // the button that was pressed is about to go
  }

  return { count }
}
