import { html, nothing, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import { ArrowLeft, ChevronRight, Cpu, TriangleAlert } from 'lucide'
import type { ReadableAtom } from 'nanostores'
import type { Capabilities } from '../../core/engine.ts'
import { ReflectionError } from '../../core/errors.ts'
import { mayBeTooLarge } from '../../core/models/check-fit.ts'
import type { ChosenEngine, EngineReason } from '../../core/models/choose-engine.ts'
import { suppliedModels, type SuppliedModel } from '../../core/models/model-list.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ChatSession } from '../../state/chat-session.ts'
import type { ModelLoader } from '../../state/model-loader.ts'
import type { AddProblem } from '../../state/find-added-model.ts'
import type { CatalogEntry, ModelCatalog } from '../../state/model-catalog.ts'
import type { Servers } from '../../state/servers.ts'
import type { StoredModels } from '../../state/stored-models.ts'
import { askQuestion, type Question } from '../parts/ask-question.ts'
import { failureText } from '../parts/failure-text.ts'
import { engineWords } from './engine-words.ts'
import { createGpuAdvice, hasGpu } from './fetched-gpu-advice.ts'
import { deviceMemory } from './fit-words.ts'
import { modelCard } from './model-card.ts'
import { isAtHand, modelFamilies, type ModelFamily } from './model-families.ts'
import { mountServerSection } from './server-section.ts'
import { mountStorageSection } from './storage-section.ts'
import { icon } from '../parts/icon.ts'
import { renderOnChange } from '../parts/render-on-change.ts'
import type { Locale } from '../words/locales.ts'

export interface ModelPageParts {
  readonly catalog: ModelCatalog
  /** Absent where the engine keeps no files of models. */
  readonly stored?: StoredModels | undefined
  /** Absent where no model may run elsewhere. */
  readonly servers?: Servers | undefined
  readonly loader: ModelLoader
  /** Its replies tell how fast their models are here. */
  readonly session: Pick<ChatSession, 'conversation'>
  readonly locale: ReadableAtom<Locale>
  readonly onClose: () => void
}

type Group = 'ready' | 'fits' | 'tight' | 'unjudged' | 'unreadable' | 'unfit'

/** As they follow each other on the page. */
const GROUPS: readonly Group[] = ['ready', 'fits', 'tight', 'unjudged', 'unreadable', 'unfit']

/** Why one model runs on the processor, and others need not. */
const OF_MODEL: ReadonlySet<string> = new Set<EngineReason>(['gpu-unfit', 'library-missing'])

/** How it stands with the model whose address was typed last. */
type Adding =
  | { readonly status: 'nothing' | 'reading' }
  | { readonly status: 'added'; readonly name: string }
  | { readonly status: 'refused'; readonly problem: AddProblem }

/** Shows this device and the models that can be chosen on it, and keeps them up to date. */
export function mountModelPage(
  root: HTMLElement,
  { catalog, stored, servers, loader, session, locale, onClose }: ModelPageParts,
  { signal }: { readonly signal: AbortSignal },
): void {
  let adding: Adding = { status: 'nothing' }
  let supplied: SuppliedModel | undefined // whose weights shall be added; else a model with a manifest
  let failedDeletion: { readonly name: string; readonly error: ReflectionError } | undefined
  let focusNext: string | undefined // key of the family whose card gets the focus when the button that had it is gone

  const content = document.createElement('div')
  const server = document.createElement('div')
  const storage = document.createElement('div')
  const dialogs = document.createElement('div')
  root.append(content, server, storage, dialogs)
  signal.addEventListener('abort', () => root.replaceChildren())
  const stores = [catalog.entries, catalog.device, catalog.problem, loader.model, locale]
  const showGpuAdvice = createGpuAdvice(() => schedule()) // needed by the first drawing, which comes at once
  const schedule = renderOnChange(content, stores, page, { signal, afterRender })
  if (stored !== undefined) {
    const parts = { stored, catalog, locale, ask: (question: Question) => askQuestion(dialogs, question, { signal }) }
    mountStorageSection(storage, parts, { signal })
  }
  if (servers !== undefined) mountServerSection(server, { servers, catalog, locale }, { signal })
  void catalog.refresh()

  function page(): TemplateResult {
    const { words } = locale.get()
    noteFocusedCard()
    return html`
      <div class="models">
        <div class="models-head">
          <h2 tabindex="-1">${words.models.heading}</h2>
          <button type="button" class="quiet with-icon mirrors" @click=${onClose}>
            ${icon(ArrowLeft)}${words.models.back}
          </button>
        </div>
        ${warning()} ${failure()} ${GROUPS.map(groupSection)} ${deviceSection()} ${addSection()}
      </div>
    `
  }

  /** Of a model that is in no card, as one that only the address names. */
  function failure(): TemplateResult | typeof nothing {
    const state = loader.model.get()
    if (state.status !== 'failed' || catalog.entries.get().some(({ loading }) => loading !== undefined)) return nothing
    return html`<div class="failure" role="alert">${failureText(state.error, locale.get())}</div>`
  }

  /** What holds for all models is said once. */
  function warning(): TemplateResult | typeof nothing {
    const { words } = locale.get()
    const device = catalog.device.get()
    const problem = catalog.problem.get()
    if (problem !== undefined) {
      return html`<div class="failure" role="alert">
        ${failureText(problem, locale.get())}
        <p class="failure-actions">
          <button type="button" @click=${() => void catalog.refresh()}>${words.page.tryAgain}</button>
        </p>
      </div>`
    }
    if (device === undefined) return nothing
    const engines = catalog.entries.get().map(({ engine }) => engine)
    const onProcessor = engines.find((engine) => engine?.engine === 'processor' && !OF_MODEL.has(engine.why))
    if (onProcessor?.engine === 'processor') return processorNote(onProcessor, device)
    if (!hasGpu(device)) return showGpuAdvice(device, () => location.reload(), locale.get()) ?? nothing
    if (device.adapter?.isFallback !== true) return nothing
    return html`<p class="models-warning">
      ${icon(TriangleAlert)}<span>${words.sentences(words.models.noOwnGpu, words.models.accelerate)}</span>
    </p>`
  }

  /** Small models run without a GPU; what would bring one, who wants to know unfolds. */
  function processorNote(engine: ChosenEngine, device: Capabilities): TemplateResult {
    const { words } = locale.get()
    const advice = hasGpu(device) ? undefined : showGpuAdvice(device, () => location.reload(), locale.get())
    return html`<div class="models-warning">
      ${icon(Cpu)}
      <div>
        <p>${engineWords(engine, words)}</p>
        ${
          advice === undefined
            ? nothing
            : html`<details>
                <summary>${words.models.howToGpu}</summary>
                ${advice}
              </details>`
        }
      </div>
    </div>`
  }

  function deviceSection(): TemplateResult {
    const { words, format } = locale.get()
    const labels = words.models
    const device = catalog.device.get()
    return html`
      <section aria-labelledby="models-device">
        <h3 id="models-device">${labels.device}</h3>
        ${
          device === undefined
            ? html`<p class="hint">${catalog.problem.get() === undefined ? labels.lookingAtDevice : nothing}</p>`
            : html`<dl class="models-device">
                ${fact(labels.gpu, gpuWords())} ${fact(words.engine.names.processor, processorWords())}
                ${fact(
                  labels.memory,
                  device.deviceMemoryBytes === undefined
                    ? labels.memoryUntold
                    : labels.memoryAbout(deviceMemory(device.deviceMemoryBytes, format)),
                )}
                ${fact(
                  labels.storage,
                  device.storage === undefined
                    ? labels.storageUntold
                    : labels.storageUsed(
                        format.bytes(device.storage.usedBytes),
                        format.bytes(device.storage.quotaBytes),
                      ),
                )}
              </dl>`
        }
      </section>
    `
  }

  function fact(name: string, value: string): TemplateResult {
    return html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  }

  function gpuWords(): string {
    const labels = locale.get().words.models
    const adapter = catalog.device.get()?.adapter
    if (adapter === undefined) return labels.noGpu
    const name = adapter.name === '' ? labels.gpuUnnamed : adapter.name
    return adapter.isFallback ? labels.softwareGpu : name
  }

  function processorWords(): string {
    const { words } = locale.get()
    const processor = catalog.device.get()?.processor
    if (processor?.isUsable !== true) return words.fit['processor-unusable']
    return words.models.threads(processor.threads, globalThis.crossOriginIsolated)
  }

  /** What cannot run here is folded away. */
  function groupSection(group: Group): TemplateResult | typeof nothing {
    const mine = modelFamilies(catalog.entries.get()).filter(({ lead }) => groupOf(lead) === group)
    if (mine.length === 0) return nothing
    const { words, format } = locale.get()
    const isTooLarge = mine.every(({ lead }) => isLarge(lead))
    const name = group === 'unfit' && isTooLarge ? words.models.tooLarge : words.models.groups[group]
    const ordered = [...mine.filter(isFirst), ...mine.filter((family) => !isFirst(family))]
    const list = html`<ul class="model-cards">
      ${repeat(ordered, ({ key }) => key, card)}
    </ul>`
    if (group !== 'unfit') {
      return html`<section aria-labelledby="models-${group}">
        <h3 id="models-${group}">${name}</h3>
        ${group === 'tight' ? html`<p class="hint">${words.models.tightHint}</p>` : nothing} ${list}
      </section>`
    }
    return html`<details
      class="models-folded"
      id="models-unfit"
      ?open=${mine.some(({ lead }) => lead.loading === 'loading' || lead.loading === 'paused')}
    >
      <summary class="mirrors">
        ${icon(ChevronRight)}
        <h3>${name} <span class="models-count">${format.number(mine.length)}</span></h3>
      </summary>
      ${mine.some(({ lead }) => isTooSlow(lead)) ? html`<p class="hint">${words.models.tooSlow}</p>` : nothing} ${list}
    </details>`
  }

  function card(family: ModelFamily): TemplateResult {
    return modelCard({
      family,
      state: loader.model.get(),
      failedDeletion,
      speedOf,
      locale: locale.get(),
      onLoad: (entry) => void catalog.choose(entry, { anyway: entry.fit?.verdict === 'does-not-fit' }),
      onCancel: () => loader.cancel(),
      onPause: () => loader.pause(),
      onDelete: (entry) => void deleteFiles(entry),
      onRemove: (entry) => void remove(entry),
      onTryAgain: () => void catalog.refresh(),
    })
  }

  /** As its last reply in the shown chat went. */
  function speedOf({ id, revision }: ModelDescription): number | undefined {
    const { nodes } = session.conversation.get()
    const reply = nodes.findLast(
      (node) =>
        node.role === 'assistant' &&
        node.modelId === id &&
        node.revision === revision &&
        Number.isFinite(node.usage?.decodeTokensPerSecond), // an earlier version stored other ones
    )
    return reply?.role === 'assistant' ? reply.usage?.decodeTokensPerSecond : undefined
  }

  async function deleteFiles(entry: CatalogEntry): Promise<void> {
    const { deleteTitle, deleteText, delete: yes } = locale.get().words.models
    if (await ask(entry, { title: deleteTitle, text: deleteText, yes }))
      await attempt(entry, catalog.deleteStored(entry))
  }

  /** What is stored of the model goes with it, and that is asked about. */
  async function remove(entry: CatalogEntry): Promise<void> {
    const { removeTitle, removeText, remove: yes } = locale.get().words.models
    const isSure = (entry.storedBytes ?? 0) === 0 || (await ask(entry, { title: removeTitle, text: removeText, yes }))
    if (isSure) await attempt(entry, catalog.remove(entry.name))
  }

  function ask(
    entry: CatalogEntry,
    { title, text, yes }: { title: (name: string) => string; text: (size: string) => string; yes: string },
  ): Promise<boolean> {
    const { words, format } = locale.get()
    const question = {
      title: title(entry.model?.name ?? entry.name),
      text: text(format.bytes(entry.storedBytes ?? 0)),
      yes,
      no: words.page.cancel,
    }
    return askQuestion(dialogs, question, { signal })
  }

  /** Says in the card if it fails. */
  async function attempt(entry: CatalogEntry, work: Promise<void>): Promise<void> {
    failedDeletion = undefined
    try {
      await work
    } catch (error) {
      failedDeletion = { name: entry.name, error: ReflectionError.from(error) }
    }
    focusNext = keyOf(entry)
    schedule()
  }

  /** Few have a model of their own. */
  function addSection(): TemplateResult {
    const { models: labels } = locale.get().words
    const isReading = adding.status === 'reading'
    const isRefused = adding.status === 'refused'
    return html`<details class="models-folded">
      <summary class="mirrors">
        ${icon(ChevronRight)}
        <h3>${labels.add}</h3>
      </summary>
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
    </details>`
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
      case 'gguf':
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

  function keyOf({ name }: CatalogEntry): string | undefined {
    const families = modelFamilies(catalog.entries.get())
    return families.find(({ lead, others }) => [lead, ...others].some((entry) => entry.name === name))?.key ?? ''
  }

  /** A card that changes its group is made anew: its focus shall not be lost. */
  function noteFocusedCard(): void {
    const { activeElement } = document
    if (!content.contains(activeElement)) return
    focusNext ??= activeElement?.closest<HTMLElement>('.model-card')?.dataset['family']
  }

  function afterRender(): void {
    const key = focusNext
    focusNext = undefined
    if (key === undefined || document.activeElement !== document.body) return
    const cards = [...content.querySelectorAll<HTMLElement>('.model-card')]
    const mine = cards.find(({ dataset }) => dataset['family'] === key)
    const next = mine?.querySelector<HTMLElement>('button') ?? content.querySelector<HTMLElement>('.models-head button')
    next?.focus()
  }
}

function groupOf(entry: CatalogEntry): Group {
  const { error, fit, loading } = entry
  if (error !== undefined) return 'unreadable'
  if (loading === 'ready') return 'ready'
  if (fit === undefined) return 'unjudged'
  if (fit.verdict === 'does-not-fit') return 'unfit'
  if (isAtHand(entry)) return 'ready'
  return mayBeTooLarge(fit) ? 'tight' : 'fits'
}

/** The one in use, and the best one here. */
function isFirst({ lead }: ModelFamily): boolean {
  return lead.isBest || lead.loading === 'ready'
}

function isTooSlow({ fit }: CatalogEntry): boolean {
  return fit?.reasons.some(({ code, verdict }) => code === 'software-gpu' && verdict === 'does-not-fit') === true
}

/** Whether a smaller model might run. */
function isLarge({ fit }: CatalogEntry): boolean {
  const large = new Set(['memory-short', 'storage-short', 'software-gpu'])
  return fit?.reasons.some(({ code, verdict }) => verdict === 'does-not-fit' && large.has(code)) === true
}

function addressIn(form: HTMLFormElement): string {
  return String(new FormData(form).get('address') ?? '')
}
