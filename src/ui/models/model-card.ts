import { html, nothing, type TemplateResult } from 'lit/html.js'
import { repeat } from 'lit/directives/repeat.js'
import { Check, ChevronDown, Star, Trash2, TriangleAlert } from 'lucide'
import { mayBeTooLarge, type FitReason } from '../../core/models/check-fit.ts'
import type { ReflectionError } from '../../core/errors.ts'
import { downloadBytesFor } from '../../core/models/engine-files.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { ModelState } from '../../state/model-loader.ts'
import type { CatalogEntry } from '../../state/model-catalog.ts'
import { failureText } from '../parts/failure-text.ts'
import { icon } from '../parts/icon.ts'
import { iconButton } from '../parts/icon-button.ts'
import { canPause, fitItem, pausedWords, progressWords, quietHint, returnHint } from './load-card.ts'
import { modelFacts } from './model-facts.ts'
import { isAtHand, isStored, type ModelFamily } from './model-families.ts'
import { modelSummary, type Summary } from './model-summary.ts'
import { buildOf, plainModelName } from './plain-model-name.ts'
import type { Locale } from '../words/locales.ts'

export interface ModelCardProps {
  readonly family: ModelFamily
  /** Of the loader, whichever model it has to do with. */
  readonly state: ModelState
  /** Whose files could not be deleted, and why. */
  readonly failedDeletion: { readonly name: string; readonly error: ReflectionError } | undefined
  /** Tokens a second that a model wrote here; absent where nobody knows. */
  readonly speedOf: (model: ModelDescription) => number | undefined
  readonly locale: Locale
  readonly onLoad: (entry: CatalogEntry) => void
  readonly onCancel: () => void
  readonly onPause: () => void
  readonly onDelete: (entry: CatalogEntry) => void
  readonly onRemove: (entry: CatalogEntry) => void
  /** Reads its manifest again. */
  readonly onTryAgain: () => void
}

/** Lacks that many models share: the page says them once. */
const OF_DEVICE: ReadonlySet<string> = new Set(['insecure-page', 'webgpu-missing', 'adapter-missing', 'software-gpu'])

/** A model: what it is good at, what it takes, what speaks against it here, and the one button that loads it. */
export function modelCard(props: ModelCardProps): TemplateResult {
  const { family, failedDeletion, locale } = props
  const { lead, others } = family
  const { model } = lead
  const { text, language }: Summary = model === undefined ? { text: '' } : modelSummary(model, locale)
  const failure = [lead, ...others].some(({ name }) => name === failedDeletion?.name)
    ? failedDeletion?.error
    : undefined
  return html`<li
    class=${lead.loading === 'ready' ? 'model-card in-use' : 'model-card'}
    data-name=${lead.name}
    data-family=${family.key}
  >
    <div class="model-card-head">
      <h4 dir="auto">${nameOf(lead)}</h4>
      ${marks(lead, locale)}
    </div>
    ${
      model === undefined
        ? nothing
        : html`<p class="model-summary" dir="auto" lang=${language ?? nothing}>${firstSentence(text)}</p>
            <p class="model-takes">${takes(lead, model, props.speedOf(model), locale)}</p>`
    }
    ${mayBeTooLarge(lead.fit) && !isAtHand(lead) ? nothing : reasons(lead, locale)} ${news(props)}
    ${failure === undefined ? nothing : html`<div class="failure" role="alert">${failureText(failure, locale)}</div>`}
    ${
      lead.error === undefined
        ? html`<div class="model-actions">
            ${loadButton(lead, props)} ${pauseButton(lead, props)} ${deleteButton(lead, props)}
          </div>`
        : unreadable(lead, lead.error, props)
    }
    ${model === undefined ? nothing : details(model, props)}
  </li>`
}

/** Without its build, which the details tell; but as it is for a model that the user chose in one build. */
function nameOf({ name, model, origin }: CatalogEntry): string {
  if (model === undefined) return name
  return origin === 'user' ? model.name : plainModelName(model.name)
}

function marks({ isBest, origin, loading }: CatalogEntry, { words }: Locale): TemplateResult | typeof nothing {
  const { best, embedded, yours } = words.models
  const from = origin === 'embedded' ? embedded : origin === 'user' ? yours : undefined
  const isPraised = isBest && loading !== 'ready'
  if (!isPraised && from === undefined) return nothing
  return html`<p class="model-marks">
    ${isPraised ? html`<strong class="model-best">${icon(Star)}${best}</strong>` : nothing}
    ${from === undefined ? nothing : html`<span>${from}</span>`}
  </p>`
}

/** What it takes and gives, in one line. */
function takes(
  entry: CatalogEntry,
  model: ModelDescription,
  speed: number | undefined,
  { words, format }: Locale,
): string {
  const labels = words.models
  if (model.server !== undefined) return speed === undefined ? '' : labels.speed(format.number(Math.round(speed)))
  const { storedBytes = 0 } = entry
  const onProcessor = entry.engine?.engine === 'processor'
  const all = format.bytes(downloadBytesFor(model, onProcessor ? 'processor' : 'gpu'))
  const stored = format.bytes(storedBytes)
  const missing = entry.origin === 'embedded' ? all : labels.download(all)
  const size = storedBytes === 0 ? missing : isStored(entry) ? labels.stored(stored) : labels.partlyStored(stored, all)
  const facts = [size, onProcessor ? labels.onProcessor : labels.needsMemory(format.bytes(model.gpuMemoryBytes))]
  const expected = entry.engine?.speed
  if (speed !== undefined) facts.push(labels.speed(format.number(Math.round(speed))))
  else if (expected !== undefined) facts.push(labels.expectedSpeed(format.roundNumber(expected)))
  return facts.join(' · ')
}

/** One element in all states, so that it keeps the focus. */
function loadButton(entry: CatalogEntry, { locale, onLoad, onCancel }: ModelCardProps): TemplateResult {
  const { loading, fit, isBest } = entry
  const { models: labels, page, load } = locale.words
  const name = nameOf(entry)
  const isLoaded = loading === 'ready'
  const isLoading = loading === 'loading'
  const [text, label] = isLoaded
    ? [labels.inUse, labels.modelInUse(name)]
    : isLoading
      ? [page.cancel, labels.cancelModel(name)]
      : loading === 'paused'
        ? [load.goOn, labels.goOnWithModel(name)]
        : fit?.verdict === 'does-not-fit'
          ? [labels.loadAnyway, labels.loadModelAnyway(name)]
          : isAtHand(entry)
            ? [labels.use, labels.useModel(name)]
            : [labels.get, labels.getModel(name)]
  const onClick = () => (isLoading ? onCancel() : onLoad(entry))
  return html`<button
    type="button"
    class="model-load with-icon ${isBest && !isLoaded && !isLoading ? 'primary' : ''}"
    aria-label=${label}
    aria-disabled=${isLoaded}
    @click=${isLoaded ? nothing : onClick}
  >
    ${isLoaded ? icon(Check) : nothing}${text}
  </button>`
}

function pauseButton(
  entry: CatalogEntry,
  { state, locale: { words }, onPause }: ModelCardProps,
): TemplateResult | typeof nothing {
  if (entry.loading !== 'loading' || !canPause(state)) return nothing
  return html`<button type="button" aria-label=${words.models.pauseModel(nameOf(entry))} @click=${onPause}>
    ${words.load.pause}
  </button>`
}

function deleteButton(entry: CatalogEntry, { locale, onDelete }: ModelCardProps): TemplateResult | typeof nothing {
  const { storedBytes = 0, loading } = entry
  if (storedBytes === 0 || loading === 'loading') return nothing
  return iconButton({
    label: locale.words.models.deleteModel(nameOf(entry)),
    icon: Trash2,
    kind: 'model-delete',
    onClick: () => onDelete(entry),
  })
}

/** Why it cannot run here, or in a few words that it may not; the details say why. One that runs needs no such words. */
function reasons(entry: CatalogEntry, locale: Locale): TemplateResult | typeof nothing {
  const own = entry.fit?.reasons.filter(({ code }) => !OF_DEVICE.has(code)) ?? []
  if (own.length === 0 || entry.loading === 'ready') return nothing
  if (mayBeTooLarge(entry.fit))
    return html`<p class="model-doubt">${icon(TriangleAlert)}${locale.words.models.tight}</p>`
  return reasonList(own, locale)
}

function reasonList(list: readonly FitReason[], locale: Locale): TemplateResult {
  return html`<ul class="model-reasons">
    ${list.map((reason) => fitItem(reason, locale))}
  </ul>`
}

/** How loading goes, or went. */
function news({ family, state, locale }: ModelCardProps): TemplateResult | typeof nothing {
  const { lead } = family
  const { load } = locale.words
  if (lead.loading === undefined) return nothing
  switch (state.status) {
    case 'loading':
      return html`<div class="model-progress">
        <progress max="1" .value=${state.progress?.share ?? 0} aria-label=${load.loading(nameOf(lead))}></progress>
        <p class="statistics">${progressWords(state, locale)}</p>
        ${returnHint(state, locale)} ${quietHint(state, locale)}
      </div>`
    case 'paused':
      return html`<div class="model-progress">
        <progress max="1" .value=${state.progress.share} aria-label=${pausedWords(state, locale)}></progress>
        <p class="hint" role="status">${pausedWords(state, locale)} · ${load.kept}</p>
      </div>`
    case 'cancelled':
      return html`<p class="hint" role="status">${load.cancelled}. ${load.kept}</p>`
    case 'failed':
      return lead.error === undefined
        ? html`<div class="failure" role="alert">${failureText(state.error, locale)}</div>`
        : nothing
    case 'ready':
      return state.loaded.templateProblem === undefined
        ? nothing
        : html`<p class="hint">
            ${locale.words.models.templateProblem} <span lang="en" dir="ltr">${state.loaded.templateProblem}</span>
          </p>`
    default:
      return nothing
  }
}

function unreadable(
  entry: CatalogEntry,
  error: ReflectionError,
  { locale, onTryAgain, onRemove }: ModelCardProps,
): TemplateResult {
  const { models: labels, page } = locale.words
  return html`<div class="failure">
    ${failureText(error, locale)}
    <p class="failure-actions">
      <button type="button" @click=${onTryAgain}>${page.tryAgain}</button>
      ${
        entry.origin === 'user'
          ? html`<button type="button" aria-label=${labels.removeModel(entry.name)} @click=${() => onRemove(entry)}>
              ${labels.remove}
            </button>`
          : nothing
      }
    </p>
  </div>`
}

/** What few want to know, and the other builds. */
function details(model: ModelDescription, props: ModelCardProps): TemplateResult {
  const { family, locale, onRemove } = props
  const { lead, others } = family
  const labels = locale.words.models
  const { text, language } = modelSummary(model, locale)
  return html`<details class="model-details">
    <summary>${labels.details}<span class="unseen">: ${nameOf(lead)}</span>${icon(ChevronDown)}</summary>
    ${firstSentence(text) === text ? nothing : html`<p dir="auto" lang=${language ?? nothing}>${text}</p>`}
    ${lead.fit?.verdict === 'tight' ? reasonList(lead.fit.reasons, locale) : nothing} ${modelFacts(model, locale)}
    ${
      others.length === 0
        ? nothing
        : html`<h5>${labels.otherBuilds}</h5>
            <ul class="model-builds">
              ${repeat(
                others,
                ({ name }) => name,
                (other) => otherBuild(other, props),
              )}
            </ul>`
    }
    ${
      lead.origin === 'user'
        ? html`<p>
            <button type="button" aria-label=${labels.removeModel(nameOf(lead))} @click=${() => onRemove(lead)}>
              ${labels.remove}
            </button>
          </p>`
        : nothing
    }
  </details>`
}

/** Another build of the same model. It becomes the one that the card shows as soon as it is loaded. */
function otherBuild(entry: CatalogEntry, { locale, onLoad, onDelete, speedOf }: ModelCardProps): TemplateResult {
  const { model, fit } = entry
  if (model === undefined) return html``
  const { models: labels } = locale.words
  const isUnfit = fit?.verdict === 'does-not-fit'
  const { storedBytes = 0 } = entry
  const [text, label] = isUnfit
    ? [labels.loadAnyway, labels.loadModelAnyway(model.name)]
    : isStored(entry)
      ? [labels.use, labels.useModel(model.name)]
      : [labels.get, labels.getModel(model.name)]
  return html`<li data-build=${entry.name}>
    <p lang="en">${buildOf(model.name) ?? model.name}</p>
    <p class="model-takes">${takes(entry, model, speedOf(model), locale)}</p>
    ${reasons(entry, locale)}
    <div class="model-actions">
      <button type="button" aria-label=${label} @click=${() => onLoad(entry)}>${text}</button>
      ${
        storedBytes === 0
          ? nothing
          : iconButton({ label: labels.deleteModel(model.name), icon: Trash2, onClick: () => onDelete(entry) })
      }
    </div>
  </li>`
}

function firstSentence(text: string): string {
  return /^[^]*?([.!?](?=\s|$)|[。！？])/.exec(text)?.[0] ?? text
}
