import { html, nothing, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import type { ReadableAtom } from 'nanostores'
import { ReflectionError } from '../../core/errors.ts'
import { identifyBrowser } from '../../core/models/identify-browser.ts'
import { missingGpuAdvice } from '../../core/models/missing-gpu-advice.ts'
import { suppliedModels, type SuppliedModel } from '../../core/models/model-list.ts'
import type { ModelLoader } from '../../state/model-loader.ts'
import type { AddProblem } from '../../state/find-added-model.ts'
import type { CatalogEntry, ModelCatalog } from '../../state/model-catalog.ts'
import { askQuestion } from '../parts/ask-question.ts'
import { failureText } from '../parts/failure-text.ts'
import { gpuAdviceCard } from './load-card.ts'
import { modelRow } from './model-row.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface ModelPageParts {
  readonly catalog: ModelCatalog
  readonly loader: ModelLoader
  readonly locale: ReadableAtom<Locale>
  readonly onClose: () => void
}

type Group = 'fits' | 'tight' | 'unjudged' | 'unreadable' | 'unfit'

/** As they follow each other on the page. */
const GROUPS: readonly Group[] = ['fits', 'tight', 'unjudged', 'unreadable', 'unfit']

/** How it stands with the model whose address was typed last. */
type Adding =
  | { readonly status: 'nothing' | 'reading' }
  | { readonly status: 'added'; readonly name: string }
  | { readonly status: 'refused'; readonly problem: AddProblem }

/** Shows this device and the models that can be chosen on it, and keeps them up to date. */
export function mountModelPage(
  root: HTMLElement,
  { catalog, loader, locale, onClose }: ModelPageParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  let adding: Adding = { status: 'nothing' }
  let supplied: SuppliedModel | undefined // whose weights shall be added; else a model with a manifest
  let failedDeletion: { readonly name: string; readonly error: ReflectionError } | undefined
  let focusNext: string | undefined // name of the row that gets the focus because the button that had it is gone

  const content = document.createElement('div')
  const dialogs = document.createElement('div')
  root.append(content, dialogs)
  signal.addEventListener('abort', () => root.replaceChildren())
  const stores = [catalog.entries, catalog.device, catalog.problem, loader.model, locale]
  const schedule = renderOnChange(content, stores, page, { signal, afterRender })
  void catalog.refresh()

  function page(): TemplateResult {
    const { words } = locale.get()
    return html`
      <div class="models">
        <div class="models-head">
          <h2 tabindex="-1">${words.models.heading}</h2>
          <button type="button" class="quiet" @click=${onClose}>${words.models.back}</button>
        </div>
        ${deviceSection()} ${GROUPS.map(groupSection)} ${addSection()}
      </div>
    `
  }

  function deviceSection(): TemplateResult {
    const { words, format } = locale.get()
    const labels = words.models
    const device = catalog.device.get()
    const problem = catalog.problem.get()
    const advice = device && missingGpuAdvice(identifyBrowser(navigator.userAgent, navigator.maxTouchPoints), device)
    return html`
      <section aria-labelledby="models-device">
        <h3 id="models-device">${labels.device}</h3>
        ${
          problem === undefined
            ? nothing
            : html`<div class="failure" role="alert">
                ${failureText(problem, locale.get())}
                <p class="failure-actions">
                  <button type="button" @click=${() => void catalog.refresh()}>${words.page.tryAgain}</button>
                </p>
              </div>`
        }
        ${advice === undefined ? nothing : gpuAdviceCard(advice, () => location.reload(), locale.get())}
        ${
          device === undefined
            ? html`<p class="hint">${problem === undefined ? labels.lookingAtDevice : nothing}</p>`
            : html`<dl class="models-facts">
                <dt>${labels.gpu}</dt>
                <dd>${gpuWords()}</dd>
                <dt>${labels.memory}</dt>
                <dd>
                  ${
                    device.deviceMemoryBytes === undefined
                      ? labels.memoryUntold
                      : labels.memoryAbout(format.bytes(device.deviceMemoryBytes))
                  }
                </dd>
                <dt>${labels.storage}</dt>
                <dd>
                  ${
                    device.storage === undefined
                      ? labels.storageUntold
                      : labels.storageUsed(
                          format.bytes(device.storage.usedBytes),
                          format.bytes(device.storage.quotaBytes),
                        )
                  }
                </dd>
              </dl>`
        }
      </section>
    `
  }

  function gpuWords(): string {
    const labels = locale.get().words.models
    const adapter = catalog.device.get()?.adapter
    if (adapter === undefined) return labels.noGpu
    const name = adapter.name === '' ? labels.gpuUnnamed : adapter.name
    return adapter.isFallback ? labels.softwareGpu(name) : name
  }

  /** What cannot run here is folded away. */
  function groupSection(group: Group): TemplateResult | typeof nothing {
    const mine = catalog.entries.get().filter((row) => groupOf(row) === group)
    if (mine.length === 0) return nothing
    const { words, format } = locale.get()
    const title = html`${words.models[group]} <span class="models-count">${format.number(mine.length)}</span>`
    const ordered = [...mine.filter(({ isBest }) => isBest), ...mine.filter(({ isBest }) => !isBest)]
    const list = html`<ul class="models-rows">
      ${repeat(ordered, ({ name }) => name, rowItem)}
    </ul>`
    if (group !== 'unfit') {
      return html`<section aria-labelledby="models-${group}">
        <h3 id="models-${group}">${title}</h3>
        ${list}
      </section>`
    }
    return html`<details class="models-folded" ?open=${mine.some(({ loading }) => loading === 'loading')}>
      <summary><h3>${title}</h3></summary>
      ${list}
    </details>`
  }

  function rowItem(row: CatalogEntry): TemplateResult {
    const { name } = row
    return modelRow({
      row,
      state: loader.model.get(),
      failure: failedDeletion?.name === name ? failedDeletion.error : undefined,
      locale: locale.get(),
      onLoad: () => void catalog.choose(row, { anyway: row.fit?.verdict === 'does-not-fit' }),
      onCancel: () => loader.cancel(),
      onDelete: () => void deleteFiles(row),
      onRemove: () => void remove(row),
      onTryAgain: () => void catalog.refresh(),
    })
  }

  async function deleteFiles(row: CatalogEntry): Promise<void> {
    const { deleteTitle, deleteText, delete: yes } = locale.get().words.models
    if (await ask(row, { title: deleteTitle, text: deleteText, yes })) await attempt(row, catalog.deleteStored(row))
  }

  /** What is stored of the model goes with it, and that is asked about. */
  async function remove(row: CatalogEntry): Promise<void> {
    const { removeTitle, removeText, remove: yes } = locale.get().words.models
    const isSure = (row.storedBytes ?? 0) === 0 || (await ask(row, { title: removeTitle, text: removeText, yes }))
    if (isSure) await attempt(row, catalog.remove(row.name))
  }

  function ask(
    row: CatalogEntry,
    { title, text, yes }: { title: (name: string) => string; text: (size: string) => string; yes: string },
  ): Promise<boolean> {
    const { words, format } = locale.get()
    const question = {
      title: title(row.model?.name ?? row.name),
      text: text(format.bytes(row.storedBytes ?? 0)),
      yes,
      no: words.page.cancel,
    }
    return askQuestion(dialogs, question, { signal })
  }

  /** Says in the row if it fails. */
  async function attempt(row: CatalogEntry, work: Promise<void>): Promise<void> {
    failedDeletion = undefined
    try {
      await work
    } catch (error) {
      failedDeletion = { name: row.name, error: ReflectionError.from(error) }
    }
    focusNext = row.name
    schedule()
  }

  function addSection(): TemplateResult {
    const { models: labels } = locale.get().words
    const isReading = adding.status === 'reading'
    const isRefused = adding.status === 'refused'
    return html`<section aria-labelledby="models-add">
      <h3 id="models-add">${labels.add}</h3>
      <p class="hint" id="models-add-hint">
        ${supplied === undefined ? labels.addHint : labels.addFolderHint(supplied.id)}
      </p>
      <form class="models-add" novalidate @submit=${onAdd}>
        <label for="models-kind">${labels.addKind}</label>
        <select id="models-kind" @change=${onKind}>
          <option value="">${labels.addDescribed}</option>
          ${suppliedModels.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
        </select>
        <label for="models-address">${supplied === undefined ? labels.addField : labels.addFolderField}</label>
        <div class="models-add-line">
          <input
            id="models-address"
            name="address"
            type="url"
            dir="ltr"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            placeholder=${supplied === undefined ? 'https://…/resolve/main/manifest.json' : 'https://huggingface.co/…/…'}
            aria-invalid=${isRefused ? 'true' : 'false'}
            aria-describedby="models-add-hint models-add-news"
          />
          <button type="submit" aria-disabled=${isReading ? 'true' : 'false'}>
            ${isReading ? labels.adding : labels.addButton}
          </button>
        </div>
        <div id="models-add-news" role="status" class=${isRefused ? 'models-refusal' : ''}>${addNews()}</div>
      </form>
    </section>`
  }

  function addNews(): TemplateResult | typeof nothing {
    const { words, format } = locale.get()
    const { added, addProblems } = words.models
    if (adding.status === 'added') return html`<p>${added(adding.name)}</p>`
    if (adding.status !== 'refused') return nothing
    const { problem } = adding
    switch (problem.reason) {
      case 'address':
        return html`<p>${addProblems.address}</p>`
      case 'folder':
        return html`<p>${addProblems.folder}</p>`
      case 'unknown':
        return html`<p>${addProblems.unknown(problem.id, format.list(problem.known))}</p>`
      case 'known':
        return html`<p>${addProblems.known(problem.name)}</p>`
      case 'host':
        return html`<p>${addProblems.host(problem.origin)}</p>`
      case 'unreachable':
        return html`<p>${addProblems.unreachable(problem.origin)}</p>`
      case 'refused':
        return html`<p>${addProblems.refused(problem.origin, problem.status)}</p>`
      case 'invalid':
      case 'unusable':
        return html`<p>${addProblems[problem.reason]}</p>
          <p class="failure-detail" lang="en" dir="ltr">${problem.error.message}</p>`
    }
  }

  function onKind(event: Event): void {
    const { value } = event.currentTarget as HTMLSelectElement
    supplied = suppliedModels.find(({ id }) => id === value)
    if (adding.status === 'reading') schedule()
    else setAdding({ status: 'nothing' }) // what was said of the address was about another kind
  }

  async function onAdd(event: Event): Promise<void> {
    event.preventDefault()
    if (adding.status === 'reading') return
    const form = event.currentTarget as HTMLFormElement
    const address = addressIn(form)
    setAdding({ status: 'reading' })
    const outcome = await catalog.add(supplied === undefined ? address : `${supplied.id}@${address}`)
    if ('added' in outcome) {
      if (addressIn(form) === address) {
        form.reset()
        supplied = undefined
      }
      setAdding({ status: 'added', name: outcome.added })
    } else {
      setAdding({ status: 'refused', problem: outcome.problem })
    }
  }

  function setAdding(next: Adding): void {
    adding = next
    schedule()
  }

  function afterRender(): void {
    if (focusNext === undefined) return
    const rows = [...root.querySelectorAll<HTMLElement>('.models-row')]
    const row = rows.find(({ dataset }) => dataset['name'] === focusNext)
    const next = row?.querySelector<HTMLElement>('summary') ?? root.querySelector<HTMLElement>('.models-head button')
    focusNext = undefined
    if (document.activeElement === document.body) next?.focus()
  }
}

function groupOf({ error, fit }: CatalogEntry): Group {
  if (error !== undefined) return 'unreadable'
  if (fit === undefined) return 'unjudged'
  return fit.verdict === 'does-not-fit' ? 'unfit' : fit.verdict
}

function addressIn(form: HTMLFormElement): string {
  return String(new FormData(form).get('address') ?? '')
}
