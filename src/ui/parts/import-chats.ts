import { html, nothing, type TemplateResult } from 'lit/html.js'
import { atom, type ReadableAtom } from 'nanostores'
import type { FileImport, ImportProgress } from '../../state/import-files.ts'
import type { ChatLibrary } from '../../state/chat-library.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { Attempt } from './failure-note.ts'
import { failureWords } from './failure-text.ts'
import type { FetchPart } from './fetch-part.ts'
import { focusedElement } from './focused-element.ts'
import { noteFocus } from './note-focus.ts'
import { renderOnChange } from './render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface ImportChatsParts {
  readonly library: ChatLibrary
  readonly session: Pick<ChatSession, 'conversation'>
  readonly locale: ReadableAtom<Locale>
  readonly attempt: Attempt
  readonly fetchPart: FetchPart
  /** The news of an import were sent away, and the button that did it goes: where the focus goes on. */
  readonly onDismissed: () => void
}

export interface ChatImport {
  /**
   * Imports files one after the other, says how each went, and shows the first chat that came, unless the user has gone on to something
   * else meanwhile. One import at a time: while one is at work nothing is done.
   */
  importFiles(files: readonly File[]): Promise<void>
}

/** Most things that an import says it left out. */
const MOST_REASONS = 5

/** Takes in chats from files, shows how far that is, with a way to end it, and how it went until it is dismissed. */
export function mountImportChats(
  root: HTMLElement,
  { library, session, locale, attempt, fetchPart, onDismissed }: ImportChatsParts,
  { signal }: { readonly signal: AbortSignal },
): ChatImport {
  const $isBusy = atom(false)
  const $imports = atom<readonly FileImport[]>([])
  const $progress = atom<ImportProgress | undefined>(undefined)
  let stop = new AbortController()

  function news(): TemplateResult {
    const { words } = locale.get()
    const imports = $imports.get()
    return html`<div class=${imports.length === 0 ? 'imports' : 'imports told'}>
      <div role="status">
        ${$isBusy.get() ? html`<p class="hint">${words.transfer.busy}</p>` : imports.map(outcome)}
      </div>
      ${$isBusy.get() ? progress() : nothing}
      ${
        imports.length === 0
          ? nothing
          : html`<button type="button" class="quiet" @click=${dismiss}>${words.page.dismiss}</button>`
      }
    </div>`
  }

  function progress(): TemplateResult {
    const { words } = locale.get()
    const { transfer } = words
    const done = $progress.get()
    return html`${
        done === undefined
          ? nothing
          : html`<p class="hint">${transfer.importing(done.stored, done.total)}</p>
              <progress aria-label=${transfer.import} value=${done.stored} max=${done.total}></progress>`
      } <button type="button" class="quiet" @click=${() => stop.abort()}>${words.page.cancel}</button>`
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
      case 'stopped':
        return html`<p>${transfer.stopped(imported.count)}</p>`
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
    onDismissed()
  }

  async function importFiles(files: readonly File[]): Promise<void> {
    if (files.length === 0 || $isBusy.get()) return
    stop = new AbortController()
    const { signal: ended } = stop
    $isBusy.set(true)
    const shown = session.conversation.get()
    const isUnmoved = noteFocus()
    await attempt(async () => {
      $imports.set([])
      const part = await fetchPart(import('../../state/import-files.ts'))
      if (part === undefined) return
      const imports: FileImport[] = []
      for (const file of files) {
        const onProgress = (done: ImportProgress) => $progress.set(done)
        imports.push(await part.importFile(file, library, { signal: ended, onProgress }))
        $progress.set(undefined)
        if (ended.aborted) break
      }
      $imports.set(imports)
      const firstId = imports.find((imported) => imported.firstId !== undefined)?.firstId
      const isWaiting = session.conversation.get() === shown && isUnmoved() && !isWriting()
      if (firstId !== undefined && isWaiting) await library.open(firstId)
    })
    $isBusy.set(false)
  }

  renderOnChange(root, [locale, $isBusy, $imports, $progress], news, { signal })
  return { importFiles }
}

/** Whether the focus is in a field that has something in it. */
function isWriting(): boolean {
  const field = focusedElement()
  return (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) && field.value !== ''
}
