import { html, nothing, type TemplateResult } from 'lit/html.js'
import type { FitReason } from '../../core/models/check-fit.ts'
import type { ModelDescription } from '../../core/models/model-description.ts'
import type { LoadStep, ModelState } from '../../state/model-loader.ts'
import { formatRoute } from '../../state/route.ts'
import { failureText } from '../parts/failure-text.ts'
import { hasGpu, type ShowGpuAdvice } from './fetched-gpu-advice.ts'
import { fitDetail, fitWords } from './fit-words.ts'
import { plainModelName } from './plain-model-name.ts'
import type { Words } from '../words/locales.ts'
import type { Locale } from '../words/locales.ts'

export interface LoadCardActions {
  readonly onCancel: () => void
  /** Stops the download until `onLoad` goes on with it. */
  readonly onPause: () => void
  readonly onLoad: () => void
  /** Loads it although the device seems unfit. */
  readonly onLoadAnyway: () => void
  readonly onLoadOther: (model: ModelDescription) => void
  /** Loads it onto the processor instead of the GPU. */
  readonly onProcessor: () => void
  /** Lets the page choose again what models run on, as the user chose what does not do. */
  readonly onAutomatic: () => void
  /** Looks for the GPU again. */
  readonly onCheckAgain: () => void
  /** Where no model can run without one. */
  readonly showGpuAdvice: ShowGpuAdvice
  /** Whether the words for what speaks against a model are here; where not, they are fetched, and it is drawn again. */
  readonly hasFitWords: () => boolean
  /** Whether there is a page of models to go to. */
  readonly hasOtherModels: boolean
}

type LoadingState = Extract<ModelState, { status: 'loading' }>
type PausedState = Extract<ModelState, { status: 'paused' }>

/** Failures that stay what they are, however often the model is loaded; what a server has may be mended there. */
const FINAL: ReadonlySet<string> = new Set(['request-invalid', 'host-forbidden'])

/** Whether the model failed in a way that another try does not mend. */
export function isFinal(state: ModelState): boolean {
  return state.status === 'failed' && FINAL.has(state.error.code)
}

/** How loading goes, or what to do when no model is ready; nothing when one is. */
export function loadCard(state: ModelState, actions: LoadCardActions, locale: Locale): TemplateResult | typeof nothing {
  const { onLoad, hasOtherModels } = actions
  const others = hasOtherModels ? otherModels(locale) : nothing
  const { load } = locale.words
  switch (state.status) {
    case 'ready':
    case 'none':
      return nothing
    case 'loading':
    case 'paused':
      return loadingCard(state, actions, locale)
    case 'unfit':
      return unfitCard(state, actions, locale)
    case 'cancelled':
      return html`<section class="card" aria-label=${load.model}>
        <p class="card-title">${load.cancelled}</p>
        <p>${load.kept}</p>
        <div class="card-row">
          <button type="button" class="primary" @click=${onLoad}>${load.load(nameOf(state.model, locale))}</button>
          ${others}
        </div>
      </section>`
    case 'failed':
      return html`<section class="card failure" role="alert">
        ${failureText(state.error, locale)}
        <div class="card-row">
          ${hasOtherModels && isFinal(state) ? nothing : loadAgain(state, actions, locale)} ${others}
        </div>
      </section>`
  }
}

/** What to do where a model has failed: for the place that says why. */
export function loadAgain(
  { canUseProcessor }: Extract<ModelState, { status: 'failed' }>,
  { onLoad, onProcessor }: Pick<LoadCardActions, 'onLoad' | 'onProcessor'>,
  { words: { load } }: Locale,
): TemplateResult {
  return html`<button type="button" class=${canUseProcessor ? '' : 'primary'} @click=${onLoad}>${load.again}</button> ${
      canUseProcessor
        ? html`<button type="button" class="primary" @click=${onProcessor}>${load.onProcessor}</button>`
        : nothing
    }`
}

/** One element for both, so that the button that pauses keeps the focus when it is the one that goes on. */
function loadingCard(
  state: LoadingState | PausedState,
  { onCancel, onPause, onLoad, hasOtherModels }: LoadCardActions,
  locale: Locale,
): TemplateResult {
  const { load, page } = locale.words
  const isPaused = state.status === 'paused'
  const name = nameOf(state.model, locale)
  const title = isPaused ? pausedWords(state, locale) : load.loading(name)
  return html`<section class="card load-card" aria-label=${isPaused ? name : title}>
    <p class="card-title">${isPaused ? `${name} · ${title}` : title}</p>
    <progress max="1" .value=${state.progress?.share ?? 0} aria-label=${title}></progress>
    <p class="statistics">${isPaused ? load.kept : progressWords(state, locale)}</p>
    ${isPaused ? nothing : html`${returnHint(state, locale)} ${quietHint(state, locale)}`}
    <div class="load-card-actions">
      ${
        isPaused || canPause(state)
          ? html`<button type="button" class=${isPaused ? 'primary' : 'quiet'} @click=${isPaused ? onLoad : onPause}>
              ${isPaused ? load.goOn : load.pause}
            </button>`
          : nothing
      }
      ${isPaused ? (hasOtherModels ? otherModels(locale) : nothing) : html`<button type="button" class="quiet" @click=${onCancel}>${page.cancel}</button>`}
    </div>
  </section>`
}

/** Whether there is a download to pause. */
export function canPause(state: ModelState): boolean {
  return state.status === 'loading' && state.progress?.phase === 'download'
}

/** How far a download came before it was paused. */
export function pausedWords({ progress }: PausedState, { words, format }: Locale): string {
  return words.load.pausedAt(format.percent(progress.share))
}

function unfitCard(
  { model, fit, device, better, canUseProcessor }: Extract<ModelState, { status: 'unfit' }>,
  { onLoadAnyway, onLoadOther, onAutomatic, onCheckAgain, showGpuAdvice, hasFitWords, hasOtherModels }: LoadCardActions,
  locale: Locale,
): TemplateResult | typeof nothing {
  const { load } = locale.words
  const automatic = canUseProcessor
    ? html`<p>${locale.words.engine.whys.chosen}</p>
        <button type="button" class="primary" @click=${onAutomatic}>${load.onProcessor}</button>`
    : nothing
  if (!hasGpu(device)) {
    const advice = showGpuAdvice(device, onCheckAgain, locale, automatic)
    if (advice !== undefined) return advice
  }
  return html`<section class="card" role="alert">
    <p class="card-title">${load.unfit(nameOf(model, locale))}</p>
    <ul class=${fit.reasons.length === 1 ? 'single' : ''}>
      ${hasFitWords() ? fit.reasons.map((reason) => fitItem(reason, locale)) : nothing}
    </ul>
    <div class="card-row">
      ${automatic}
      ${
        better === undefined
          ? nothing
          : html`<button type="button" class="primary" @click=${() => onLoadOther(better)}>
              ${load.loadBest(nameOf(better, locale), locale.format.bytes(better.downloadBytes))}
            </button>`
      }
      <button type="button" @click=${onLoadAnyway}>${load.anyway}</button>
      ${hasOtherModels ? otherModels(locale) : nothing}
    </div>
  </section>`
}

/** Without the build, which tells nothing to most. */
function nameOf(model: ModelDescription | undefined, { words }: Locale): string {
  return model === undefined ? words.load.unnamed : plainModelName(model.name)
}

/** Something that speaks against a model, in a list of such things. */
export function fitItem(reason: FitReason, locale: Locale): TemplateResult {
  const detail = fitDetail(reason, locale)
  return html`<li>
    ${fitWords(reason, locale)}
    ${
      detail === undefined
        ? nothing
        : html`<details class="card-more">
            <summary>${locale.words.load.details}</summary>
            <code dir="ltr">${detail}</code>
          </details>`
    }
  </li>`
}

function otherModels({ words }: Locale): TemplateResult {
  return html`<a href=${formatRoute({ page: 'models' })}>${words.load.otherModels}</a>`
}

/** Why a model that was ready is loaded again, which nobody asked for; nothing for any other load. */
export function returnHint({ returnsFrom }: LoadingState, { words }: Locale): TemplateResult | typeof nothing {
  if (returnsFrom === undefined) return nothing
  return html`<p class="hint" role="status">${words.failures.titles[returnsFrom.code]} · ${words.load.returns}</p>`
}

/** What is waited for, and what to do, when nothing new was told for a while; nothing before. */
export function quietHint(
  { step, progress, isQuiet, waitsFor, engine }: LoadingState,
  { words }: Locale,
): TemplateResult | typeof nothing {
  if (isQuiet !== true || waitsFor !== undefined || progress?.silentSeconds !== undefined) return nothing
  return html`<p class="hint" role="status">
    ${engine === 'server' ? words.server.quiet : words.load.quiet[progress?.phase ?? step]}
  </p>`
}

/** What is going on: the step, or phase, bytes, rate and time left, as far as they are known. */
export function progressWords(
  { step, progress, engine, waitsFor }: Pick<LoadingState, 'step' | 'progress' | 'engine' | 'waitsFor'>,
  { words, format }: Locale,
): string {
  const { load } = words
  if (waitsFor !== undefined) return words.waits[waitsFor]
  if (progress === undefined) return `${engine === 'server' ? words.server.asking : stepWords(step, load)}…`
  const { phase, share, bytes, totalBytes, bytesPerSecond, secondsLeft, silentSeconds } = progress
  const parts = [phase === 'upload' && engine === 'processor' ? load.toMemory : load.phases[phase]]
  if (bytes === undefined || totalBytes === undefined) parts.push(format.percent(share))
  else parts.push(load.bytes(format.bytes(bytes), format.bytes(totalBytes)))
  if (silentSeconds !== undefined) return [...parts, load.silent(format.duration(silentSeconds))].join(' · ')
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) parts.push(load.rate(format.bytes(bytesPerSecond)))
  if (secondsLeft !== undefined && secondsLeft >= 1) parts.push(load.left(format.duration(secondsLeft)))
  return parts.join(' · ')
}

function stepWords(step: LoadStep, load: Words['load']): string {
  switch (step) {
    case 'describe':
      return load.describing
    case 'start':
      return load.starting
    case 'list':
      return load.listing
  }
}
