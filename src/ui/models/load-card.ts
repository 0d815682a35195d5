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
  readonly onLoad: () => void
  /** Loads it although the device seems unfit. */
  readonly onLoadAnyway: () => void
  readonly onLoadOther: (model: ModelDescription) => void
  /** Loads it onto the processor instead of the GPU. */
  readonly onProcessor: () => void
  /** Looks for the GPU again. */
  readonly onCheckAgain: () => void
  /** Where no model can run without one. */
  readonly showGpuAdvice: ShowGpuAdvice
  /** Whether there is a page of models to go to. */
  readonly hasOtherModels: boolean
}

type LoadingState = Extract<ModelState, { status: 'loading' }>

/** How loading goes, or what to do when no model is ready; nothing when one is. */
export function loadCard(state: ModelState, actions: LoadCardActions, locale: Locale): TemplateResult | typeof nothing {
  const { onCancel, onLoad, hasOtherModels } = actions
  const others = hasOtherModels ? otherModels(locale) : nothing
  const { load } = locale.words
  switch (state.status) {
    case 'ready':
    case 'none':
      return nothing
    case 'loading':
      return loadingCard(state, onCancel, locale)
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
        <div class="card-row">${loadAgain(state, actions, locale)} ${others}</div>
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

function loadingCard(state: LoadingState, onCancel: () => void, locale: Locale): TemplateResult {
  const { words } = locale
  const title = words.load.loading(nameOf(state.model, locale))
  return html`<section class="card load-card" aria-label=${title}>
    <p class="card-title">${title}</p>
    <progress max="1" .value=${state.progress?.share ?? 0} aria-label=${title}></progress>
    <p class="statistics">${progressWords(state, locale)}</p>
    ${quietHint(state, locale)}
    <button type="button" class="quiet" @click=${onCancel}>${words.page.cancel}</button>
  </section>`
}

function unfitCard(
  { model, fit, device, better }: Extract<ModelState, { status: 'unfit' }>,
  { onLoadAnyway, onLoadOther, onCheckAgain, showGpuAdvice, hasOtherModels }: LoadCardActions,
  locale: Locale,
): TemplateResult | typeof nothing {
  const { load } = locale.words
  if (!hasGpu(device)) {
    const advice = showGpuAdvice(device, onCheckAgain, locale)
    if (advice !== undefined) return advice
  }
  return html`<section class="card" role="alert">
    <p class="card-title">${load.unfit(nameOf(model, locale))}</p>
    <ul class=${fit.reasons.length === 1 ? 'single' : ''}>
      ${fit.reasons.map((reason) => fitItem(reason, locale))}
    </ul>
    <div class="card-row">
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
