import { html, nothing, type TemplateResult } from 'lit'
import type { LoadProgress } from '../core/engine.ts'
import { identifyBrowser } from '../core/models/identify-browser.ts'
import { missingGpuAdvice } from '../core/models/missing-gpu-advice.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import type { ModelState } from '../state/chat-session.ts'
import { describeFailure } from '../state/describe-failure.ts'
import { formatBytes, formatSeconds } from './format-quantity.ts'

const PHASES: Readonly<Record<LoadProgress['phase'], string>> = {
  download: 'Downloading',
  verify: 'Checking the files',
  upload: 'Moving to the GPU',
  compile: 'Preparing the GPU',
}

export interface LoadCardActions {
  readonly onCancel: () => void
  readonly onLoad: () => void
  /** Loads it although the device seems unfit. */
  readonly onLoadAnyway: () => void
  readonly onLoadOther: (model: ModelDescription) => void
  /** Looks for the GPU again. */
  readonly onCheckAgain: () => void
}

/**
 * How loading goes, or what to do when no model is ready; nothing when one is.
 * @param isTold - Whether the page says already why the model failed.
 */
export function loadCard(
  state: ModelState,
  isTold: boolean,
  actions: LoadCardActions,
): TemplateResult | typeof nothing {
  const { onCancel, onLoad } = actions
  switch (state.status) {
    case 'ready':
    case 'none':
      return nothing
    case 'loading':
      return loadingCard(state.model?.name ?? 'the model', state.progress, onCancel)
    case 'unfit':
      return unfitCard(state, actions)
    case 'cancelled':
      return html`<section class="card" aria-label="Model">
        <p class="card-title">Loading was cancelled</p>
        <p>Files that had arrived are kept.</p>
        <p><button type="button" class="primary" @click=${onLoad}>Load ${state.model?.name ?? 'the model'}</button></p>
      </section>`
    case 'failed': {
      if (isTold) {
        return html`<section class="card" aria-label="Model">
          <div class="card-row">
            <p>To go on, the model has to be loaded again.</p>
            <button type="button" class="primary" @click=${onLoad}>Load the model again</button>
          </div>
        </section>`
      }
      const { title } = describeFailure(state.error.code)
      return html`<section class="card failure" role="alert">
        <p class="failure-title">${title}</p>
        <p>${state.error.message}</p>
        <p class="failure-actions">
          <button type="button" class="primary" @click=${onLoad}>Load the model again</button>
        </p>
      </section>`
    }
  }
}

function unfitCard(
  { model, fit, device, better }: Extract<ModelState, { status: 'unfit' }>,
  { onLoadAnyway, onLoadOther, onCheckAgain }: LoadCardActions,
): TemplateResult {
  const advice = missingGpuAdvice(identifyBrowser(navigator.userAgent, navigator.maxTouchPoints), device)
  if (advice !== undefined) {
    return html`<section class="card" role="alert">
      <p class="card-title">${advice.title}</p>
      <p>Second Thought runs its model on your own GPU, through WebGPU. To get it:</p>
      <ul>
        ${advice.steps.map((step) => html`<li>${step}</li>`)}
      </ul>
      <p><button type="button" class="primary" @click=${onCheckAgain}>Check again</button></p>
    </section>`
  }
  return html`<section class="card" role="alert">
    <p class="card-title">This device cannot run ${model.name}</p>
    <ul>
      ${fit.reasons.map(({ message }) => html`<li>${message}</li>`)}
    </ul>
    <p>
      ${
        better === undefined
          ? nothing
          : html`<button type="button" class="primary" @click=${() => onLoadOther(better)}>
              Load ${better.name} (${formatBytes(better.downloadBytes)}), the best that fits
            </button>`
      }
      <button type="button" @click=${onLoadAnyway}>Try it anyway</button>
    </p>
  </section>`
}

function loadingCard(name: string, progress: LoadProgress | undefined, onCancel: () => void): TemplateResult {
  return html`<section class="card" aria-label="Loading">
    <p class="card-title">Loading ${name}</p>
    <progress max="1" .value=${progress?.share ?? 0} aria-label="Loading ${name}"></progress>
    <div class="card-row">
      <p class="statistics">${progressWords(progress)}</p>
      <button type="button" @click=${onCancel}>Cancel</button>
    </div>
  </section>`
}

/** Phase, bytes, rate and time left, as far as they are known. */
export function progressWords(progress: LoadProgress | undefined): string {
  if (progress === undefined) return 'Starting'
  const { phase, share, bytes, totalBytes, bytesPerSecond, secondsLeft } = progress
  const words = [PHASES[phase]]
  if (bytes !== undefined && totalBytes !== undefined) words.push(`${formatBytes(bytes)} of ${formatBytes(totalBytes)}`)
  else words.push(`${Math.round(share * 100)} %`)
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) words.push(`${formatBytes(Math.round(bytesPerSecond))}/s`)
  if (secondsLeft !== undefined && secondsLeft >= 1) words.push(`${formatSeconds(secondsLeft)} left`)
  return words.join(' · ')
}
