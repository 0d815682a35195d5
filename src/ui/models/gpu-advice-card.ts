import { html, nothing, type TemplateResult } from 'lit/html.js'
import { identifyBrowser } from '../../core/models/identify-browser.ts'
import { missingGpuAdvice, type GpuAdvice } from '../../core/models/missing-gpu-advice.ts'
import { copyCode, type CopyLabels } from '../parts/copy-code.ts'
import type { GpuDevice } from './fetched-gpu-advice.ts'
import type { GpuAdviceWords } from '../words/gpu-advice-en.ts'
import type { Locale } from '../words/locales.ts'

/** Steps that are in sight; the others stand behind them. */
const FIRST_STEPS = 2

/** Why this browser gives the page no GPU, and how to get it. */
export function gpuAdviceCard(
  device: GpuDevice,
  onCheckAgain: () => void,
  words: GpuAdviceWords,
  { words: { load, markdown } }: Locale,
  instead: TemplateResult | typeof nothing,
): TemplateResult | typeof nothing {
  const advice = missingGpuAdvice(identifyBrowser(navigator.userAgent, navigator.maxTouchPoints), device)
  if (advice === undefined) return nothing
  const steps = advice.steps.map((step) => html`<li>${withCode(words.steps[step], markdown)}</li>`)
  const more = steps.slice(FIRST_STEPS)
  return html`<section class="card" role="alert">
    <p class="card-title">${gpuAdviceTitle(advice, words)}</p>
    <p>${words.lead}</p>
    <ul>
      ${steps.slice(0, FIRST_STEPS)}
    </ul>
    ${
      more.length === 0
        ? nothing
        : html`<details class="card-more">
            <summary>${words.more}</summary>
            <ul>
              ${more}
            </ul>
          </details>`
    }
    <div class="card-row">
      ${instead}
      <button type="button" class=${instead === nothing ? 'primary' : ''} @click=${onCheckAgain}>
        ${load.checkAgain}
      </button>
    </div>
  </section>`
}

/** What keeps all models from running. @internal */
export function gpuAdviceTitle(advice: GpuAdvice, { tooOld, titles }: GpuAdviceWords): string {
  return advice.title === 'too-old' ? tooOld(advice.since) : titles[advice.title]
}

/** What is to be typed as it stands; a whole command gets a place of its own, with a button that copies it. */
function withCode(text: string, labels: CopyLabels): unknown[] {
  return text.split('`').map((part, index) => {
    if (index % 2 === 0) return part
    return part.includes(' ') ? command(part, labels) : html`<code dir="ltr">${part}</code>`
  })
}

function command(text: string, labels: CopyLabels): TemplateResult {
  const onCopy = ({ currentTarget: button }: Event) => {
    if (!(button instanceof HTMLElement)) return
    const code = button.previousElementSibling
    if (code instanceof HTMLElement) void copyCode(code, button, labels)
  }
  const words = text.split(/(?<= )/).map((word) => html`<span>${word}</span>`) // lines break between them, not within
  return html`<span class="command"
    ><code dir="ltr">${words}</code
    ><button type="button" class="quiet" .textContent=${labels.copyCode} @click=${onCopy}></button
  ></span>`
}
