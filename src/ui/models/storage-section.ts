import { html, nothing, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import { Check, ChevronDown, Download, FolderOpen, Trash2, Upload } from 'lucide'
import { computed, type ReadableAtom } from 'nanostores'
import type { StoredFile, StoredModel } from '../../core/model-storage.ts'
import type { ModelCatalog } from '../../state/model-catalog.ts'
import type { StorageNews, StoredModels } from '../../state/stored-models.ts'
import type { Question } from '../parts/ask-question.ts'
import { dropFiles } from '../parts/drop-files.ts'
import { failureText } from '../parts/failure-text.ts'
import { icon, type IconShape } from '../parts/icon.ts'
import { fitItem } from './load-card.ts'
import { modelFacts } from './model-facts.ts'
import { modelSummary } from './model-summary.ts'
import { engineWords } from './engine-words.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import { fileNameOf, saveFile } from '../parts/save-file.ts'
import type { Locale } from '../words/locales.ts'

export interface StorageSectionParts {
  readonly stored: StoredModels
  readonly catalog: ModelCatalog
  readonly locale: ReadableAtom<Locale>
  readonly ask: (question: Question) => Promise<boolean>
}

/** What is stored of models: how much, since when it is known to be right, and what can be done with it; and models that come from a file. */
export function mountStorageSection(
  root: HTMLElement,
  { stored, catalog, locale, ask }: StorageSectionParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  root.className = 'models stored'
  const content = document.createElement('section')
  content.setAttribute('aria-labelledby', 'stored-heading')
  const hint = document.createElement('p')
  hint.className = 'stored-drop'
  hint.hidden = true
  root.append(content, hint)
  signal.addEventListener('abort', () => root.replaceChildren())
  const $isBusy = computed(stored.work, (work) => work !== undefined)
  const stores = [stored.list, stored.isKept, stored.work, stored.news, stored.offered, catalog.device, locale]
  let focusNext: string | undefined // what gets the focus once it is drawn
  const afterRender = () => {
    const target = focusNext === undefined ? null : content.querySelector<HTMLElement>(focusNext)
    if (target !== null) focusNext = undefined
    target?.focus()
  }
  renderOnChange(content, stores, section, { signal, afterRender })
  dropFiles(root, hint, (dropped) => void take(dropped), { signal })
  void stored.refresh()

  function section(): TemplateResult {
    const { words } = locale.get()
    hint.textContent = words.storage.drop
    const list = stored.list.get()
    return html`
      <h3 id="stored-heading">${words.storage.heading}</h3>
      ${total()} ${list?.length === 0 ? html`<p class="hint">${words.storage.none}</p>` : nothing}
      <ul class="stored-models">
        ${repeat(list ?? [], ({ description }) => description.folderUrl, storedModel)}
      </ul>
      ${importRow()}
    `
  }

  /** How much of what the browser allows, and whether it keeps it. */
  function total(): TemplateResult {
    const { words, format } = locale.get()
    const { storage } = catalog.device.get() ?? {}
    const isKept = stored.isKept.get()
    const text =
      storage === undefined
        ? words.models.storageUntold
        : words.models.storageUsed(format.bytes(storage.usedBytes), format.bytes(storage.quotaBytes))
    return html`
      ${
        storage === undefined
          ? nothing
          : html`<meter
              class="storage-meter"
              aria-labelledby="stored-heading"
              max=${storage.quotaBytes}
              .value=${storage.usedBytes}
            >
              ${text}
            </meter>`
      }
      <p class="hint">${text}</p>
      ${isKept === undefined ? nothing : html`<p class="hint">${isKept ? words.storage.kept : words.storage.notKept}</p>`}
      ${
        isKept === false && (stored.list.get()?.length ?? 0) > 0
          ? html`<p class="stored-actions">
              <button type="button" @click=${() => void stored.keep()}>${words.storage.keep}</button>
            </p>`
          : nothing
      }
    `
  }

  function storedModel(model: StoredModel): TemplateResult {
    const { words } = locale.get()
    const labels = words.storage
    const { name, folderUrl } = model.description
    return html`<li class="stored-model" data-folder=${folderUrl}>
      <div class="stored-head">
        <h4 dir="auto">${name}</h4>
        <span class="stored-revision" dir="ltr">${model.description.revision}</span>
      </div>
      <p class="model-takes">${facts(model)}</p>
      ${working(folderUrl)} ${newsOf(folderUrl)}
      <div class="stored-actions">
        ${action(Check, labels.verify, labels.verifyModel(name), () => void stored.verify(model))}
        ${model.isComplete && model.description.imported === undefined ? action(Download, labels.export, labels.exportModel(name), () => void save(model)) : nothing}
        ${action(Trash2, labels.delete, labels.deleteModel(name), () => void remove(model))}
      </div>
      ${fileTable(model)}
    </li>`
  }

  /** In one line. */
  function facts(model: StoredModel): string {
    const { words, format } = locale.get()
    const labels = words.storage
    const whole = model.files.reduce((sum, { totalBytes, bytes }) => sum + (totalBytes ?? bytes), 0)
    const { usedAt, verifiedAt } = model
    return [
      model.isComplete ? format.bytes(model.bytes) : labels.part(format.bytes(model.bytes), format.bytes(whole)),
      labels.files(model.files.length),
      usedAt === undefined ? labels.neverUsed : labels.used(format.dateTime(usedAt)),
      !model.isComplete
        ? labels.incomplete
        : verifiedAt === undefined
          ? labels.notVerified
          : labels.verified(format.dateTime(verifiedAt)),
      ...(model.isImported === true ? [labels.fromFile] : []),
    ].join(' · ')
  }

  function action(shape: IconShape, text: string, label: string, onClick: () => void): TemplateResult {
    const isBusy = $isBusy.get()
    return html`<button
      type="button"
      class="with-icon"
      aria-label=${label}
      aria-disabled=${isBusy}
      @click=${isBusy ? nothing : onClick}
    >
      ${icon(shape)}${text}
    </button>`
  }

  function fileTable({ files: all, description }: StoredModel): TemplateResult {
    const { words } = locale.get()
    const labels = words.storage
    return html`<details class="model-details">
      <summary>${labels.details}<span class="unseen">: ${description.name}</span>${icon(ChevronDown)}</summary>
      <div class="stored-table" tabindex="0" role="region" aria-label=${`${labels.details}: ${description.name}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">${labels.file}</th>
              <th scope="col">${labels.size}</th>
              <th scope="col">${labels.checksum}</th>
            </tr>
          </thead>
          <tbody>
            ${all.map(fileRow)}
          </tbody>
        </table>
      </div>
    </details>`
  }

  function fileRow({ name, bytes, totalBytes = bytes, isComplete, isShared, sha256 = '' }: StoredFile): TemplateResult {
    const { words, format } = locale.get()
    const size = isComplete ? format.bytes(bytes) : words.storage.part(format.bytes(bytes), format.bytes(totalBytes))
    return html`<tr>
      <td dir="ltr">${name}</td>
      <td>${size}${isShared ? html` · ${words.storage.shared}` : nothing}</td>
      <td dir="ltr"><code title=${sha256}>${sha256.slice(0, 12)}</code></td>
    </tr>`
  }

  /** What goes on with a model, or with an import. */
  function working(folderUrl: string | undefined): TemplateResult | typeof nothing {
    const work = stored.work.get()
    if (work === undefined || work.folderUrl !== folderUrl) return nothing
    const { words, format } = locale.get()
    const { kind, progress } = work
    const { working: labels } = words.storage
    const text = kind === 'import' || kind === 'look' ? labels[kind] : labels[kind](nameOf(folderUrl))
    const { bytes, totalBytes } = progress ?? {}
    // Only what is done is news: the numbers change all the time.
    return html`<div class="model-progress">
      <progress max="1" .value=${progress?.share ?? 0} aria-label=${text}></progress>
      <p class="statistics">
        <span role="status">${text}</span>${
          bytes === undefined || totalBytes === undefined
            ? nothing
            : html` · ${words.storage.part(format.bytes(bytes), format.bytes(totalBytes))}`
        }
      </p>
    </div>`
  }

  /** How the last thing went that was done with a model, or with none. */
  function newsOf(folderUrl: string | undefined): TemplateResult | typeof nothing {
    const news = stored.news.get()
    if (news === undefined || folderIn(news) !== folderUrl) return nothing
    const { words, format } = locale.get()
    const labels = words.storage
    switch (news.kind) {
      case 'verified':
        return html`<p class="hint" role="status">${labels.sound(nameOf(folderUrl))}</p>`
      case 'damaged':
        return html`<p class="failure" role="alert">${labels.damaged(nameOf(folderUrl), format.list(news.files))}</p>`
      case 'imported':
        return html`<p class="hint" role="status">
          ${news.isListed === true ? words.sentences(labels.imported(news.name), labels.importedListed) : labels.imported(news.name)}
        </p>`
      case 'failed':
        return html`<div class="failure" role="alert">${failureText(news.error, locale.get())}</div>`
    }
  }

  function folderIn(news: StorageNews): string | undefined {
    if (!('folderUrl' in news)) return undefined
    const isListed = stored.list.get()?.some(({ description }) => description.folderUrl === news.folderUrl)
    return isListed === true ? news.folderUrl : undefined // what was about a model that is gone is told below the list
  }

  function nameOf(folderUrl: string | undefined): string {
    const model = stored.list.get()?.find(({ description }) => description.folderUrl === folderUrl)
    return model?.description.name ?? ''
  }

  function importRow(): TemplateResult {
    const { words } = locale.get()
    const labels = words.storage
    return html`<div class="stored-import">
      <h4>${labels.import}</h4>
      <p class="hint" id="stored-import-hint">${labels.importHint}</p>
      ${working(undefined)} ${newsOf(undefined)} ${offer()}
      <div class="stored-actions">
        ${action(Upload, labels.chooseFiles, labels.chooseFiles, () => choose('.stored-files'))}
        ${action(FolderOpen, labels.chooseFolder, labels.chooseFolder, () => choose('.stored-folder'))}
      </div>
      <input type="file" class="stored-files" multiple hidden aria-label=${labels.chooseFiles} @change=${onFiles} />
      <input
        type="file"
        class="stored-folder"
        webkitdirectory
        hidden
        aria-label=${labels.chooseFolder}
        @change=${onFiles}
      />
    </div>`
  }

  /** What files of this device say of themselves, before anything of them is stored. */
  function offer(): TemplateResult | typeof nothing {
    const { files, model } = stored.offered.get() ?? {}
    if (files === undefined || model === undefined) return nothing
    const { words, format } = locale.get()
    const labels = words.storage
    const judged = catalog.judge(model)
    const { text, language } = modelSummary(model, locale.get())
    return html`<section class="stored-offer" aria-labelledby="stored-offer-title">
      <h5 id="stored-offer-title" tabindex="-1">${labels.offerTitle(model.name)}</h5>
      <p dir="auto" lang=${language ?? nothing}>${text} ${labels.offerText(format.bytes(model.downloadBytes))}</p>
      ${
        judged === undefined
          ? nothing
          : html`<p>
                ${labels.offerFits[judged.fit.verdict]}
                ${judged.fit.verdict === 'does-not-fit' ? nothing : engineWords(judged, words)}
                ${judged.speed === undefined ? nothing : words.models.expectedSpeed(format.roundNumber(judged.speed))}
              </p>
              ${
                judged.fit.reasons.length === 0
                  ? nothing
                  : html`<ul class="model-reasons">
                      ${judged.fit.reasons.map((reason) => fitItem(reason, locale.get()))}
                    </ul>`
              }`
      }
      ${modelFacts(model, locale.get())}
      <div class="stored-actions">
        <button type="button" class="primary" @click=${() => decide(() => void keep(files))}>
          ${labels.offerKeep}
        </button>
        <button type="button" @click=${() => decide(stored.decline)}>${words.page.cancel}</button>
      </div>
    </section>`
  }

  /** The button that was pressed is gone then. */
  function decide(act: () => void): void {
    focusNext = '.stored-import > .stored-actions button'
    act()
  }

  function choose(selector: string): void {
    content.querySelector<HTMLInputElement>(selector)?.click()
  }

  function onFiles({ currentTarget }: Event): void {
    if (!(currentTarget instanceof HTMLInputElement)) return
    const files = [...(currentTarget.files ?? [])]
    currentTarget.value = '' // so that the same file can be chosen again
    void take(files)
  }

  async function take(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    const outcome = await stored.offer(files)
    if (outcome === 'import') await keep(files)
    if (outcome === 'offered') focusNext = '#stored-offer-title'
  }

  async function keep(files: readonly File[]): Promise<void> {
    const model = await stored.import(files)
    if (model !== undefined) await catalog.adopt(model)
  }

  async function save(model: StoredModel): Promise<void> {
    const archive = await stored.export(model)
    const { id, revision } = model.description
    if (archive !== undefined)
      saveFile(`${fileNameOf(`${id}-${revision}`, 'model')}.tar`, [archive], 'application/x-tar')
  }

  async function remove(model: StoredModel): Promise<void> {
    const { words, format } = locale.get()
    const { deleteTitle, deleteText, delete: yes } = words.models
    const isShared = model.files.some((file) => file.isShared)
    const text = deleteText(format.bytes(model.bytes))
    const isSure = await ask({
      title: deleteTitle(model.description.name),
      text: isShared ? words.sentences(text, words.storage.deleteShared) : text,
      yes,
      no: words.page.cancel,
    })
    if (!isSure) return
    await stored.delete(model)
    await catalog.refresh()
    content.querySelector<HTMLElement>('.stored-actions button')?.focus() // the button that was pressed is gone
  }
}
