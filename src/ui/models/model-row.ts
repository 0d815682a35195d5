import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { ReflectionError } from '../../core/errors.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ModelState } from '../../state/model-loader.ts'
import type { CatalogEntry } from '../../state/model-catalog.ts'
import { failureText } from '../parts/failure-text.ts'
import { fitWords } from './fit-words.ts'
import { progressWords } from './load-card.ts'
import { modelSummary, type Summary } from './model-summary.ts'
import type { Locale } from '../words/locales.ts'

export interface ModelRowProps {
  readonly row: CatalogEntry
  /** Of the loader, whichever model it has to do with. */
  readonly state: ModelState
  /** Why its files could not be deleted. */
  readonly failure: ReflectionError | undefined
  readonly locale: Locale
  readonly onLoad: () => void
  readonly onCancel: () => void
  readonly onDelete: () => void
  readonly onRemove: () => void
  /** Reads its manifest again. */
  readonly onTryAgain: () => void
}

/** Lacks that all models share: the page says them once. */
const OF_DEVICE: ReadonlySet<string> = new Set(['insecure-page', 'webgpu-missing', 'adapter-missing'])

/** A model, what speaks for and against it here, and the one button that loads it. */
export function modelRow(props: ModelRowProps): TemplateResult {
  const { row, failure, locale } = props
  const { model } = row
  const { text, language }: Summary = model === undefined ? { text: '' } : modelSummary(model, locale)
  return html`<li class="models-row" data-name=${row.name}>
    <div class="models-row-head">
      <div class="models-row-title">
        <h4 dir="auto">${nameParts(model?.name ?? row.name)}</h4>
        ${marks(row, locale)}
        ${
          model === undefined
            ? nothing
            : html`<p class="models-summary" dir="auto" lang=${language ?? nothing}>${firstSentence(text)}</p>`
        }
      </div>
      ${row.error === undefined ? loadButton(props) : nothing}
    </div>
    ${reasons(row, locale)} ${news(props)}
    ${failure === undefined ? nothing : html`<div class="failure" role="alert">${failureText(failure, locale)}</div>`}
    ${row.error === undefined ? nothing : unreadable(row.error, props)} ${details(props)}
  </li>`
}

function marks({ isBest, origin }: CatalogEntry, { words }: Locale): TemplateResult | typeof nothing {
  const { best, embedded, yours } = words.models
  const from = origin === 'embedded' ? embedded : origin === 'user' ? yours : undefined
  if (!isBest && from === undefined) return nothing
  return html`<p class="models-marks">
    ${isBest ? html`<strong class="models-best">${best}</strong>` : nothing}
    ${from === undefined ? nothing : html`<span>${from}</span>`}
  </p>`
}

/** What it takes, in one line. */
function facts(model: ModelDescription, storedBytes: number, { words, format }: Locale): string {
  const labels = words.models
  const all = format.bytes(model.downloadBytes)
  const stored = format.bytes(storedBytes)
  // Sizes of models whose files nobody lists are estimates, so that a little more or less is all of it.
  const isWhole = storedBytes > model.downloadBytes * 0.95
  const size =
    storedBytes === 0 ? labels.download(all) : isWhole ? labels.stored(stored) : labels.partlyStored(stored, all)
  return `${size} · ${labels.gpuMemory} ${format.bytes(model.gpuMemoryBytes)}`
}

/** One element in all states, so that it keeps the focus. */
function loadButton({ row, locale, onLoad, onCancel }: ModelRowProps): TemplateResult {
  const { loading, fit, isBest, model } = row
  const { models: labels, page } = locale.words
  const name = model?.name ?? row.name
  const isLoaded = loading === 'ready'
  const isLoading = loading === 'loading'
  const isUnfit = fit?.verdict === 'does-not-fit'
  const [text, label] = isLoaded
    ? [labels.loaded, labels.modelLoaded(name)]
    : isLoading
      ? [page.cancel, labels.cancelModel(name)]
      : isUnfit
        ? [labels.loadAnyway, labels.loadModelAnyway(name)]
        : [labels.load, labels.loadModel(name)]
  return html`<button
    type="button"
    class="models-load ${isBest && !isLoaded && !isLoading ? 'primary' : ''}"
    aria-label=${label}
    aria-disabled=${isLoaded ? 'true' : 'false'}
    @click=${isLoaded ? nothing : isLoading ? onCancel : onLoad}
  >
    ${text}
  </button>`
}

function reasons({ fit }: CatalogEntry, locale: Locale): TemplateResult | typeof nothing {
  const own = fit?.reasons.filter(({ code }) => !OF_DEVICE.has(code)) ?? []
  if (own.length === 0) return nothing
  return html`<ul class="models-reasons">
    ${own.map((reason) => html`<li>${fitWords(reason, locale)}</li>`)}
  </ul>`
}

/** How loading goes, or went. */
function news({ row, state, locale }: ModelRowProps): TemplateResult | typeof nothing {
  const { load } = locale.words
  if (row.loading === undefined) return nothing
  switch (state.status) {
    case 'loading': {
      const title = load.loading(row.model?.name ?? row.name)
      return html`<div class="models-progress">
        <progress max="1" .value=${state.progress?.share ?? 0} aria-label=${title}></progress>
        <p class="statistics">${progressWords(state, locale)}</p>
      </div>`
    }
    case 'cancelled':
      return html`<p class="hint" role="status">${load.cancelled}. ${load.kept}</p>`
    case 'failed':
      return row.error === undefined
        ? html`<div class="failure" role="alert">${failureText(state.error, locale)}</div>`
        : nothing
    default:
      return nothing
  }
}

function unreadable(error: ReflectionError, { row, locale, onTryAgain, onRemove }: ModelRowProps): TemplateResult {
  const { models: labels, page } = locale.words
  return html`<div class="failure">
    ${failureText(error, locale)}
    <p class="failure-actions">
      <button type="button" @click=${onTryAgain}>${page.tryAgain}</button>
      ${
        row.origin === 'user'
          ? html`<button type="button" aria-label=${labels.removeModel(row.name)} @click=${onRemove}>
              ${labels.remove}
            </button>`
          : nothing
      }
    </p>
  </div>`
}

/** What stands in brackets tells builds of one model apart and is quieter than its name. */
function nameParts(name: string): TemplateResult {
  const [, title = name, build = ''] = /^(.+?)( \(.+\))?$/.exec(name) ?? []
  return html`${title}${build === '' ? nothing : html`<span class="models-build">${build}</span>`}`
}

function details({ row, locale, onDelete, onRemove }: ModelRowProps): TemplateResult | typeof nothing {
  const { model } = row
  if (model === undefined) return nothing
  const { words, format } = locale
  const labels = words.models
  const stored = row.storedBytes ?? 0
  const { text, language } = modelSummary(model, locale)
  const trained = model.dialect.reflection === undefined ? labels.trainedToThink : labels.trained
  return html`<details class="models-details">
    <summary>
      <span class="unseen">${labels.detailsOf(model.name)}</span>
      <span>${facts(model, stored, locale)}</span>
    </summary>
    ${firstSentence(text) === text ? nothing : html`<p dir="auto" lang=${language ?? nothing}>${text}</p>`}
    <dl class="models-facts">
      <dt>${labels.training}</dt>
      <dd>${model.trainedToReflect ? trained : labels.asked}</dd>
      <dt>${labels.size}</dt>
      <dd>${format.bytes(model.downloadBytes)}</dd>
      <dt>${labels.onDevice}</dt>
      <dd>
        ${stored === 0 ? labels.nothingStored : format.bytes(stored)}
        ${
          stored === 0 || row.loading === 'loading'
            ? nothing
            : html`<button
                type="button"
                class="models-delete"
                aria-label=${labels.deleteModel(model.name)}
                @click=${onDelete}
              >
                ${labels.delete}
              </button>`
        }
      </dd>
      <dt>${labels.gpuMemory}</dt>
      <dd>${format.bytes(model.gpuMemoryBytes)}</dd>
      <dt>${labels.contextWindow}</dt>
      <dd>${labels.tokens(model.contextWindow)}</dd>
      <dt>${labels.languages}</dt>
      <dd>${format.list(model.languages.map((tag) => languageName(tag, locale)))}</dd>
      <dt>${labels.license}</dt>
      <dd dir="auto">${model.license}</dd>
      <dt>${labels.revision}</dt>
      <dd dir="auto">${model.revision}</dd>
      <dt>${labels.address}</dt>
      <dd dir="ltr">${model.folderUrl}</dd>
    </dl>
    ${
      row.origin === 'user'
        ? html`<p>
            <button type="button" aria-label=${labels.removeModel(model.name)} @click=${onRemove}>
              ${labels.remove}
            </button>
          </p>`
        : nothing
    }
  </details>`
}

function firstSentence(text: string): string {
  return /^[^]*?([.!?](?=\s|$)|[。！？])/.exec(text)?.[0] ?? text
}

/** The name of a language in the language of the page; the tag itself where it is none. */
function languageName(tag: string, { language }: Locale): string {
  try {
    return new Intl.DisplayNames(language, { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
