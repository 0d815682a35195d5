import { html, nothing, type TemplateResult } from 'lit/html.js'
import { atom, type ReadableAtom, type WritableAtom } from 'nanostores'
import type { FileImport } from '../../state/import-files.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { Question } from '../parts/ask-question.ts'
import type { Attempt } from './failure-note.ts'
import { failureWords } from '../parts/failure-text.ts'
import type { FetchPart } from '../parts/fetch-part.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface ChatTransferParts {
  readonly library: ChatLibrary
  readonly locale: ReadableAtom<Locale>
  readonly ask: (question: Question) => Promise<boolean>
  readonly attempt: Attempt
  /** Set while all chats are deleted. */
  readonly isClearing: WritableAtom<boolean>
  readonly fetchPart: FetchPart
}

export interface ChatTransfer {
  /** Imports files one after the other, and says how each went. */
  importFiles(files: readonly File[]): Promise<void>
}

/** Most things that an import says it left out. */
const MOST_REASONS = 5

/** Chats as files: import and export of all, and the end of all. */
export function mountChatTransfer(
  root: HTMLElement,
  { library, locale, ask, attempt, isClearing, fetchPart }: ChatTransferParts,
  { signal }: { readonly signal: AbortSignal },
): ChatTransfer {
  const $isBusy = atom(false)
  const $imports = atom<readonly FileImport[]>([])

  function section() {
    const { transfer } = locale.get().words
    const hasChats = library.list.get().chats.length > 0
    const isBusy = $isBusy.get()
    // All buttons stay where they are and keep the focus while something is done.
    const off = String(isBusy)
    return html`
      ${news()}
      <details class="transfer">
        <summary>${transfer.heading}</summary>
        <div class="transfer-actions">
          <button type="button" aria-disabled=${off} @click=${() => !isBusy && fileField()?.click()}>
            ${transfer.import}
          </button>
          <input
            type="file"
            class="transfer-file"
            accept=".json,.jsonl,application/json"
            multiple
            hidden
            @change=${onFiles}
          />
          ${
            hasChats
              ? html`<button type="button" aria-disabled=${off} @click=${() => void during(exportAll)}>
                    ${transfer.exportAll}
                  </button>
                  <button type="button" class="danger" aria-disabled=${off} @click=${() => void deleteAll()}>
                    ${transfer.deleteAll}
                  </button>`
              : nothing
          }
        </div>
      </details>
    `
  }

  function news(): TemplateResult {
    const { words } = locale.get()
    const imports = $imports.get()
    return html`<div class=${imports.length === 0 ? 'imports' : 'imports told'}>
      <div role="status">
        ${$isBusy.get() ? html`<p class="hint">${words.transfer.busy}</p>` : imports.map(outcome)}
      </div>
      ${
        imports.length === 0
          ? nothing
          : html`<button type="button" class="quiet" @click=${dismiss}>${words.page.dismiss}</button>`
      }
    </div>`
  }

  function outcome(imported: FileImport): TemplateResult {
    const current = locale.get()
    const { words, format } = current
    const { transfer, failures } = words
    const failed = (reason: unknown) =>
      html`<p class="import-failed">${failures.titles['import-invalid']} <span dir="auto">(${imported.name})</span></p>
        <p>${reason}</p>`
    switch (imported.status) {
      case 'done':
        return html`<p>${transfer.imported(imported.count)}</p>
          ${skippedList(imported)}`
      case 'too-large':
        return failed(transfer.tooLarge(format.bytes(imported.bytes), format.bytes(imported.limitBytes)))
      case 'unreadable':
        return failed(transfer.notRead)
      case 'failed': {
        const { sentence, detail } = failureWords(imported.error, current)
        return failed(html`${sentence} ${detail === undefined ? nothing : html`<span lang="en">${detail}</span>`}`)
      }
    }
  }

  function skippedList({ skipped }: Extract<FileImport, { status: 'done' }>): TemplateResult | typeof nothing {
    const { transfer } = locale.get().words
    if (skipped.length === 0) return nothing
    const more = skipped.length - MOST_REASONS
    return html`<ul class="skipped">
      ${skipped.slice(0, MOST_REASONS).map(
        ({ index, what, reason }) =>
          html`<li>
            ${what === 'chat' ? transfer.chatSkipped(index + 1) : transfer.partSkipped(index + 1)}
            <span lang="en">${reason}</span>
          </li>`,
      )}
      ${more > 0 ? html`<li>${transfer.moreSkipped(more)}</li>` : nothing}
    </ul>`
  }

  function dismiss(): void {
    $imports.set([])
    focusHeading()
  }

  /** Where one goes on when the button that was pressed goes. */
  function focusHeading(): void {
    root.querySelector('summary')?.focus()
  }

  function fileField(): HTMLInputElement | null {
    return root.querySelector('.transfer-file')
  }

  function onFiles(): void {
    const field = fileField()
    const files = [...(field?.files ?? [])]
    if (field !== null) field.value = '' // so that the same file can be chosen again
    void importFiles(files)
  }

  /** Does one thing at a time. */
  async function during(work: () => Promise<void>): Promise<void> {
    if ($isBusy.get()) return
    $isBusy.set(true)
    await attempt(work)
    $isBusy.set(false)
  }

  async function importFiles(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    await during(async () => {
      $imports.set([])
      const part = await fetchPart(import('../../state/import-files.ts'))
      if (part === undefined) return
      const imports: FileImport[] = []
      for (const file of files) imports.push(await part.importFile(file, library))
      $imports.set(imports)
    })
  }

  async function exportAll(): Promise<void> {
    const part = await fetchPart(import('./export-chat-files.ts'))
    await part?.saveAllChats(library)
  }

  async function deleteAll(): Promise<void> {
    if ($isBusy.get()) return
    const { transfer, page } = locale.get().words
    const { chats } = library.list.get()
    const isSure = await ask({
      title: transfer.deleteAllTitle(chats.length),
      text: transfer.deleteAllText,
      yes: transfer.deleteAllButton(chats.length),
      no: page.cancel,
    })
    if (!isSure) return
    isClearing.set(true)
    await during(async () => {
      for (const { id } of chats) await library.delete(id)
      library.forgetDeleted()
    })
    isClearing.set(false)
    focusHeading()
  }

  renderOnChange(root, [locale, library.list, $isBusy, $imports], section, { signal })
  return { importFiles }
}
